"""What is seen of a run from outside; nothing but data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from service.sandbox.verdict import Status

OnOutput = Callable[[Literal["stdout", "stderr"], str], None]


@dataclass(slots=True)
class Observed:
    """What was seen of one run.

    Args:
        broken: the limit that ended it, with its reason.
        fault: what failed of the sandbox itself.
        told: what the snippet's parent says of its end; ``None`` where the run was ended from here.
        reached_end: whether the program's end was reached, and all was done that comes after it.
        report: what the harness says besides, or the program in its place: to be shown, not to be believed.
    """

    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    seconds: float = 0.0
    peak_bytes: int = 0
    broken: tuple[Status, str] | None = None
    fault: str = ""
    told: dict[str, Any] | None = None
    reached_end: bool = False
    report: dict[str, Any] = field(default_factory=dict)
