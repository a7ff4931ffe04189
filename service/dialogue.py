"""What a message means, given the turns before it; pure.

Covered: small talk; an offered follow-up repeated, picked by its number or place, or accepted with "yes"; short
requests about the topic ("why?", "more", "show me the code", "what if I don't?", "how is that different from the other
one?"); and questions, each with how much it leans on the topic before it. A question is then looked up, and
:mod:`service.topic` decides between its own words and the topic.
"""

import re
from dataclasses import dataclass
from typing import Literal

from corpus.entry import Snippet
from service.forms import Form, form
from service.phrases import Shorthand, bare, place, shorthand
from service.small_talk import Talk, is_wordless, recognise
from service.words import content, share

Intent = (
    Literal["small_talk", "question", "follow_up", "explanation", "code", "pitfalls", "pitfall", "consequence"]
    | (Literal["more", "summary", "sources", "comparison", "choice", "fix", "other", "run"])
)
Leaning = Literal["own", "either", "topic", "fragment", "clarifies", "ellipsis"]
"""Whether a question stands on its own words, may lean on the topic, says nothing without it, is two or three words
without a sign of either, says what was meant before ("yes, I meant …"), or repeats the question before with one thing
exchanged ("and on the GPU?")."""

EXPLAIN = "How does that work underneath?"
PITFALLS = "What goes wrong in practice?"
CODE = "Show me the code"
STANDING_OFFERS: dict[str, Intent] = {EXPLAIN: "explanation", PITFALLS: "pitfalls", CODE: "code"}

