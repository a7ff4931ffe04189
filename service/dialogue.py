"""What a message means, given the turn before it; pure.

Covered: greetings and thanks; an offered follow-up repeated or picked by its number; "yes"; "why?"; "show me the code";
"what can go wrong?". Everything else is a question of its own.
"""

import re
from dataclasses import dataclass
from typing import Literal

Intent = Literal["question", "small_talk", "explanation", "code", "pitfalls", "follow_up"]

EXPLAIN = "How does that work underneath?"
PITFALLS = "What goes wrong in practice?"

_SMALL_TALK = re.compile(
    r"(hi|hello|hey|hiya|good (morning|afternoon|evening)|thanks?( you)?( (so|very) much)?|thx|ty|cheers|bye|goodbye"
    r"|ok(ay)?|great|cool|nice|got it|who are you|what can you do|help)( there| tutor| a lot)?"
)
_EXPLANATION = re.compile(
    r"(but |and |ok(ay)? )?(why( is that| so)?|how so|how come|explain( (it|that|more))?|(tell me )?more( details?)?)"
)
_CODE = re.compile(r"(please )?((show|give)( me)? |see |i want )?((the|some|an?) )?(code|example|snippet)s?( please)?")
_PITFALLS = re.compile(
    r"(what (can|could|might|does) go(es)? wrong|(show( me)? )?(the )?(pitfalls|common mistakes|gotchas))"
)
_YES = re.compile(r"(yes|yeah|yep|sure|please( do)?|go on|continue|next|ok(ay)?)( please)?")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the turn before spoke about, and what it offered next."""

    entry_id: str
    question: str
    follow_ups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meant:
    """What the learner wants.

    Args:
        text: the question to search for, or the follow-up that was picked.
        entry_id: the entry it is about; ``None`` where it has to be searched.
    """

    intent: Intent
    text: str
    entry_id: str | None = None


def resolve(message: str, before: Offer | None) -> Meant:
    """Decide what ``message`` means after ``before`` (``None`` at the start of a conversation)."""
    bare = re.sub(r"[^\w\s']+", " ", message.lower()).strip()
    bare = re.sub(r"\s+", " ", bare)
    if before is not None:
        picked = _picked(message, bare, before.follow_ups)
        if picked is not None:
            return _offered(picked, before.entry_id)
        for intent, pattern in _SHORTHANDS:
            if pattern.fullmatch(bare):
                return Meant(intent, f"{before.question} ({message.strip()})", before.entry_id)
    if _SMALL_TALK.fullmatch(bare) or not bare:
        return Meant("small_talk", message)
    return Meant("question", message)


_SHORTHANDS: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    ("explanation", _EXPLANATION),
    ("code", _CODE),
    ("pitfalls", _PITFALLS),
)


def _picked(message: str, bare: str, offered: tuple[str, ...]) -> str | None:
    """The offered follow-up that the message repeats, numbers ("2"), or accepts ("yes": the first)."""
    for text in offered:
        if text.casefold() == message.strip().casefold():
            return text
    if bare.isascii() and bare.isdecimal() and 1 <= int(bare) <= len(offered):
        return offered[int(bare) - 1]
    return offered[0] if offered and _YES.fullmatch(bare) else None


def _offered(text: str, entry_id: str) -> Meant:
    if text == EXPLAIN:
        return Meant("explanation", text, entry_id)
    if text == PITFALLS:
        return Meant("pitfalls", text, entry_id)
    return Meant("follow_up", text, entry_id)
