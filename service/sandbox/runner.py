"""Runs a program in a bubblewrap process of its own, cold: a new Python for each run.

What keeps it in: no network, the host's files read-only and only those that Python needs, an empty environment, no
capabilities, an own temporary folder of limited size, all in namespaces that end with their first process. The time
limit is kept from outside by killing that process; memory and processes are watched from outside, every
:data:`WATCH_SECONDS`.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any

from service.sandbox.isolation import isolation
from service.sandbox.limits import Limits
from service.sandbox.program import Program
from service.sandbox.torch_version import torch_version
from service.sandbox.verdict import SnippetError, Status, Verdict

WATCH_SECONDS = 0.05
MAX_REPORT_BYTES = 1_000_000
_HARNESS = Path(__file__).with_name("harness.py")
_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives")
_ENVIRONMENT = {
    "HOME": "/tmp/home",  # noqa: S108 - the sandbox's own temporary folder
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8",
}


def run(program: Program, limits: Limits) -> Verdict:
    """Run ``program`` and tell what happened. Blocks until it has ended; raises nothing."""
    here = isolation()
    if here.bwrap is None:
        return _verdict(_Outcome("refused", stderr=here.name), here.name)
    devices = _gpu_devices() if program.device != "cpu" else []
    if program.device == "cuda" and not devices:
        return _verdict(_Outcome("refused", stderr="GPU: not run on this machine"), here.name)
    try:
        with tempfile.TemporaryDirectory(prefix="torchtutor-") as folder:
            Path(folder, "main.py").write_bytes(program.code.encode("utf-8", "surrogatepass"))
            return _verdict(_Run(_command(here.bwrap, folder, devices, limits), program, limits).outcome(), here.name)
    except OSError as error:
        return _verdict(_Outcome("sandbox_error", stderr=str(error)), here.name)


def _gpu_devices() -> list[str]:
    return [str(path) for path in Path("/dev").glob("nvidia*")]


@dataclass(slots=True)
class _Outcome:
    status: Status
    stdout: str = ""
    stderr: str = ""
    duration_ms: float = 0.0
    truncated: bool = False
    report: dict[str, Any] = field(default_factory=dict)


def _verdict(outcome: _Outcome, isolation_name: str) -> Verdict:
    report = outcome.report
    return Verdict(
        status=outcome.status,
        stdout=outcome.stdout,
        stderr=outcome.stderr,
        error=SnippetError(**report["error"]) if report.get("error") else None,
        warnings=tuple(report.get("warnings", ())),
        duration_ms=outcome.duration_ms,
        queue_ms=0.0,
        peak_memory_mb=report.get("peak_memory_mb", 0.0),
        device=report.get("device", "cpu"),
        device_name=report.get("device_name") or _cpu_name(),
        torch_version=torch_version(),
        python_version=platform.python_version(),
        isolation=isolation_name,
        stand_ins=tuple(report.get("stand_ins", ())),
        artifacts=(),
        truncated=outcome.truncated,
        verified_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _command(bwrap: str, folder: str, devices: list[str], limits: Limits) -> list[str]:
    """The bubblewrap command line, but for the report's descriptor, which comes last."""
    command = [bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name, value in _ENVIRONMENT.items():
        command += ["--setenv", name, value]
    prefixes = {os.path.realpath(path) for path in (sys.prefix, sys.base_prefix)}
    for path in (*_SYSTEM_FOLDERS, *sorted(prefixes)):
        if Path(path).is_symlink():
            command += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            command += ["--ro-bind", path, path]
    for path in devices:
        command += ["--dev-bind", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(limits.files_mb << 20), "--tmpfs", "/tmp"]  # noqa: S108
    command += ["--dir", "/tmp/home", "--ro-bind", str(_HARNESS), "/harness.py"]  # noqa: S108
    command += ["--ro-bind", f"{folder}/main.py", "/tmp/main.py", "--chdir", "/tmp", "--remount-ro", "/"]  # noqa: S108
    return [*command, sys.executable, "/harness.py"]


class _Run:
    """One bubblewrap process, its output drained and its process tree watched."""

    def __init__(self, command: list[str], program: Program, limits: Limits) -> None:
        self._limits = limits
        self._broken: tuple[Status, str] | None = None
        report_end, self._report_write = os.pipe()
        self._report = os.fdopen(report_end, "rb")
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            [*command, str(self._report_write)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[self._report_write],
        )
        os.close(self._report_write)
        self._pieces: dict[str, bytes] = {}
        self._truncated = False
        cap = limits.output_kb << 10
        self._readers = [
            self._background(self._drain, "stdout", self._process.stdout, cap),
            self._background(self._drain, "stderr", self._process.stderr, cap),
            self._background(self._drain, "report", self._report, MAX_REPORT_BYTES),
        ]
        self._background(self._feed, program.stdin.encode("utf-8", "replace"))

    @staticmethod
    def _background(target: Any, *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread

    def _drain(self, name: str, stream: IO[bytes], cap: int) -> None:
        """Keep the first ``cap`` bytes and read on, so that a flood blocks nothing."""
        kept = b""
        with stream:
            while piece := stream.read1(65536):  # type: ignore[attr-defined]
                self._truncated |= name != "report" and len(kept) + len(piece) > cap
                kept = (kept + piece)[:cap]
                self._pieces[name] = kept

    def _feed(self, stdin: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as stream:
            stream.write(stdin)

    def outcome(self) -> _Outcome:
        while self._process.poll() is None:
            self._broken = self._broken_limit()
            if self._broken is not None:
                self._process.kill()
                self._process.wait()
                break
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(WATCH_SECONDS)
        duration_ms = (time.monotonic() - self._started) * 1000
        for reader in self._readers:
            reader.join(timeout=5)
        report = self._parsed_report()
        status, reason = self._broken or (_status(self._process.returncode, report), "")
        stderr = self._text("stderr") + reason
        return _Outcome(status, self._text("stdout"), stderr, duration_ms, self._truncated, report)

    def _broken_limit(self) -> tuple[Status, str] | None:
        if time.monotonic() - self._started > self._limits.seconds:
            return "timed_out", f"stopped after {self._limits.seconds:g} s"
        tree = list(_descendants(self._process.pid))
        if len(tree) > self._limits.processes:
            return "over_limit", f"more than {self._limits.processes} processes"
        if sum(map(_resident_bytes, tree)) > self._limits.memory_mb << 20:
            return "out_of_memory", f"more than {self._limits.memory_mb} MB of memory"
        return None

    def _text(self, name: str) -> str:
        return self._pieces.get(name, b"").decode("utf-8", "replace")

    def _parsed_report(self) -> dict[str, Any]:
        try:
            report = json.loads(self._pieces.get("report", b"{}"))
        except ValueError:
            return {}
        return report if isinstance(report, dict) else {}


def _status(returncode: int, report: dict[str, Any]) -> Status:
    if report.get("error"):
        return "failed"
    if report.get("ended") and returncode == 0:
        return "passed"
    signal = returncode - 128 if returncode > 128 else -returncode
    if signal == 9:
        return "killed"
    return "crashed" if 0 < signal < 65 else "exited_early"


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in map(int, children):
            yield child
            yield from _descendants(child)


def _resident_bytes(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


@cache
def _cpu_name() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
