"""A turn in a terminal: finished blocks of Markdown as they come, code with its verdict, what to ask next.

Nothing that was printed is drawn again, so nothing flickers; while nothing comes, one line says what is waited for.
"""

import threading
from collections.abc import Callable, Iterator
from types import TracebackType

from markdown_it import MarkdownIt
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.text import Text as RichText

from service.channels import markdown, terminal
from service.events import Done, Event, Failed, Matched, Reply, Running, ShownSnippet, Text, Verified
from service.respondents import Printed
from service.sandbox import Verdict

PATIENCE_SECONDS = 0.3
"""So long nothing is said of waiting."""

FRAME_SECONDS = 0.125

_AFTER: dict[type, str] = {Running: "running your program", Matched: "working"}
"""What comes after an event, where that takes a while."""

_PARSER = MarkdownIt().enable("table")


class Rendering:
    """Renders one turn.

    Args:
        asked: the message; what was understood is told where it is something else.
        hint: what stands beside the badge of a snippet.
    """

    def __init__(self, out: Console, asked: str = "", hint: Callable[[ShownSnippet], str] = lambda snippet: "") -> None:
        self._out = out
        self._asked = asked
        self._hint = hint
        self._pending = ""

    @property
    def unfinished(self) -> str:
        """The text that has come and is not printed, since more of it may change how it looks."""
        return self._pending

    def event(self, event: Event) -> None:
        if isinstance(event, Matched):
            self._understood(event)
        elif isinstance(event, Text):
            finished, self._pending = split(self._pending + event.markdown)
            self._print(finished)
        elif isinstance(event, Verified):
            self.flush()
            terminal.print_snippet(self._out, event.snippet, self._hint(event.snippet))
        elif isinstance(event, Failed):
            self.flush()
            terminal.note(self._out, f"{event.title}: {event.detail}", "red")
        elif isinstance(event, Done):
            self.flush()
            print_end(self._out, event.reply)

    def flush(self) -> None:
        """Print what has come, finished or not."""
        self._print(self._pending)
        self._pending = ""

    def _understood(self, turn: Matched) -> None:
        if (
            self._asked
            and turn.outcome in ("answered", "partly")
            and _folded(turn.understood_as) != _folded(self._asked)
        ):
            terminal.note(self._out, f"→ {turn.understood_as}")
            self._out.print()

    def _print(self, markdown: str) -> None:
        if markdown.strip():
            terminal.print_markdown(self._out, markdown)


def print_end(out: Console, reply: Reply) -> None:
    """What stands below a reply: what it rests on, and what to ask next."""
    for sentence in markdown.unsupported(reply.sentences, reply.answer):
        terminal.note(out, f"⚠ no lesson supports this: {sentence}", "yellow")
    sources = markdown.sources(reply)
    for line in sources:
        terminal.note(out, line)
    if sources:
        out.print()
    terminal.print_follow_ups(out, reply.follow_ups)


def print_run(out: Console, run: Iterator[Printed | Verdict]) -> Verdict:
    """What a program prints, line by line as it comes, then what is said of its run."""
    with Waiting(out) as waiting:
        waiting.begin("running")
        line = ""
        for item in run:
            waiting.begin("running", at_once=False)
            if isinstance(item, Verdict):
                waiting.end()
                _lines(out, line)
                terminal.print_verdict(out, item, printed=True)
                return item
            whole, _, line = (line + item.text).rpartition("\n")
            _lines(out, whole)
            waiting.begin("running")
    raise AssertionError("a run ends with its verdict")


def _lines(out: Console, text: str) -> None:
    if text:
        terminal.show(out, Padding(RichText(text, "cyan"), terminal.INDENT))


def split(markdown: str) -> tuple[str, str]:
    """The blocks that no further text can change, and the last one, which it may."""
    starts = [token.map[0] for token in _PARSER.parse(markdown) if token.level == 0 and token.map]
    if not starts or starts[-1] == 0:
        return "", markdown
    lines = markdown.split("\n")
    return "\n".join(lines[: starts[-1]]), "\n".join(lines[starts[-1] :])


class Waiting:
    """Says what is waited for, below the text that is not finished yet, where that takes a while; gone at the end.

    It draws only between ``begin`` and the next ``begin(…, at_once=False)``, never while something is printed: drawn
    and printed at the same time, lines of the one would be taken for the other's and wiped out.
    """

    def __init__(self, out: Console) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._drawing: threading.Thread | None = None
        self._over = threading.Event()
        self._live: Live | None = None
        self._shown: RenderableType = ""
        self._may_draw = False

    def __enter__(self) -> "Waiting":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def begin(self, what: str, unfinished: str = "", *, at_once: bool = True) -> None:
        """From now on ``what`` is waited for; ``at_once``: where it is told, not only when something is printed."""
        spinner = Spinner("line", RichText(f"{what} …", "dim"), style="dim")
        with self._lock:
            self._shown = Group(terminal.laid_out(unfinished), spinner) if unfinished.strip() else spinner
            self._may_draw = at_once
            if self._live is not None:
                self._live.update(self._shown, refresh=at_once)
            elif self._drawing is None and self._out.is_terminal and not self._out.is_dumb_terminal:
                self._over = threading.Event()
                self._drawing = threading.Thread(target=self._draw, args=(self._over,), daemon=True)
                self._drawing.start()

    def end(self) -> None:
        """It is there."""
        with self._lock:
            self._over.set()
            self._drawing = None
            if self._live is not None:
                self._live.stop()
                self._live = None

    def _draw(self, over: threading.Event) -> None:
        pause = PATIENCE_SECONDS
        while not over.wait(pause):
            pause = FRAME_SECONDS
            with self._lock:
                if over.is_set() or not self._may_draw:
                    continue
                if self._live is None:
                    self._live = Live(self._shown, console=self._out, transient=True, auto_refresh=False)
                    self._live.start()
                self._live.refresh()


def followed(waiting: Waiting, events: Iterator[Event], unfinished: Callable[[], str] = str) -> Iterator[Event]:
    """The events; between them ``waiting`` says what they wait for, below the ``unfinished`` text."""
    what = "thinking"
    waiting.begin(what)
    for event in events:
        what = _AFTER.get(type(event), what)
        waiting.begin(what, at_once=False)
        yield event
        waiting.begin(what, unfinished())
    waiting.end()


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
