"""How replies, snippets and verdicts look in a terminal.

All that is printed here goes through :class:`Visible`, so that no text from outside moves the cursor, sets a colour or
turns the reading order, whatever made it: a learner, a lesson, a program's output, a service elsewhere.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.segment import Segment
from rich.syntax import Syntax
from rich.text import Text
from rich.theme import Theme

from service.events import ShownSnippet
from service.sandbox import Verdict
from service.sandbox.visible import visible

CODE_THEME = "ansi_dark"
"""In the terminal's own colours, which are readable on light and dark grounds alike."""

THEME = Theme({"markdown.code": "bold cyan", "markdown.code_block": "cyan", "markdown.item.number": "cyan"})
BY_A_MODEL = "written by the language model"
INDENT = (0, 0, 0, 2)


class Visible:
    """What it wraps, with control characters spelled out; control codes and empty lines before it are left out."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        begun = False
        for text, style, control in console.render(self._inner, options):
            begun = begun or text != "\n"
            if begun and not control:
                yield Segment(visible(text), style)


def show(out: Console, *shown: RenderableType, soft_wrap: bool = False) -> None:
    """Print; ``soft_wrap`` leaves lines whole that are longer than the terminal is wide."""
    out.print(*map(Visible, shown), soft_wrap=soft_wrap)


def laid_out(markdown: str) -> RenderableType:
    """Markdown as it looks."""
    return Visible(Markdown(markdown, code_theme=CODE_THEME, hyperlinks=False))


def print_markdown(out: Console, markdown: str) -> None:
    out.print(laid_out(markdown))
    out.print()


def print_snippet(out: Console, snippet: ShownSnippet, hint: str = "") -> None:
    """The code, and below it what a run of it showed; ``hint`` stands beside that."""
    if snippet.caption:
        print_markdown(out, snippet.caption)
    show(out, Syntax(snippet.code.rstrip(), "python", theme=CODE_THEME, background_color="default", word_wrap=True))
    print_badge(out, snippet, hint)
    if snippet.verdict is not None:
        _print_output(out, snippet.verdict)
    out.print()


def print_badge(out: Console, snippet: ShownSnippet, hint: str = "") -> None:
    """One line: whether the code did what is said of it, where, and how fast."""
    if snippet.verdict is None:
        show(out, _line(Text(f"○ {snippet.deviation}", "yellow"), hint))
    elif snippet.as_stated is None:
        by = BY_A_MODEL if snippet.origin == "model" else ""
        show(out, _line(_status(snippet.verdict), where(snippet.verdict), by, hint))
    else:
        told = "fails as stated" if snippet.expected_error else "ran"
        mark = Text(f"✔ {told}", "green") if snippet.as_stated else Text(f"✘ {snippet.deviation}", "red")
        show(out, _line(mark, where(snippet.verdict), hint))


def print_verdict(out: Console, verdict: Verdict, *, printed: bool = False) -> None:
    """What the sandbox says of a program that states nothing; ``printed``: its output stands there already."""
    show(out, _line(_status(verdict), where(verdict)))
    _print_output(out, verdict, printed=printed)


def print_follow_ups(out: Console, follow_ups: Sequence[str]) -> None:
    """What to ask next, by its number."""
    if follow_ups:
        show(out, Text("Ask next:", "bold"))
        for number, text in enumerate(follow_ups, 1):
            show(out, Padding(Text(f"{number}. {text}"), INDENT))


def print_question(out: Console, question: str) -> None:
    """What a learner asked, where it is shown again."""
    show(out, Text(f"› {question}", "bold green"))
    out.print()


def where(verdict: Verdict) -> str:
    """Where and how fast a program ran: ``CPU · torch 2.13.0 · 41 ms``."""
    version = verdict.torch_version.partition("+")[0]
    ms = verdict.duration_ms
    took = f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
    parts = [verdict.device.upper(), f"torch {version}", took]
    return " · ".join([*parts, *(f"stand-in: {name}" for name in verdict.stand_ins)])


def when(moment: datetime) -> str:
    """A date and a time of day, where the reader is."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def note(out: Console, text: str, style: str = "dim") -> None:
    """A remark of the terminal's own."""
    show(out, Text(text, style))


def _status(verdict: Verdict) -> Text:
    passed = verdict.status == "passed"
    return Text(f"{'✔' if passed else '✘'} {verdict.status}", "green" if passed else "red")


def _line(mark: Text, *parts: str) -> Text:
    return Text.assemble(mark, *((f" · {part}", "dim") for part in parts if part))


def _print_output(out: Console, verdict: Verdict, *, printed: bool = False) -> None:
    parts = [] if printed else [verdict.stdout.rstrip()]
    if verdict.error is not None:
        at = f"line {verdict.error.line}: " if verdict.error.line else ""
        parts.append(f"{at}{verdict.error.type}: {verdict.error.message}")
    elif verdict.status != "passed" and verdict.stderr and not printed:
        parts.append(verdict.stderr.rstrip())
    told = "\n".join(filter(None, parts)).strip("\n")
    if told:
        show(out, Padding(Text(told, "cyan"), INDENT))
    if verdict.truncated:
        show(out, Padding(Text("the rest of the output was cut off", "dim"), INDENT))
    for picture in verdict.artifacts:
        show(out, Padding(Text(f"picture: {picture.name}", "dim"), INDENT))
