"""One run, watched from outside: its output drained, its limits kept, its end told.

What is believed: how the snippet's process ended, because its parent tells it on a socket that the snippet does not
hold; and two marks of the run in its report, which say that the program's end was reached. Everything else that
arrives is only the program's word.
"""

import json
import os
import secrets
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from service.sandbox.inside.harness import MARK_BYTES
from service.sandbox.inside.process import FILES
from service.sandbox.limits import THREADS_A_PROCESS, Limits
from service.sandbox.observed import Observed, OnOutput
from service.sandbox.order import make_order, readable, work_folder
from service.sandbox.processes import descendants, proportional_bytes, usage
from service.sandbox.program import Program
from service.sandbox.template import Template, TemplateFailed
from service.sandbox.verdict import Status
from service.sandbox.visible import VisibleStream

WATCH_SECONDS = 0.05
DRAIN_SECONDS = 0.5
MAX_OUTCOME_BYTES = 16 << 20
MAX_REPORT_BYTES = 1 << 20
START_SECONDS = 20.0


def watch(
    template: Template,
    program: Program,
    limits: Limits,
    *,
    background: bool,
    on_output: OnOutput | None,
    cancelled: Callable[[], bool],
) -> Observed:
    """Run ``program`` in a child of ``template`` and watch it to its end. Blocks."""
    with ExitStack() as stack:
        run = _Run(stack, template, program, limits, on_output, cancelled)
        try:
            run.start(background)
        except TemplateFailed as error:
            return Observed(fault=str(error))
        return run.observe()


