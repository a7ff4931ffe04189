"""A real pseudo-terminal with a program in it, and the screen that its reader sees."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pexpect
import pyte

PATIENCE = 240.0
"""Seconds; the machine that tests run on may be busy with others."""


class Screen:
    """``torchtutor`` with ``arguments`` in a terminal of ``columns`` by ``lines``.

    ``received`` is everything that reached the terminal, escape codes included.
    """

    def __init__(self, home: Path, *arguments: str, columns: int = 100, lines: int = 60, **environment: str) -> None:
        self._shown = pyte.HistoryScreen(columns, lines, history=5000, ratio=1)
        self._stream = pyte.Stream(self._shown)
        self._answered = 0
        self.received = ""
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "service", *arguments],
            env={**kept, "TERM": "xterm-256color", "TUTOR_HOME": str(home), **environment},
            dimensions=(lines, columns),
            encoding="utf-8",
            timeout=PATIENCE,
        )

    @property
    def lines(self) -> Sequence[str]:
        """What stands on the screen, and above it what has scrolled away."""
        columns = range(self._shown.columns)
        above = ["".join(row[x].data for x in columns).rstrip() for row in self._shown.history.top]
        return [*above, *(line.rstrip() for line in self._shown.display)]

    @property
    def cells(self) -> Sequence[Sequence[pyte.screens.Char]]:
        """The characters of all that stands there, row by row, with their looks."""
        rows = [*self._shown.history.top, *(self._shown.buffer[y] for y in range(self._shown.lines))]
        return [[row[x] for x in range(self._shown.columns)] for row in rows]

    @property
    def _last(self) -> str:
        return next((line for line in reversed(self.lines) if line), "")

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def type(self, keys: str) -> None:
        self._child.send(keys)

    def enter(self, line: str) -> None:
        """Type a line and, once it stands there, send it: from then on the prompt is not the one before."""
        self.type(line)
        self._wait(lambda: self._last.endswith(line), f"{line!r}, typed")
        self.type("\r")

    def until(self, text: str, times: int = 1) -> str:
        """Wait until ``text`` has stood there so often; returns all that does."""
        self._wait(lambda: self.text.count(text) >= times, f"{text!r} ({times} times)")
        return self.text

    def prompted(self) -> str:
        """Wait for the prompt, with nothing typed; returns all that stands there."""
        self._wait(lambda: self._last == "›", "the prompt")
        return self.text

    def end(self) -> int:
        """Wait for the program's end; returns its exit status."""
        self._wait(lambda: not self._child.isalive(), "the end")
        self._child.close()
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)

    def close(self) -> None:
        if self._child.isalive():
            self._child.kill(signal.SIGKILL)
            self._child.wait()
        self._child.close()

    def _wait(self, there: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            self._read()
            if there():
                return
            if time.monotonic() > until:
                raise AssertionError(f"{what} did not come:\n{self.text}")

    def _read(self) -> None:
        try:
            piece = self._child.read_nonblocking(65536, timeout=0.1)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            time.sleep(0.05)
            return
        self.received += piece
        self._stream.feed(piece)
        # a terminal answers where its cursor is; what asks for it may come in two pieces
        while self._answered < self.received.count("\x1b[6n"):
            self._answered += 1
            self._child.send("\x1b[1;1R")
