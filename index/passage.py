"""Entry → passages, the retrievable pieces; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from corpus.entry import Entry
from index.wordings import phrasings

Kind = Literal[
    "question",
    "also_asked",
    "phrasing",
    "symptom",
    "answer",
    "explanation",
    "key_point",
    "code",
    "pitfall",
    "follow_up",
]

ASKED: tuple[Kind, ...] = ("question", "also_asked", "phrasing")
"""The kinds that put the entry's question as a learner does."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an entry that a query may be like; ``text`` is plain Markdown."""

    entry_id: str
    collection: str
    kind: Kind
    text: str


def passages(entry: Entry) -> Iterator[Passage]:
    """Every passage of ``entry``. Each longer one opens with the question, so that it stands alone."""

    def passage(kind: Kind, text: str) -> Passage:
        return Passage(entry.id, entry.collection, kind, text)

    yield passage("question", entry.question)
    for text in entry.also_asked:
        yield passage("also_asked", text)
    for text in phrasings().get(entry.id, ()):
        yield passage("phrasing", text)
    for text in entry.symptoms:
        yield passage("symptom", text)
    yield passage("answer", f"{entry.question}\n\n{entry.answer}")
    for paragraph in filter(None, map(str.strip, entry.explanation.split("\n\n"))):
        yield passage("explanation", paragraph)
    for text in entry.key_points:
        yield passage("key_point", text)
    for snippet in entry.code:
        yield passage("code", f"{snippet.caption}\n\n{snippet.code}")
    for pitfall in entry.pitfalls:
        error = pitfall.broken.error
        told = f"{error.type}: {error.message}" if error else ""
        yield passage("pitfall", f"{pitfall.title}\n\n{pitfall.text}\n\n{told}")
    for follow_up in entry.follow_ups:
        yield passage("follow_up", f"{follow_up.question}\n\n{follow_up.answer}")
