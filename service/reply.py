"""What a reply shows of an entry, given what is meant and what the conversation has shown already; pure.

Never the whole lesson: a short reply first, and what comes next as offers. "What is" gets the answer, "why" the
explanation, "how do I" the code, an error message its pitfall with the mended code, a comparison both sides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from corpus.entry import Entry, Snippet
from service.dialogue import CODE, EXPLAIN, PITFALLS, Meant
from service.pieces import Piece, Seen, about, unshown
from service.selection import select
from service.words import STOP_WORDS, content, words_of_text

NOT_COVERED = "None of my lessons covers this, so I would rather not guess."
NEAREST = "These are the nearest questions I can answer:"
FOLLOW_UPS = 3
MAX_OFFERED = 5
MAX_MISSING = 4


@dataclass(frozen=True, slots=True)
class Composed:
    """Markdown, the snippets below it, what to ask next, and which pieces it shows.

    ``reservation`` is how the text begins where the reply is unsure.
    """

    text: str
    snippets: tuple[Snippet, ...] = ()
    follow_ups: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    reservation: str = ""


def compose(meant: Meant, entry: Entry, seen: Seen | None = None, *, known: frozenset[str] | None = None) -> Composed:
    """What to show of ``entry``; ``known`` are its words where the reply is unsure and must say what it lacks."""
    seen = seen or Seen()
    chosen = select(meant, entry, seen)
    alone = len(chosen.pieces) == 1
    asked = about(meant.text, entry)
    written = (_written(p, alone, headed=p is not asked and p.title not in chosen.lead) for p in chosen.pieces)
    text = "\n\n".join(filter(None, (chosen.lead, *written)))
    reserved = "" if known is None else reservation(meant.prose or meant.text, entry, known)
    text = f"{reserved}\n\n{text}" if reserved else text
    shown = tuple(piece.id for piece in chosen.pieces)
    snippets = tuple(snippet for piece in chosen.pieces for snippet in _captioned(piece, alone))
    return Composed(text, snippets, offers(entry, (*seen.shown, *shown), meant), shown, reserved)


def compare(first: Entry, second: Entry, shown: Sequence[str]) -> Composed:
    """Two entries side by side."""
    text = "\n\n".join(f"**{entry.question}**\n\n{entry.answer}" for entry in (first, second))
    snippets = tuple(
        replace(snippet, caption=f"**{entry.question}** {snippet.caption}".strip())
        for entry in (first, second)
        for snippet in entry.code[:1]
    )
    now = tuple(f"{entry.id}#answer" for entry in (first, second))
    after = (*shown, *now)
    both = (*offers(first, after)[:2], *offers(second, after)[:2])
    return Composed(text, snippets, tuple(dict.fromkeys(both)), now)


def joined(parts: Sequence[tuple[str, Composed]]) -> Composed:
    """The replies to several questions as one, each under its question."""
    text = "\n\n".join(f"**{number}. {question}**\n\n{part.text}" for number, (question, part) in enumerate(parts, 1))
    snippets = []
    for number, (_, part) in enumerate(parts, 1):
        snippets += [
            replace(one, caption=f"*For question {number}.* {one.caption}".strip()) for one in part.snippets[:2]
        ]
    turns = [offer for rank in range(2) for _, part in parts for offer in part.follow_ups[rank : rank + 1]]
    shown = tuple(piece for _, part in parts for piece in part.shown)
    return Composed(text, tuple(snippets), tuple(dict.fromkeys(turns))[:MAX_OFFERED], shown)


def not_covered(nearest: Iterable[str]) -> Composed:
    """The reply to a question that no entry covers."""
    listed = "\n".join(f"- {question}" for question in nearest)
    return Composed(f"{NOT_COVERED} {NEAREST}\n\n{listed}" if listed else NOT_COVERED)


def reservation(question: str, entry: Entry, known: frozenset[str]) -> str:
    """What an unsure reply covers, and what not."""
    missing = _missing(question, known)
    lacks = f"says nothing about {_listed(missing)}" if missing else "may answer only a part of your question"
    return f"*The nearest lesson is: “{entry.question}” It {lacks}.*"


def offers(entry: Entry, shown: Sequence[str], meant: Meant | None = None) -> tuple[str, ...]:
    """What to ask next, of what the conversation has not shown."""
    left = unshown(entry, shown)
    kinds = {piece.kind for piece in left}
    intent = meant.intent if meant else ""
    found = [piece.title for piece in left if piece.kind == "follow_up"][:FOLLOW_UPS]
    if "pitfall" in kinds and intent != "pitfalls":
        found.append(PITFALLS)
    if "explanation" in kinds and intent != "explanation":
        found.append(EXPLAIN)
    if "code" in kinds and intent != "code":
        found.append(CODE)
    return tuple(found)[:MAX_OFFERED]


def _written(piece: Piece, alone: bool, *, headed: bool) -> str:
    """The text of a piece; where there are several pitfalls, each stands above its code.

    Args:
        headed: begin an answer to another question than the one that was asked with that question: a bare "No."
            would mislead.
    """
    if piece.kind == "follow_up" and headed:
        return f"**{piece.title}**\n\n{piece.text}"
    if piece.kind == "pitfall":
        return f"**{piece.title}.** {piece.text}".strip() if alone else ""
    return piece.text


def _captioned(piece: Piece, alone: bool) -> tuple[Snippet, ...]:
    if piece.kind != "pitfall" or alone:
        return piece.snippets
    broken, mended = piece.snippets
    return replace(broken, caption=f"**{piece.title}.** {piece.text}"), mended


def _missing(question: str, known: frozenset[str]) -> list[str]:
    """The words of ``question``, as typed, that are not ``known``."""
    missing = [word for word in words_of_text(question) if word.lower() not in STOP_WORDS]
    return list(dict.fromkeys(word for word in missing if not set(content(word)) & known))[:MAX_MISSING]


def _listed(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