class _Run:
    def __init__(
        self,
        stack: ExitStack,
        template: Template,
        program: Program,
        limits: Limits,
        on_output: OnOutput | None,
        cancelled: Callable[[], bool],
    ) -> None:
        self._stack = stack
        self._template = template
        self._program = program
        self._limits = limits
        self._on_output = on_output
        self._cancelled = cancelled
        self._seen = Observed()
        self._marks = [secrets.token_bytes(MARK_BYTES) for _ in range(2)]
        self._selector = stack.enter_context(selectors.DefaultSelector())
        self._outcome, self._their_outcome = socket.socketpair()
        stack.enter_context(self._outcome)
        self._pieces = {"report": b"", "outcome": b""}
        self._room = {"stdout": limits.output_kb << 10, "stderr": limits.output_kb << 10}
        self._text = {name: VisibleStream() for name in self._room}
        self._init: int | None = None
        self._handle: int | None = None

    def start(self, background: bool) -> None:
        """Give the order."""
        with ExitStack() as sent:
            sent.enter_context(self._their_outcome)
            files = {
                "code": readable(sent, self._program.code.encode("utf-8", "surrogatepass")),
                "stdin": readable(sent, self._program.stdin.encode("utf-8", "surrogatepass")),
                "marks": readable(sent, b"".join(self._marks)),
                **{name: self._pipe(sent, name) for name in ("stdout", "stderr", "report")},
                "outcome": self._their_outcome.fileno(),
            }
            isolation = self._template.isolation
            folder = self._stack.enter_context(work_folder(isolation))
            order = make_order(isolation, self._program, self._limits, folder, background=background)
            self._template.send(order, [files[name] for name in FILES])
        self._outcome.setblocking(False)
        self._selector.register(self._outcome, selectors.EVENT_READ, "outcome")
        self._started = time.monotonic()

    def _pipe(self, sent: ExitStack, name: str) -> int:
        """The end to write to; the other is read here."""
        read, write = os.pipe()
        self._stack.callback(os.close, read)
        sent.callback(os.close, write)
        os.set_blocking(read, False)
        self._selector.register(read, selectors.EVENT_READ, name)
        return write

    def observe(self) -> Observed:
        """Read until the run has ended."""
        while not self._ended():
            for key, _ in self._selector.select(WATCH_SECONDS):
                self._read(key)
            self._seen.broken = self._broken_limit()
            if self._seen.broken is not None:
                self._kill()
                break
        self._seen.seconds = time.monotonic() - self._started
        self._drain()
        self._seen.reached_end = all(mark in self._pieces["report"] for mark in self._marks)
        self._seen.report = self._parsed_report()
        if self._handle is not None:
            os.close(self._handle)
        return self._seen

    def _ended(self) -> bool:
        return bool(self._seen.fault) or self._seen.told is not None

    def _read(self, key: selectors.SelectorKey) -> None:
        name: str = key.data
        try:
            piece = self._receive() if name == "outcome" else os.read(key.fd, 65_536)
        except BlockingIOError:
            return
        except ConnectionError:
            piece = b""
        if not piece:
            self._selector.unregister(key.fileobj)
            if name == "outcome" and not self._ended():
                self._seen.fault = "the sandbox's process ended without a word"
        elif name in self._room:
            self._show(name, piece)
        elif len(self._pieces[name]) < MAX_OUTCOME_BYTES:
            self._pieces[name] += piece
            if name == "outcome":
                self._hear()

    def _receive(self) -> bytes:
        piece, files, _, _ = socket.recv_fds(self._outcome, 1 << 20, 1)
        if files:
            self._handle = files[0]
        return piece

    def _hear(self) -> None:
        """The lines of the outcome: the init's handle, a fault, or how the snippet's process ended."""
        *lines, self._pieces["outcome"] = self._pieces["outcome"].split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "init" in told:
                self._init = _outer_pid(self._handle) or told["init"]
            elif "fault" in told:
                self._seen.fault = told["fault"]
            else:
                self._seen.told = told

    def _show(self, name: str, piece: bytes) -> None:
        kept = piece[: self._room[name]]
        self._seen.truncated |= len(kept) < len(piece)
        self._room[name] -= len(kept)
        self._add(name, self._text[name].feed(kept))

    def _add(self, name: str, text: str) -> None:
        if text:
            setattr(self._seen, name, getattr(self._seen, name) + text)
            if self._on_output is not None:
                self._on_output("stdout" if name == "stdout" else "stderr", text)

    def _broken_limit(self) -> tuple[Status, str] | None:
        if self._ended():
            return None
        if self._cancelled():
            return "killed", "cancelled"
        if time.monotonic() - self._started > self._limits.seconds:
            return "timed_out", f"stopped after {self._limits.seconds:g} s"
        if self._init is None:
            return None
        tree = list(descendants(self._init))
        used, limits = usage(tree), self._limits
        if used.processes == 1:
            self._seen.peak_bytes = max(self._seen.peak_bytes, used.resident)
        if used.processes > limits.processes:
            return "over_limit", f"more than {limits.processes} processes"
        if used.threads > limits.processes * THREADS_A_PROCESS:
            return "over_limit", f"more than {limits.processes * THREADS_A_PROCESS} threads"
        if used.resident > limits.memory_mb << 20:
            self._seen.peak_bytes = max(self._seen.peak_bytes, proportional_bytes(tree))
            if self._seen.peak_bytes > limits.memory_mb << 20:
                return "out_of_memory", f"more than {limits.memory_mb} MB of memory"
        return None

    def _kill(self) -> None:
        """End all of the run's processes: those in its process namespace go with their init."""
        deadline = time.monotonic() + START_SECONDS
        while self._init is None and not self._ended() and time.monotonic() < deadline:
            for key, _ in self._selector.select(WATCH_SECONDS):
                self._read(key)
        if self._init is None:
            return
        if self._template.isolation.mode != "namespaces":
            while pids := list(descendants(self._init)):
                for pid in pids:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            else:
                os.kill(self._init, signal.SIGKILL)

    def _drain(self) -> None:
        """Read what is still in the pipes; nobody writes to them any more."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._selector.get_map() and time.monotonic() < deadline:
            ready = self._selector.select(WATCH_SECONDS)
            for key, _ in ready:
                self._read(key)
        for name in self._room:
            self._add(name, self._text[name].feed(b"", last=True))

    def _parsed_report(self) -> dict[str, Any]:
        """The last line that can be one."""
        for line in reversed(self._pieces["report"].split(b"\n")):
            if line.startswith(b"{") and len(line) <= MAX_REPORT_BYTES:
                with suppress(ValueError, RecursionError):
                    report: dict[str, Any] = json.loads(line)
                    return report
        return {}


def _outer_pid(handle: int | None) -> int | None:
    """The process id, as seen from here, of what ``handle`` stands for."""
    if handle is None:
        return None
    with suppress(OSError):
        for line in Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines():
            if line.startswith("Pid:"):
                return int(line.split()[1])
    return None
