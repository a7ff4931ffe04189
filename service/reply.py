"""What a reply shows of an entry for each intent; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from corpus.entry import Entry, Pitfall, Snippet
from service.dialogue import EXPLAIN, PITFALLS, Meant

GREETING = (
    "I answer questions about PyTorch from a set of lessons, and every piece of code that I show has been run. "
    "Ask me anything, for example:"
)
EXAMPLES = (
    "Why do my gradients keep growing every step?",
    "How do I save a model and load it again?",
    "What is the difference between train() and eval()?",
)
NOT_COVERED = (
    "None of my lessons covers this, so I would rather not guess. These are the nearest questions I can answer:"
)
PARTLY = "*This is the nearest lesson; it may cover only part of your question.*"
MAX_OFFERED = 5


@dataclass(frozen=True, slots=True)
class Composed:
    """Markdown, the snippets below it, and what to ask next."""

    text: str
    snippets: tuple[Snippet, ...] = ()
    follow_ups: tuple[str, ...] = ()


def compose(meant: Meant, entry: Entry, *, sure: bool = True) -> Composed:
    """What to show of ``entry``, given what is meant; with a reservation where that is not ``sure``."""
    text, snippets = _content(meant, entry)
    return Composed(text if sure else f"{PARTLY}\n\n{text}", snippets, _next(meant, entry))


def not_covered(nearest: Iterable[str]) -> Composed:
    """The reply to a question that no entry covers."""
    return Composed(NOT_COVERED + "\n\n" + "\n".join(f"- {question}" for question in nearest))


def _content(meant: Meant, entry: Entry) -> tuple[str, tuple[Snippet, ...]]:
    if meant.intent == "follow_up":
        for follow_up in entry.follow_ups:
            if follow_up.question == meant.text:
                return follow_up.answer, follow_up.snippets
    if meant.intent == "explanation" and entry.explanation:
        return entry.explanation, ()
    if meant.intent == "pitfalls" and entry.pitfalls:
        return _pitfall_lead(entry.pitfalls), tuple(s for p in entry.pitfalls for s in _pitfall_snippets(p))
    if meant.intent == "code" and entry.code:
        return f"Code for: *{entry.question}*", entry.code
    return entry.answer, entry.code


def _pitfall_lead(pitfalls: tuple[Pitfall, ...]) -> str:
    count = "One mistake" if len(pitfalls) == 1 else f"{len(pitfalls)} mistakes"
    return f"{count} people make here: each first as it fails, then mended."


def _pitfall_snippets(pitfall: Pitfall) -> tuple[Snippet, Snippet]:
    broken = replace(pitfall.broken, caption=f"**{pitfall.title}.** {pitfall.text}")
    return broken, replace(pitfall.mended, caption=pitfall.mended.caption or "Mended:")


def _next(meant: Meant, entry: Entry) -> tuple[str, ...]:
    offers = [follow_up.question for follow_up in entry.follow_ups]
    if entry.pitfalls and meant.intent != "pitfalls":
        offers.append(PITFALLS)
    if entry.explanation and meant.intent != "explanation":
        offers.append(EXPLAIN)
    return tuple(offer for offer in offers if offer != meant.text)[:MAX_OFFERED]
