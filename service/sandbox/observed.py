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
        report: what the harness says; empty where it said nothing that can be believed.
    """

    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    seconds: float = 0.0
    peak_bytes: int = 0
    broken: tuple[Status, str] | None = None
    fault: str = ""
    told: dict[str, Any] | None = None
    report: dict[str, Any] = field(default_factory=dict)
