"""One program's processes: a child that makes the namespaces, their init, and the snippet's own process below it.

::

    template ─ child            unshares, reports a handle of the init, ends
                 └─ init        pid 1: furnishes the file system, waits, ends all others, collects pictures, reports
                      └─ snippet   pid 2: limits, no capabilities, seccomp; then the harness

How the snippet's process ended is told by the init, on a socket that the snippet does not hold.
"""

import fcntl
import json
import os
import resource
import signal
import socket
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from . import apart, linux, mounts
from .artifacts import collect
from .harness import Harness

PROGRAM = "main.py"
REPORT, MARKS, FIRST_FREE = 3, 4, 10  # the descriptors of the snippet's process beside the three standard ones
COPY_BYTES = 1 << 20

FILES = ("code", "stdin", "stdout", "stderr", "report", "marks", "outcome")
"""The order in which descriptors come with an order."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to run and how; with it come the descriptors that :data:`FILES` names.

    Args:
        folder: where the program is put and started.
        kept: folders below it that stay, read-only: Python's own, where it is installed there.
        namespaces: whether it gets namespaces of its own.
        filter: the seccomp filter as hexadecimal text, possibly empty.
        data_mb: what each process may have of writable memory of its own; 0: as much as it wants.
        landlock: paths to read and paths to write, where files are kept apart by Landlock; else ``None``.
        environment: all that the program sees of one.
    """

    folder: str
    kept: list[str]
    namespaces: bool
    background: bool
    memory_mb: int
    tasks: int
    files_mb: int
    data_mb: int
    cpu_seconds: int
    filter: str
    landlock: tuple[list[str], list[str]] | None
    environment: dict[str, str]


def start(order: Order, files: dict[str, int]) -> NoReturn:
    """Run the order in the process that was forked for it."""
    outcome = socket.socket(fileno=files["outcome"])
    try:
        uid, gid = os.getuid(), os.getgid()
        if order.namespaces:
            linux.show_to_self()
            linux.unshare(linux.ALL_NAMESPACES)
            linux.map_own_user(uid, gid)
        init = os.fork()
        if init == 0:
            _init(order, files, outcome)
        handle = [os.pidfd_open(init)] if hasattr(os, "pidfd_open") else []
        socket.send_fds(outcome, [json.dumps({"init": init}).encode() + b"\n"], handle)
    except BaseException:  # noqa: BLE001 - whatever fails here is the sandbox's fault, and must be told
        _tell(outcome, {"fault": traceback.format_exc(limit=-1)})
    os._exit(0)


def _init(order: Order, files: dict[str, int], outcome: socket.socket) -> NoReturn:
    try:
        _furnish(order, files["code"])
        if order.namespaces:
            linux.hide_from_siblings()
        snippet = apart.fork(partial(_snippet, order, files, outcome))
        for name in set(files) - {"outcome"}:
            os.close(files[name])
        started = time.monotonic()
        status, peak_kb = _wait_for(snippet)
        told = {"status": status, "seconds": time.monotonic() - started, "peak_kb": peak_kb}
        if order.namespaces:
            with suppress(ProcessLookupError):  # there is no other
                os.kill(-1, signal.SIGKILL)
        _tell(outcome, {**told, "artifacts": collect(order.folder)})
    except BaseException:  # noqa: BLE001 - whatever fails here is the sandbox's fault, and must be told
        _tell(outcome, {"fault": traceback.format_exc(limit=-1)})
    os._exit(0)


def _tell(outcome: socket.socket, message: dict[str, Any]) -> None:
    outcome.sendall(json.dumps(message).encode() + b"\n")


def _furnish(order: Order, code: int) -> None:
    if order.namespaces:
        mounts.furnish(order.files_mb, order.memory_mb, order.kept)
        linux.raise_loopback()
    else:
        linux.adopt_orphans()
    os.chdir(order.folder)
    os.makedirs("home", exist_ok=True)
    with open(PROGRAM, "wb") as program:
        while piece := os.read(code, COPY_BYTES):
            program.write(piece)


def _wait_for(snippet: int) -> tuple[int, int]:
    """The exit status of ``snippet`` (negative: the signal) and the peak of its own memory; reaps all others."""
    while True:
        pid, status, usage = os.wait4(-1, 0)
        if pid == snippet:
            return os.waitstatus_to_exitcode(status), usage.ru_maxrss


def _snippet(order: Order, files: dict[str, int], outcome: socket.socket) -> list[apart.Stage]:
    """Give everything up that the program shall not have; what is to be done then."""
    try:
        outcome.close()
        _take_descriptors(files)
        os.setsid()
        os.umask(0o022)
        _limit(order)
        os.environ.clear()
        os.environ.update(order.environment)
        if order.background:
            os.nice(19)
        if order.namespaces:
            linux.show_to_self()
            _first_to_go()
            linux.drop_capabilities()
        linux.never_gain_privileges()
        if order.landlock is not None:
            linux.restrict_files(*order.landlock)
        if order.filter:
            linux.load_seccomp(bytes.fromhex(order.filter))
        return Harness(PROGRAM, REPORT).stages(MARKS)
    except BaseException:  # noqa: BLE001 - told on stderr; ending before the program starts can never pass
        traceback.print_exc()
        os._exit(1)


def _take_descriptors(files: dict[str, int]) -> None:
    """Put the descriptors that the snippet keeps at 0 to 4 and close all others."""
    names = ("stdin", "stdout", "stderr", "report", "marks")
    moved = [fcntl.fcntl(files[name], fcntl.F_DUPFD, FIRST_FREE) for name in names]  # out of the way of what follows
    for place, file in enumerate(moved):
        os.dup2(file, place, inheritable=place < REPORT)
    os.closerange(len(moved), max(*moved, *files.values()) + 1)


def _limit(order: Order) -> None:
    for name, value in (
        ("RLIMIT_CORE", 1),  # with 0, a crash would still be handed to a handler of the host's
        ("RLIMIT_DATA", (order.data_mb << 20) + _own_data() if order.data_mb else resource.RLIM_INFINITY),
        ("RLIMIT_CPU", order.cpu_seconds),
        ("RLIMIT_FSIZE", _largest_file_mb(order) << 20),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_NOFILE", 1024),
        ("RLIMIT_NPROC", order.tasks),
    ):
        if order.namespaces or name != "RLIMIT_NPROC":  # without a namespace it would count all of the user's
            resource.setrlimit(getattr(resource, name), (value, value))


def _largest_file_mb(order: Order) -> int:
    return (
        max(order.files_mb, mounts.TORCH_HOME_MB, mounts.shared_mb(order.memory_mb))
        if order.namespaces
        else order.files_mb
    )


def _own_data() -> int:
    """What counts towards RLIMIT_DATA already, in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmData:"))


def _first_to_go() -> None:
    """Where the machine runs out of memory, the kernel shall end this process before all others."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")
