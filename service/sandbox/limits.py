"""How much a run may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings of one run; ``seconds`` count from its start, ``memory_mb`` is all its processes together."""

    seconds: float = 10.0
    memory_mb: int = 2048
    processes: int = 64
    output_kb: int = 64
    files_mb: int = 64
