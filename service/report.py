"""What a verification of the corpus found, as data: written as JSON, drawn as a page, compared with an earlier one.

::

    TutorError
    └── ReportUnusable    a file is no report of this form; the message says why
"""

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, computed_field

from corpus.entry import Entry
from corpus.errors import TutorError
from service.events import ShownSnippet, show
from service.sandbox import torch_version
from service.verify import Checked, deviation

MAX_REPORT_BYTES = 64_000_000

Outcome = Literal[
    "as stated",
    "warned",  # as stated, but for a warning: a fault in good code
    "not as stated",
    "not run",  # the deviation says why
]
Kind = Literal["code", "pitfall, broken", "pitfall, mended", "follow-up code"]


class ReportUnusable(TutorError):
    """A file cannot be read as a report; the message says why and how to make one."""


class Row(ShownSnippet):
    """One snippet: what it states, what its run showed, and what came of the comparison."""

    entry_id: str
    kind: Kind
    outcome: Outcome


class Report(BaseModel):
    """All snippets of the corpus on one version of torch."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    torch_version: str
    python_version: str
    entries: int
    snippets: tuple[Row, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[Outcome, int]:
        """How many snippets came to each outcome."""
        return _counts(self.snippets)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def kinds(self) -> dict[Kind, dict[Outcome, int]]:
        """The same for each kind of snippet."""
        return {kind: _counts(row for row in self.snippets if row.kind == kind) for kind in get_args(Kind)}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def not_run(self) -> dict[str, int]:
        """Why snippets were not run, and how many for each reason."""
        return dict(Counter(row.deviation or "" for row in self.snippets if row.outcome == "not run"))

    @property
    def sound(self) -> bool:
        """Whether every snippet that was run is as stated."""
        return all(row.outcome in ("as stated", "not run") for row in self.snippets)


def make_report(entries: Sequence[Entry], checked: Sequence[Checked]) -> Report:
    """The report on ``entries``, whose snippets were ``checked`` in reading order."""
    kinds = [(entry.id, kind) for entry in entries for kind in _kinds(entry)]
    rows = [_row(*known, one) for known, one in zip(kinds, checked, strict=True)]
    return Report(
        torch_version=torch_version(),
        python_version=platform.python_version(),
        entries=len(entries),
        snippets=tuple(rows),
    )


def read_report(path: Path) -> Report:
    """The report that ``torchtutor verify --json`` wrote into ``path``.

    Raises:
        ReportUnusable: it cannot be read, or is no such report.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_REPORT_BYTES else b""
    except OSError as error:
        raise ReportUnusable(f"the report {path} cannot be read: {error.strerror}") from error
    try:
        if size > MAX_REPORT_BYTES:
            raise _unusable(path, f"it is larger than {MAX_REPORT_BYTES:,} bytes")
        report = Report.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise _unusable(path, f"{place}: {first['msg']}" if place else first["msg"]) from error
    twice = [name for name, count in Counter(row.id for row in report.snippets).items() if count > 1]
    if twice:
        raise _unusable(path, f"the snippet '{twice[0]}' stands in it twice")
    return report


def _unusable(path: Path, why: str) -> ReportUnusable:
    return ReportUnusable(f"{path} is no report of a verification: {why}; write one with: torchtutor verify --json")


def _kinds(entry: Entry) -> Iterator[Kind]:
    """The kind of each snippet of ``entry``, in reading order."""
    for _ in entry.code:
        yield "code"
    for _ in entry.pitfalls:
        yield "pitfall, broken"
        yield "pitfall, mended"
    for follow_up in entry.follow_ups:
        for _ in follow_up.snippets:
            yield "follow-up code"


def _row(entry_id: str, kind: Kind, checked: Checked) -> Row:
    shown = show(checked.snippet, checked.verdict, checked.deviation)
    return Row(**dict(shown), entry_id=entry_id, kind=kind, outcome=_outcome(checked))


def _outcome(checked: Checked) -> Outcome:
    if checked.verdict is None:
        return "not run"
    if checked.deviation is None:
        return "as stated"
    silent = replace(checked.verdict, warnings=())
    return "warned" if deviation(checked.snippet, silent) is None else "not as stated"


def _counts(rows: Iterable[Row]) -> dict[Outcome, int]:
    counts = Counter(row.outcome for row in rows)
    return {outcome: counts[outcome] for outcome in get_args(Outcome)}
