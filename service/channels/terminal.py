"""How replies, snippets and verdicts look in a terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from service.compare import Comparison, first_difference
from service.events import ShownSnippet
from service.report import Report
from service.sandbox import Verdict

MAX_SHOWN = 200


def print_markdown(out: Console, markdown: str) -> None:
    out.print(Markdown(markdown))
    out.print()


def print_snippet(out: Console, snippet: ShownSnippet) -> None:
    """The code, and below it what a run of it showed."""
    if snippet.caption:
        print_markdown(out, snippet.caption)
    out.print(Syntax(snippet.code.rstrip(), "python", background_color="default", word_wrap=True))
    if snippet.verdict is None:
        out.print(Text(f"○ {snippet.deviation}", "yellow"))
    elif snippet.as_stated is None:
        print_verdict(out, snippet.verdict)
    else:
        told = "as stated" if snippet.expected_error else "ran"
        mark = Text(f"✔ {told}", "green") if snippet.as_stated else Text(f"✘ {snippet.deviation}", "red")
        out.print(mark, Text(f"· {where(snippet.verdict)}", "dim"))
        _print_output(out, snippet.verdict)
    out.print()


def print_verdict(out: Console, verdict: Verdict) -> None:
    """What the sandbox says of a program that states nothing."""
    colour = "green" if verdict.status == "passed" else "red"
    out.print(Text(verdict.status, colour), Text(f"· {where(verdict)}", "dim"))
    _print_output(out, verdict)


def print_follow_ups(out: Console, follow_ups: Sequence[str]) -> None:
    if follow_ups:
        out.print(Text("Ask next:", "bold"))
        for number, text in enumerate(follow_ups, 1):
            out.print(Text(f"  {number}. {text}"))


def where(verdict: Verdict) -> str:
    """Where and how fast a program ran: ``CPU · torch 2.13.0 · 41 ms``."""
    parts = [verdict.device.upper(), f"torch {verdict.torch_version}", f"{verdict.duration_ms:.0f} ms"]
    return " · ".join([*parts, *(f"stand-in: {name}" for name in verdict.stand_ins)])


def _print_output(out: Console, verdict: Verdict) -> None:
    """Output is shown as text: control characters never reach the terminal."""
    printed = verdict.stdout.rstrip()
    if verdict.error is not None:
        printed += f"\n{verdict.error.type}: {verdict.error.message}"
    elif verdict.status != "passed" and verdict.stderr:
        printed += f"\n{verdict.stderr.rstrip()}"
    if printed.strip():
        out.print(Padding(Text(visible(printed.strip("\n")), "cyan"), (0, 0, 0, 2)))
    for picture in verdict.artifacts:
        out.print(Padding(Text(f"picture: {visible(picture.name)}", "dim"), (0, 0, 0, 2)))


def visible(text: str) -> str:
    """``text`` with its control characters spelled out."""
    return "".join(c if c in "\n\t" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_report(out: Console, report: Report, *, quiet: bool) -> None:
    """One line a snippet that is not as stated or was not run, and the counts by kind."""
    for row in report.snippets:
        if row.outcome in ("not as stated", "warned"):
            _tell(out, Text(f"✘ {row.id}: {visible(row.deviation or '')}", "red"))
        elif row.outcome == "not run" and not quiet:
            _tell(out, Text(f"○ {row.id}: {visible(row.deviation or '')}", "yellow"))
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
        before, after = (visible(line[:MAX_SHOWN]) or "nothing" for line in first_difference(change))
        _tell(out, Text(f"≠ {visible(change.id)}: {change.aspect}: {before} → {after}", "magenta"))
    for what, names in (("edited", comparison.edited), ("added", comparison.added), ("removed", comparison.removed)):
        if names:
            _tell(out, Text(f"{what} since: {', '.join(map(visible, names))}", "dim"))
    torch = f"torch {visible(comparison.torch_before)} → {comparison.torch_after}"
    _tell(out, Text(f"{torch}: {comparison.compared} snippets compared, {comparison.changed} changed"))


def _tell(out: Console, text: Text) -> None:
    """One line, left whole where it is longer than the terminal is wide."""
    out.print(text, soft_wrap=True)
