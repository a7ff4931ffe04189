"""What every evaluation is: the nouns that the command line, the saved results and the page share.

One evaluation is one module with an ``EVALUATION``; it becomes a command, a part of ``all`` and a part of the page by
its line in ``eval.__main__.EVALUATIONS``::

    def measure(bench: Bench, paths: Sequence[Path]) -> Found: ...

    EVALUATION = Evaluation("retrieval", "How well the right entry is found.", own_files, measure)
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from corpus.entry import Entry
from index.retriever import HybridRetriever
from service.settings import Settings

WORST = 20
"""How many of the worst queries are told."""


@dataclass(frozen=True)
class Bench:
    """What evaluations work on.

    Args:
        entries: all entries that are served.
        open_retriever: opens the shipped one, over ``entries``, and builds its index first where need be.
        collection: only this collection is searched; all, if ``None``.
        min_grade: from this grade on, an entry counts as an answer; queries without one are left out and counted.
    """

    settings: Settings
    entries: tuple[Entry, ...]
    open_retriever: Callable[[], HybridRetriever]
    collection: str | None = None
    min_grade: int = 2

    @cached_property
    def retriever(self) -> HybridRetriever:
        """Opened when it is first asked for, so that an evaluation tells faults of its queries at once."""
        return self.open_retriever()


@dataclass(frozen=True, slots=True)
class Table:
    """Figures to read: printed by the command line and drawn on the page."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """One of the worst queries.

    Args:
        query_id: its text is looked up only where it is told, and only for the project's own queries.
        told: what went wrong, without the query's text.
    """

    query_set: str
    query_id: str
    told: str


Values = dict[str, dict[str, dict[str, float]]]
"""By query set, then by metric, then by query id."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an evaluation found.

    Args:
        values: of each query, for the tutor as it is shipped; what a saved baseline is compared by.
        tables: what is printed, the summary first.
        worst: up to :data:`WORST` queries, the worst first.
        milliseconds: the median time of each stage for one query.
        details: further figures, fit for JSON, which the page draws.
    """

    values: Values
    tables: tuple[Table, ...]
    worst: tuple[Miss, ...] = ()
    milliseconds: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One command of ``python -m eval``.

    Args:
        name: the command's.
        about: one sentence of help.
        own: the project's own files of queries for it.
        measure: does it, on files that are of its format.
        dialogues: whether it reads dialogues (lines with ``turns``) and not single queries.
    """

    name: str
    about: str
    own: Callable[[], list[Path]]
    measure: Callable[[Bench, Sequence[Path]], Found]
    dialogues: bool = False


class Stopwatch:
    """How long each stage takes, told as the median over all queries."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one query's stay in the stage ``name``."""
        start = time.perf_counter()
        yield
        self._seconds.setdefault(name, []).append(time.perf_counter() - start)

    @property
    def milliseconds(self) -> dict[str, float]:
        return {stage: round(1000 * median(seconds), 2) for stage, seconds in self._seconds.items()}
