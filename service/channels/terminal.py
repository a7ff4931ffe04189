"""How replies, snippets and verdicts look in a terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from service.events import ShownSnippet
from service.sandbox import Verdict
from service.verify import Checked

_VERDICT = TypeAdapter(Verdict)


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
        out.print(Padding(Text(_visible(printed.strip("\n")), "cyan"), (0, 0, 0, 2)))
    for picture in verdict.artifacts:
        out.print(Padding(Text(f"picture: {picture.name}", "dim"), (0, 0, 0, 2)))


def _visible(text: str) -> str:
    return "".join(c if c in "\n\t" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_report(out: Console, checked: Sequence[Checked], *, quiet: bool) -> None:
    """One line a snippet that is not as stated, and the counts."""
    for result in checked:
        if result.as_stated is False:
            out.print(Text(f"✘ {result.snippet.id}: {result.deviation}", "red"))
        elif result.verdict is None and not quiet:
            out.print(Text(f"○ {result.snippet.id}: {result.deviation}", "yellow"))
    if not quiet:
        out.print(", ".join(f"{count} {what}" for what, count in _counts(checked).items()))


def report(checked: Sequence[Checked]) -> dict[str, Any]:
    """The machine-readable form of a verification."""
    return {"counts": _counts(checked), "snippets": [_row(result) for result in checked]}


def _counts(checked: Iterable[Checked]) -> dict[str, int]:
    names = {True: "as stated", False: "not as stated", None: "not run"}
    counts = Counter(names[result.as_stated] for result in checked)
    return {name: counts[name] for name in names.values()}


def _row(result: Checked) -> dict[str, Any]:
    return {
        "id": result.snippet.id,
        "as_stated": result.as_stated,
        "deviation": result.deviation,
        "verdict": _VERDICT.dump_python(result.verdict, mode="json") if result.verdict else None,
    }
