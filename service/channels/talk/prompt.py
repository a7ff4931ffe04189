"""The line that a learner types; the one file that knows prompt-toolkit.

Enter sends; Alt+Enter begins a new line, and what is pasted keeps its lines. Up and down walk through what
was typed before, also at earlier starts: it is kept in a file that only its owner can read.
"""

import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle

LFLAG = 3
"""Where a terminal's attributes hold its local modes."""

_PROMPT = FormattedText([("bold ansigreen", "› ")])


class Prompt:
    """Asks for a line, again and again.

    Args:
        history: the file of what was typed before; made where it is missing.
        orders: what begins with ``/``, each with what it does; offered by the tabulator.
    """

    def __init__(self, history: Path, orders: Mapping[str, str], *, colour: bool) -> None:
        history.parent.mkdir(parents=True, exist_ok=True)
        history.touch(mode=0o600)
        history.chmod(0o600)
        self._session: PromptSession[str] = PromptSession(
            _PROMPT if colour else "› ",
            history=FileHistory(history),
            multiline=True,
            prompt_continuation="  ",
            key_bindings=_keys(),
            completer=_Orders(orders),
            complete_style=CompleteStyle.READLINE_LIKE,
            complete_while_typing=False,
            enable_open_in_editor=True,
            tempfile_suffix=".py",
        )

    def read(self) -> str:
        """What was typed.

        Raises:
            EOFError: Ctrl-D on an empty line.
            KeyboardInterrupt: Ctrl-C on an empty line; on any other it empties the line.
        """
        return self._session.prompt()


@contextmanager
def quiet() -> Iterator[None]:
    """What is typed meanwhile is not shown amid other things, but at the next prompt; Ctrl-C works."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    silent = [*before]
    silent[LFLAG] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


class _Orders(Completer):
    def __init__(self, orders: Mapping[str, str]) -> None:
        self._orders = orders

    def get_completions(self, document: Document, complete_event: Any) -> Any:
        typed = document.text
        if typed.startswith("/"):
            for name, does in self._orders.items():
                if name.startswith(typed):
                    yield Completion(name, start_position=-len(typed), display_meta=does)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    @keys.add("c-j")  # what Enter comes as where it was typed while a reply was printed
    def _send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("c-c")
    def _leave(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    return keys
