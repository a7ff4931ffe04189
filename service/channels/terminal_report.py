"""How the report of a verification looks in a terminal."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.channels.terminal import show
from service.compare import Comparison, first_difference
from service.report import Report

MAX_SHOWN = 200


def print_report(out: Console, report: Report, *, quiet: bool) -> None:
    """One line a snippet that is not as stated or was not run, and the counts by kind."""
    for row in report.snippets:
        if row.outcome in ("not as stated", "warned"):
            _tell(out, Text(f"✘ {row.id}: {row.deviation or ''}", "red"))
        elif row.outcome == "not run" and not quiet:
            _tell(out, Text(f"○ {row.id}: {row.deviation or ''}", "yellow"))
    if quiet:
        return
    table = Table(f"{report.entries} entries", *report.counts, box=SIMPLE)
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, counts in report.kinds.items():
        table.add_row(kind, *map(str, counts.values()))
    table.add_section()
    table.add_row("all", *map(str, report.counts.values()))
    out.print(table)


def print_comparison(out: Console, comparison: Comparison) -> None:
    """One line a changed aspect, and how much was compared."""
    for change in comparison.changes:
        before, after = (line[:MAX_SHOWN] or "nothing" for line in first_difference(change))
        _tell(out, Text(f"≠ {change.id}: {change.aspect}: {before} → {after}", "magenta"))
    for what, names in (("edited", comparison.edited), ("added", comparison.added), ("removed", comparison.removed)):
        if names:
            _tell(out, Text(f"{what} since: {', '.join(names)}", "dim"))
    torch = f"torch {comparison.torch_before} → {comparison.torch_after}"
    _tell(out, Text(f"{torch}: {comparison.compared} snippets compared, {comparison.changed} changed"))


def _tell(out: Console, text: Text) -> None:
    """One line, left whole where it is longer than the terminal is wide."""
    show(out, text, soft_wrap=True)