_MARKER = re.compile(
    r"^(?:(?:ok(?:ay)?|thanks?|ah|oh),? )*(?:and|but|so|or|then|also|therefore|instead|because|what about|how about"
    r"|what if|even if|only if|which (?:one|of))\b",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(
    r"^(?:(?:(?:and|but|so|ok|what about|how about)\s)+"
    r"(?:on|with|for|in|using|under|during|at|inside|from|to|by)\b.{1,40}"
    r"|(?:on|with|in|using|during|without)\s.{1,40}\?+)$",
    re.IGNORECASE,
)
_CLARIFIES = re.compile(
    r"^(?:yea|yeah|yes|yep|exactly|right|no i)\b|\bi (?:meant?|was (?:thinking|talking|asking))\b", re.IGNORECASE
)
_PRONOUN = re.compile(
    r"\b(?:it|its|that|this|those|these|them|they|their|there|one|ones|mine|he|she|such|here|both|either|neither"
    r"|the (?:other|same|first|second|latter|former|function|error|warning|message|output|value|result|method|class"
    r"|thing|last one))\b"
    r"(?! (?:is|was) (?:a|an)\b)",
    re.IGNORECASE,
)
_ECHO = re.compile(
    r"\b(?:too|as well|also|instead|otherwise|else|again|still|then|anyway|though|in that case|by hand|besides"
    r"|afterwards|already|alternatively|same)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:(?:another|different) (?:thing|question|topic)|new (?:question|topic)|next topic|unrelated|something else"
    r"|change (?:of )?(?:topic|subject)|(?:one|a) (?:more|last|quick|final) (?:thing|question)"
    r"|by the way|btw|back to|switching (?:to|topics?)|forget (?:that|it),)",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"\bwhat(?:['’ ]?s| is| are| does) (?:an? |the )?[\w.]+(?: (?:mean|for))?\W*$", re.IGNORECASE)
_NEARLY = 0.8
_FRAGMENT = 3
_MANY_DIGITS = 4
_SHORT = 2
_LONG = 12
_MAX_WORDLESS = 150
"""Longer messages without a word that carries meaning lean on no topic."""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn that was: what was asked, what the reply spoke about, and what it offered next.

    Args:
        asked: the question as it was understood.
        spoken: the entries that the reply spoke about, as (id, question); none for small talk and where it abstained.
        shown: ids of the pieces of entries that it showed (see :mod:`service.pieces`).
        offered: what it offered to ask next.
        nearest: what it offered where it abstained, as (entry id, question).
        programs: the code that it showed.
    """

    asked: str
    outcome: str = "answered"
    spoken: tuple[tuple[str, str], ...] = ()
    shown: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    nearest: tuple[tuple[str, str], ...] = ()
    programs: tuple[Snippet, ...] = ()

    @property
    def offers(self) -> tuple[str, ...]:
        """All that can be picked, in the order in which it is shown."""
        return (*self.offered, *(question for _, question in self.nearest))


@dataclass(frozen=True, slots=True)
class Meant:
    """What the learner wants.

    Args:
        text: the question to search for, the follow-up that was picked, or the message.
        prose: the question without the program or traceback in it; empty where there is none.
        entries: ids of the entries it is about; none where they have to be searched.
        form: the form of reply that a question wants.
        leaning: how much a question leans on the topic.
        talk: the kind of small talk.
        place: which of the pieces that were shown is meant, from 0.
        program: what was shown before and is to be run once more.
    """

    intent: Intent
    text: str
    prose: str = ""
    entries: tuple[str, ...] = ()
    form: Form = "answer"
    leaning: Leaning = "own"
    talk: Talk | None = None
    place: int = 0
    program: Snippet | None = None


def resolve(message: str, past: tuple[PastTurn, ...] = ()) -> Meant:
    """Decide what ``message`` means after the turns ``past``, newest first."""
    plain = bare(message)
    topic = topic_of(past)
    offered = (_repeated(message, past) or _placed(plain, past[0])) if past else None
    if offered is not None:
        return offered
    asked = shorthand(plain)
    if asked == "run":
        return _once_more(message, past)
    if topic is not None and topic.spoken and asked is not None and asked != "yes":
        return _about(asked, message, topic, past)
    talk = recognise(message, plain)
    if talk is not None:
        return Meant("small_talk", message, talk=talk)
    if plain.isdecimal() and len(plain) < _MANY_DIGITS:
        return Meant("small_talk", message, talk="unoffered" if past else "wordless")
    if topic is not None and topic.outcome == "not_covered" and asked == "explanation":
        return Meant("small_talk", message, talk="unsure")
    if is_wordless(message) and (topic is None or not plain or len(plain) > _MAX_WORDLESS):
        return Meant("small_talk", message, talk="wordless")
    return Meant("question", message, form=form(message), leaning="own" if topic is None else leaning(message))


def topic_of(past: tuple[PastTurn, ...]) -> PastTurn | None:
    """The newest turn that is no small talk."""
    return next((turn for turn in past if turn.outcome != "small_talk"), None)


def leaning(message: str) -> Leaning:
    """How much ``message`` leans on what was said before, by its words alone."""
    words = len(set(content(message)))
    if words > _LONG or _CHANGE.search(message):
        return "own"
    if 0 < words <= _SHORT and _ELLIPSIS.search(message.strip()):
        return "ellipsis"
    signs = sum(bool(pattern.search(message)) for pattern in (_MARKER, _PRONOUN, _ECHO))
    if _CLARIFIES.search(message):
        return "clarifies"
    if _DEFINES.search(message) and not _PRONOUN.search(message):
        return "own"
    if words == 0 or (words <= _SHORT and signs):
        return "topic"
    if signs:
        return "either"
    return "fragment" if len(message.split()) <= _FRAGMENT else "own"


def _repeated(message: str, past: tuple[PastTurn, ...]) -> Meant | None:
    """The offer that the message repeats: word for word of any turn, nearly so of the last."""
    folded, words = message.strip().casefold(), content(message)
    for turn in past:
        for number, text in enumerate(turn.offers):
            if text.casefold() == folded:
                return _pick(turn, number)
    for number, text in enumerate(past[0].offers):
        asked = content(text)
        if min(share(words, asked), share(asked, words)) >= _NEARLY and text not in STANDING_OFFERS:
            return _pick(past[0], number)
    return None


def _placed(plain: str, last: PastTurn) -> Meant | None:
    """The offer that the message names by its number or place, or accepts: "yes" takes the first.

    After a reply about several mistakes "the second one" is a mistake; "2" is always the second offer.
    """
    picked = place(plain, len(last.offers))
    pitfalls = [piece for piece in last.shown if "#pitfall-" in piece]
    if len(pitfalls) > 1 and not plain.isdecimal():
        chosen = place(plain, len(pitfalls))
        if chosen is not None:
            return Meant("pitfall", plain, entries=tuple(entry_id for entry_id, _ in last.spoken), place=chosen)
    if picked is None and last.offers and shorthand(plain) == "yes":
        picked = 0
    return None if picked is None else _pick(last, picked)


def _pick(turn: PastTurn, number: int) -> Meant:
    text, spoken = turn.offers[number], tuple(entry_id for entry_id, _ in turn.spoken)
    if number >= len(turn.offered):
        return Meant("question", text, entries=(turn.nearest[number - len(turn.offered)][0],), form=form(text))
    if not spoken:
        return Meant("question", text, form=form(text))
    if text in STANDING_OFFERS:
        return Meant(STANDING_OFFERS[text], f"{turn.spoken[0][1]} ({text})", entries=spoken)
    return Meant("follow_up", text, entries=spoken)


def _once_more(message: str, past: tuple[PastTurn, ...]) -> Meant:
    """The program that was shown last, to be run again: the learner's own goes before a lesson's.

    "My program" is the learner's, however long ago it was shown.
    """
    shown = next((turn.programs for turn in past if turn.programs), ())
    if not shown:
        return Meant("small_talk", message, talk="no_program")
    among = (
        [*shown, *(one for turn in past for one in turn.programs)] if re.search(r"\bmy\b", message.lower()) else shown
    )
    program = next((one for one in among if one.id.startswith("pasted-")), shown[-1])
    topic = topic_of(past)
    here = topic.spoken[:1] if topic is not None else ()
    text = f"{here[0][1]} ({message.strip()})" if here else message
    return Meant("run", text, entries=tuple(entry_id for entry_id, _ in here), program=program)


def _about(asked: Shorthand, message: str, topic: PastTurn, past: tuple[PastTurn, ...]) -> Meant:
    """A short request about the topic, spelled out."""
    assert asked != "yes"
    assert asked != "run"
    here = topic.spoken[0]
    shown = [piece for turn in past for piece in turn.shown]
    if asked == "fix" and not any(piece.startswith(f"{here[0]}#pitfall-") for piece in shown):
        return Meant("question", message, form="code", leaning="topic")
    others = [entry for turn in past for entry in turn.spoken if entry != here]
    if asked in ("comparison", "other") and others:
        other = others[-1 if re.search(r"\bfirst\b", message, re.IGNORECASE) else 0]
        both = (here[0], other[0]) if asked == "comparison" else (other[0],)
        named = other[1] if asked == "other" else f"{here[1]} / {other[1]}"
        return Meant(asked, f"{message.strip()} ({named})", entries=both)
    return Meant(asked, f"{here[1]} ({message.strip()})", entries=(here[0],))
