"""One run, watched from outside: its output drained, its limits kept, its end told.

What is believed: how the snippet's process ended, because its parent tells it on a socket that the snippet does not
hold; and two marks of the run in its report, which say that the program's end was reached. Everything else that
arrives is only the program's word.
"""

import json
import os
import secrets
import select
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from service.sandbox.inside.harness import MARK_BYTES
from service.sandbox.inside.process import FILES
from service.sandbox.limits import Limits
from service.sandbox.meter import Meter
from service.sandbox.observed import Observed, OnOutput
from service.sandbox.order import make_order, readable, work_folder
from service.sandbox.processes import descendants
from service.sandbox.program import Program
from service.sandbox.streams import Streams
from service.sandbox.template import Template, TemplateFailed
from service.sandbox.verdict import Status

WATCH_SECONDS = 0.05
SKIP_SECONDS = 0.01
START_SECONDS = 20.0
GONE_SECONDS = 5.0


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
        self._cancelled = cancelled
        self._seen = Observed()
        self._marks = [secrets.token_bytes(MARK_BYTES) for _ in range(2)]
        self._selector = stack.enter_context(selectors.DefaultSelector())
        self._outcome, self._their_outcome = socket.socketpair()
        stack.enter_context(self._outcome)
        self._heard = b""
        self._streams = Streams(stack, self._selector, self._seen, limits, on_output)
        self._meter = Meter(limits, own_network=template.isolation.mode == "namespaces")
        self._look_again = 0.0
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
                **{name: self._streams.pipe(sent, name) for name in ("stdout", "stderr", "report")},
                "outcome": self._their_outcome.fileno(),
            }
            isolation = self._template.isolation
            folder = self._stack.enter_context(work_folder(isolation))
            with_gpu = bool(self._template.devices)
            order = make_order(isolation, self._limits, folder, background=background, with_gpu=with_gpu)
            self._template.send(order, [files[name] for name in FILES])
        self._outcome.setblocking(False)
        self._selector.register(self._outcome, selectors.EVENT_READ, "outcome")
        self._started = time.monotonic()

    def observe(self) -> Observed:
        """Read until the run has ended."""
        while not self._ended():
            for key, _ in self._selector.select(SKIP_SECONDS if self._streams.skipping else WATCH_SECONDS):
                self._read(key)
            self._streams.skip()
            self._seen.broken = self._broken_limit()
            if self._seen.broken is not None:
                self._kill()
                break
        self._seen.seconds = time.monotonic() - self._started
        self._seen.peak_bytes = self._meter.peak_bytes
        if self._outcome in self._selector.get_map():
            self._selector.unregister(self._outcome)
        self._streams.drain()
        self._seen.reached_end = self._streams.has_report_of(self._marks)
        self._seen.report = self._streams.report(before=self._marks[-1])
        return self._seen

    def _ended(self) -> bool:
        return bool(self._seen.fault) or self._seen.told is not None

    def _read(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is not self._outcome:
            self._streams.read(key)
            return
        try:
            piece, files, _, _ = socket.recv_fds(self._outcome, 1 << 20, 1)
        except BlockingIOError:
            return
        except ConnectionError:
            piece, files = b"", []
        if files:
            self._handle = files[0]
            self._stack.callback(os.close, self._handle)
        if piece:
            self._hear(piece)
        else:
            self._selector.unregister(self._outcome)
            if not self._ended():
                self._seen.fault = "the sandbox's process ended without a word"

    def _hear(self, piece: bytes) -> None:
        """The lines of the outcome: the init's handle, a fault, or how the snippet's process ended."""
        *lines, self._heard = (self._heard + piece).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "init" in told:
                self._init = _outer_pid(self._handle) or told["init"]
            elif "fault" in told:
                self._seen.fault = told["fault"]
            else:
                self._seen.told = told

    def _broken_limit(self) -> tuple[Status, str] | None:
        if self._ended():
            return None
        if self._cancelled():
            return "killed", "cancelled"
        if time.monotonic() - self._started > self._limits.seconds:
            return "timed_out", f"stopped after {self._limits.seconds:g} s"
        now = time.monotonic()
        if self._init is None or now < self._look_again:
            return None
        self._look_again = now + WATCH_SECONDS
        return self._meter.broken_limit(self._init)

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
                select.select([self._handle], [], [], GONE_SECONDS)  # until the last of its processes is gone
            else:
                os.kill(self._init, signal.SIGKILL)


def _outer_pid(handle: int | None) -> int | None:
    """The process id, as seen from here, of what ``handle`` stands for."""
    if handle is None:
        return None
    with suppress(OSError):
        for line in Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines():
            if line.startswith("Pid:"):
                return int(line.split()[1])
    return None
