"""What was observed → the verdict; pure but for the machine's name and the time."""

import errno
import platform
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from service.sandbox.inside.mounts import shared_mb
from service.sandbox.isolation import Isolation
from service.sandbox.limits import Limits
from service.sandbox.observed import Observed
from service.sandbox.torch_version import torch_version
from service.sandbox.verdict import Artifact, SnippetError, Status, Verdict
from service.sandbox.visible import visible

_NO_MEMORY = ("can't allocate memory", "CUDA out of memory", "Cannot allocate memory", "std::bad_alloc")
_NO_ROOM = ("No space left on device", "File too large")
_SHARED = ("shared memory", "file </torch_")  # so torch names what it shares between processes
_OWN_SIGNALS = "the program was ended by signal {}"


def verdict(observed: Observed, isolation: Isolation, limits: Limits, *, queue_seconds: float = 0.0) -> Verdict:
    """The verdict on a run."""
    status, reason = classify(observed, limits)
    report, told = observed.report, observed.told or {}
    stderr = observed.stderr
    if reason:
        stderr = f"{stderr.rstrip()}\n{reason}".lstrip("\n")
    return _verdict(
        status,
        isolation,
        stdout=observed.stdout,
        stderr=stderr,
        error=_error(report.get("error")) if status != "passed" else None,
        warnings=tuple(visible(str(text)) for text in _list(report.get("warnings"))),
        duration_ms=observed.seconds * 1000,
        queue_ms=queue_seconds * 1000,
        peak_memory_mb=max(observed.peak_bytes / 2**20, told.get("peak_kb", 0) / 1024),
        device="cuda" if report.get("device") == "cuda" else "cpu",
        device_name=visible(str(report.get("device_name") or "")) or cpu_name(),
        stand_ins=tuple(visible(str(text)) for text in _list(report.get("stand_ins"))),
        artifacts=tuple(_artifact(**picture) for picture in told.get("artifacts", ())),
        truncated=observed.truncated,
    )


def refused(reason: str, isolation: Isolation, *, status: Status = "refused") -> Verdict:
    """The verdict on what was not run."""
    return _verdict(status, isolation, stderr=reason)


def classify(observed: Observed, limits: Limits) -> tuple[Status, str]:
    """The status, and what to say of it beyond the program's own words."""
    if observed.broken is not None:
        return observed.broken
    if observed.told is None:
        return "sandbox_error", observed.fault
    exit_status = observed.told["status"]
    error = observed.report.get("error")
    if observed.reached_end and exit_status == 0:
        return "passed", ""
    if isinstance(error, dict):
        return _of_exception(error, limits)
    if exit_status == -9:
        return "killed", _OWN_SIGNALS.format("SIGKILL")
    if exit_status == -24:
        return "timed_out", "stopped for its processor time"
    if exit_status < 0:
        return "crashed", _OWN_SIGNALS.format(-exit_status)
    return "exited_early", f"the program left with status {exit_status} before its end was reached"


def _of_exception(error: dict[str, Any], limits: Limits) -> tuple[Status, str]:
    """An exception that tells of a limit is told as that limit."""
    kind, message, number = str(error.get("type")), str(error.get("message")), error.get("errno")
    if not error.get("compiled"):  # too deeply nested a source is a MemoryError, too
        return "failed", ""
    if kind == "MemoryError" or number == errno.ENOMEM or any(text in message for text in _NO_MEMORY):
        return "out_of_memory", f"no more memory could be had; the limit is {limits.memory_mb} MB"
    if any(text in message for text in _SHARED) and any(text in message for text in _NO_ROOM):
        return "over_limit", f"more than {shared_mb(limits.memory_mb)} MB of shared memory"
    if number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT) or any(text in message for text in _NO_ROOM):
        return "over_limit", f"more than {limits.files_mb} MB of files, or too many of them"
    if number == errno.EAGAIN or (kind == "RuntimeError" and "can't start new thread" in message):
        return "over_limit", f"more than {limits.processes} processes, or too many threads"
    if number == errno.EMFILE:
        return "over_limit", "too many open files"
    return "failed", ""


def _error(told: Any) -> SnippetError | None:
    if not isinstance(told, dict):
        return None
    line = told.get("line")
    return SnippetError(
        type=visible(str(told.get("type"))),
        message=visible(str(told.get("message"))),
        line=line if type(line) is int else None,
        traceback=visible(str(told.get("traceback"))),
    )


def _artifact(name: str, media_type: str, base64: str) -> Artifact:
    return Artifact(visible(name), media_type, base64)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _verdict(status: Status, isolation: Isolation, **fields: Any) -> Verdict:
    defaults: dict[str, Any] = {
        "stdout": "",
        "stderr": "",
        "error": None,
        "warnings": (),
        "duration_ms": 0.0,
        "queue_ms": 0.0,
        "peak_memory_mb": 0.0,
        "device": "cpu",
        "device_name": cpu_name(),
        "stand_ins": (),
        "artifacts": (),
        "truncated": False,
    }
    return Verdict(
        status=status,
        torch_version=torch_version(),
        python_version=platform.python_version(),
        isolation=isolation.name,
        verified_at=datetime.now(UTC).isoformat(timespec="seconds"),
        **{**defaults, **fields},
    )


@cache
def cpu_name() -> str:
    """The processor's name."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
