"""Two reports side by side: what a snippet showed on one version of torch and no longer shows on another; pure.

Compared are the outcome, the status, the output, the error and the warnings, where the code itself is the same. White
space, the last digits of floats and memory addresses may differ. Left out: standard error (it holds times), durations,
memory.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Literal

from pydantic import BaseModel, ConfigDict

from service.outputs import same_output
from service.report import Report, Row
from service.sandbox import Verdict

Aspect = Literal["outcome", "status", "output", "error", "warnings"]

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")


class Change(BaseModel):
    """One aspect of a snippet that is no longer what it was."""

    model_config = ConfigDict(frozen=True)

    id: str
    aspect: Aspect
    before: str
    after: str


class Comparison(BaseModel):
    """How a later report differs from an earlier one.

    ``edited`` snippets have other code than before, so that a difference would not speak of torch; ``added`` and
    ``removed`` ones are in one of the reports only.
    """

    model_config = ConfigDict(frozen=True)

    torch_before: str
    torch_after: str
    compared: int
    changes: tuple[Change, ...]
    edited: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def changed(self) -> int:
        """How many snippets have a change."""
        return len({change.id for change in self.changes})


def compare(before: Report, after: Report) -> Comparison:
    """What changed from ``before`` to ``after``, in the reading order of ``after``."""
    old = {row.id: row for row in before.snippets}
    new = {row.id: row for row in after.snippets}
    both = [(old[name], row) for name, row in new.items() if name in old]
    same_code = [(then, now) for then, now in both if then.code == now.code]
    return Comparison(
        torch_before=before.torch_version,
        torch_after=after.torch_version,
        compared=len(same_code),
        changes=tuple(change for then, now in same_code for change in _changes(then, now)),
        edited=tuple(now.id for then, now in both if then.code != now.code),
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
    )


def first_difference(change: Change) -> tuple[str, str]:
    """The first lines that differ, before and after."""
    lines = zip_longest(change.before.splitlines(), change.after.splitlines(), fillvalue="")
    return next((pair for pair in lines if not _same(*pair)), (change.before, change.after))


def _same(before: str, after: str) -> bool:
    return same_output(_ADDRESS.sub("0x…", before), _ADDRESS.sub("0x…", after))


def _changes(then: Row, now: Row) -> Iterator[Change]:
    if then.outcome != now.outcome:
        yield Change(id=now.id, aspect="outcome", before=_outcome(then), after=_outcome(now))
    if then.verdict is None or now.verdict is None:
        return
    old, new = then.verdict, now.verdict
    if old.status != new.status:
        yield Change(id=now.id, aspect="status", before=old.status, after=new.status)
    texts: list[tuple[Aspect, str, str]] = [
        ("output", old.stdout, new.stdout),
        ("error", _error(old), _error(new)),
        ("warnings", "\n".join(old.warnings), "\n".join(new.warnings)),
    ]
    for aspect, before, after in texts:
        if not _same(before, after):
            yield Change(id=now.id, aspect=aspect, before=before, after=after)


def _outcome(row: Row) -> str:
    return f"{row.outcome}: {row.deviation}" if row.deviation else row.outcome


def _error(verdict: Verdict) -> str:
    return f"{verdict.error.type}: {verdict.error.message}" if verdict.error else ""
