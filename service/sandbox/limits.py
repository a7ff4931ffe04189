"""How much a run may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings of one run.

    Args:
        seconds: from its start; waiting for a slot is not counted.
        memory_mb: of all its processes together, what they share counted once.
        processes: at once; threads are limited to :data:`THREADS_A_PROCESS` times as many.
        output_kb: of each of the two streams; more is read and left out.
        files_mb: in its temporary folder.
    """

    seconds: float = 10.0
    memory_mb: int = 2048
    processes: int = 64
    output_kb: int = 64
    files_mb: int = 64


THREADS_A_PROCESS = 4
MAX_SOCKETS = 1024
