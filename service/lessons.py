"""Entries as lessons to read: each with what is known of its code, without running any, and with its neighbours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from corpus.entry import Entry
from index.retriever import Retriever
from service.report import Outcome, Report, Row, make_report
from service.sandbox import Verdict
from service.verify import Verifier

NEAREST = 5
MAX_QUERY = 300


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of some snippets.

    Args:
        counts: how many came to each outcome.
        latest: the last run of one of them; ``None`` where there was none.
    """

    counts: Mapping[Outcome, int]
    latest: Verdict | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def run(self) -> int:
        return self.total - self.counts["not run"]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One entry with its snippets by their ids, and where to read on."""

    entry: Entry
    rows: Mapping[str, Row]
    standing: Standing
    see_also: tuple[Entry, ...]
    previous: Entry | None
    next: Entry | None


@dataclass(frozen=True, slots=True)
class Topic:
    """The entries of a topic, by number, each with what is known of its code."""

    name: str
    lessons: tuple[tuple[Entry, Standing], ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection by topics, in the order of their first entries."""

    collection: str
    topics: tuple[Topic, ...]


class Lessons:
    """The lessons over ``entries``; whatever is not known of their code stays unknown, since reading runs nothing."""

    def __init__(self, entries: Mapping[str, Entry], retriever: Retriever, verifier: Verifier) -> None:
        self.entries = entries
        self._retriever = retriever
        self._verifier = verifier
        self._ordered = sorted(entries.values(), key=attrgetter("collection", "number"))

    def find(self, entry_id: str) -> Lesson | None:
        """The lesson, or ``None`` where there is none of this id."""
        entry = self.entries.get(entry_id)
        if entry is None:
            return None
        rows = self._report([entry]).snippets
        beside = [one for one in self._ordered if one.collection == entry.collection]
        place = beside.index(entry)
        return Lesson(
            entry,
            {row.id: row for row in rows},
            standing(rows),
            see_also=tuple(self.entries[other] for other in entry.see_also if other in self.entries),
            previous=beside[place - 1] if place else None,
            next=beside[place + 1] if place + 1 < len(beside) else None,
        )

    def nearest(self, query: str) -> list[Entry]:
        """The entries nearest to ``query``, best first."""
        if not query.strip():
            return []
        ranking = self._retriever.search(query[:MAX_QUERY], k=NEAREST)
        return [self.entries[match.entry_id] for match in ranking.matches]

    def report(self) -> Report:
        """What is known of all code."""
        return self._report(self._ordered)

    def shelves(self, report: Report) -> list[Shelf]:
        """All lessons, with what ``report`` says of them."""
        rows: dict[str, list[Row]] = {}
        for row in report.snippets:
            rows.setdefault(row.entry_id, []).append(row)
        known = {entry.id: standing(rows.get(entry.id, ())) for entry in self._ordered}
        return [
            Shelf(name, tuple(_topics(entries, known)))
            for name, entries in groupby(self._ordered, attrgetter("collection"))
        ]

    def _report(self, entries: Sequence[Entry]) -> Report:
        return make_report(entries, self._verifier.stored_all(s for entry in entries for s in entry.snippets()))


def standing(rows: Iterable[Row]) -> Standing:
    """What is known of the snippets in ``rows``."""
    counts: dict[Outcome, int] = {"as stated": 0, "warned": 0, "not as stated": 0, "not run": 0}
    verdicts = []
    for row in rows:
        counts[row.outcome] += 1
        if row.verdict is not None:
            verdicts.append(row.verdict)
    return Standing(counts, max(verdicts, key=attrgetter("verified_at"), default=None))


def _topics(entries: Iterable[Entry], known: Mapping[str, Standing]) -> Iterator[Topic]:
    topics: dict[str, list[Entry]] = {}
    for entry in entries:
        topics.setdefault(entry.topic, []).append(entry)
    for name, members in topics.items():
        yield Topic(name, tuple((entry, known[entry.id]) for entry in members))
