"""What a run writes, read as it comes: its output as text, up to a limit each, and its report."""

import fcntl
import json
import os
import selectors
import time
from contextlib import ExitStack, suppress
from typing import Any

from service.sandbox.limits import Limits
from service.sandbox.observed import Observed, OnOutput
from service.sandbox.visible import VisibleStream

MAX_REPORT_BYTES = 1 << 20
PIECE_BYTES = 65_536
SKIPPED_BYTES = 1 << 20
DRAIN_SECONDS = 0.5
_LOOK_SECONDS = 0.05


class Streams:
    """The pipes ``stdout``, ``stderr`` and ``report``; what comes over the limit is read and left out."""

    def __init__(
        self,
        stack: ExitStack,
        selector: selectors.BaseSelector,
        seen: Observed,
        limits: Limits,
        on_output: OnOutput | None,
    ) -> None:
        self._stack = stack
        self._selector = selector
        self._seen = seen
        self._on_output = on_output
        self._room = {"stdout": limits.output_kb << 10, "stderr": limits.output_kb << 10, "report": MAX_REPORT_BYTES}
        self._text = {name: VisibleStream() for name in ("stdout", "stderr")}
        self._skipped: dict[int, str] = {}
        self._report = b""

    def pipe(self, sent: ExitStack, name: str) -> int:
        """The end to write to, closed with ``sent``; the other is read here."""
        read, write = os.pipe()
        self._stack.callback(os.close, read)
        sent.callback(os.close, write)
        os.set_blocking(read, False)
        self._selector.register(read, selectors.EVENT_READ, name)
        return write

    @property
    def skipping(self) -> bool:
        """Whether :meth:`skip` is to be called several times a second."""
        return bool(self._skipped)

    def read(self, key: selectors.SelectorKey) -> None:
        """Take what has come by one of the pipes."""
        try:
            piece = os.read(key.fd, PIECE_BYTES)
        except BlockingIOError:
            return
        self._keep(key.data, piece)
        if not piece or not self._room[key.data]:
            self._selector.unregister(key.fd)
        if piece and not self._room[key.data]:
            self._skipped[key.fd] = key.data
            with suppress(OSError):  # over the user's limit of memory for pipes
                fcntl.fcntl(key.fd, fcntl.F_SETPIPE_SZ, SKIPPED_BYTES)

    def _keep(self, name: str, piece: bytes) -> None:
        room = self._room[name]
        kept = piece[:room]
        text = "" if name == "report" else self._text[name].feed(kept)
        self._room[name] -= min(room, max(len(kept), len(text)))  # what is made visible may have become longer
        if name == "report":
            self._report += kept
        else:
            self._seen.truncated |= len(kept) < len(piece) or len(text) > room
            self._add(name, text[:room])

    def skip(self) -> None:
        """Make room for what is left out, now and then only: a flood of it shall not keep this process busy."""
        for file, name in self._skipped.items():
            with suppress(BlockingIOError):
                if os.read(file, SKIPPED_BYTES):
                    self._seen.truncated |= name != "report"

    def drain(self) -> None:
        """Read what is still in the pipes; nobody writes to them any more."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._selector.get_map() and time.monotonic() < deadline:
            for key, _ in self._selector.select(_LOOK_SECONDS):
                self.read(key)
        self.skip()
        for name, text in self._text.items():
            self._add(name, text.feed(b"", last=True))

    def _add(self, name: str, text: str) -> None:
        if text:
            setattr(self._seen, name, getattr(self._seen, name) + text)
            if self._on_output is not None:
                self._on_output("stdout" if name == "stdout" else "stderr", text)

    def has_report_of(self, marks: list[bytes]) -> bool:
        """Whether all of these stand in it."""
        return all(mark in self._report for mark in marks)

    def report(self, before: bytes) -> dict[str, Any]:
        """The last line that can be one, before what stands there."""
        for line in reversed(self._report.partition(before)[0].split(b"\n")):
            if line.startswith(b"{"):
                with suppress(ValueError, RecursionError):
                    report: dict[str, Any] = json.loads(line)
                    return report
        return {}
