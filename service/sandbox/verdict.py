"""What the sandbox says of a run."""

from dataclasses import dataclass
from typing import Literal

Status = Literal[
    "passed",  # the end was reached and the process ended with 0
    "failed",  # an exception reached the top; `error` tells it
    "exited_early",  # sys.exit, os._exit or exec before the end
    "timed_out",
    "out_of_memory",
    "over_limit",  # another limit; `stderr` names it
    "crashed",  # a signal of its own doing, a segmentation fault say
    "killed",  # ended from outside, not for a limit
    "refused",  # not run: `stderr` says why and what to do
    "sandbox_error",  # the sandbox itself failed; says nothing about the code
]


@dataclass(frozen=True, slots=True)
class SnippetError:
    """The exception that ended a run; ``line`` is the snippet's own, 1-based."""

    type: str
    message: str
    line: int | None
    traceback: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A picture that a run left."""

    name: str
    media_type: str
    base64: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one run.

    Args:
        warnings: Python warnings, ``"DeprecationWarning: …"`` each.
        duration_ms: from the start of the run to its end.
        queue_ms: how long it waited before that.
        device: ``"cpu"``, or ``"cuda"`` where the run used it.
        isolation: how the run was kept in.
        stand_ins: what was supplied in place of a download or a missing part.
        truncated: whether output was cut at the limit.
        verified_at: ISO 8601, UTC.
    """

    status: Status
    stdout: str
    stderr: str
    error: SnippetError | None
    warnings: tuple[str, ...]
    duration_ms: float
    queue_ms: float
    peak_memory_mb: float
    device: str
    device_name: str
    torch_version: str
    python_version: str
    isolation: str
    stand_ins: tuple[str, ...]
    artifacts: tuple[Artifact, ...]
    truncated: bool
    verified_at: str
