"""What a run takes, held against its limits, as seen from outside."""

import os
import time
from contextlib import suppress
from pathlib import Path

from service.sandbox.limits import THREADS_A_PROCESS, Limits
from service.sandbox.processes import Usage, descendants, proportional_bytes, usage
from service.sandbox.verdict import Status

CROWD = 16
"""With more threads than this a run comes last for the processors: they are shared out by threads, not by runs."""
_LAST = 19
_REST_A_COUNT = 3
"""A count of memory is followed by a rest of so many times its length, unless it may have grown over the limit."""


class Meter:
    """Looks at the processes below one, as often as it is asked."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._counted = self._resident_then = 0
        self._count_again = 0.0
        self.peak_bytes = 0

    def broken_limit(self, root: int) -> tuple[Status, str] | None:
        """The limit that the processes below ``root`` have broken, and what to say of it."""
        tree, limits = list(descendants(root)), self._limits
        used = usage(tree)
        if used.threads > CROWD:
            _put_last(tree)
        if used.processes > limits.processes:
            return "over_limit", f"more than {limits.processes} processes"
        if used.threads > limits.processes * THREADS_A_PROCESS:
            return "over_limit", f"more than {limits.processes * THREADS_A_PROCESS} threads"
        self.peak_bytes = max(self.peak_bytes, self._memory(tree, used))
        if self.peak_bytes > limits.memory_mb << 20:
            return "out_of_memory", f"more than {limits.memory_mb} MB of memory"
        return None

    def _memory(self, tree: list[int], used: Usage) -> int:
        """Bytes; where many processes share much, counting takes long, so that it is done no more often than needed."""
        limit = self._limits.memory_mb << 20
        if used.processes <= 1 or used.resident <= limit:
            return used.resident if used.processes == 1 else 0
        if time.monotonic() < self._count_again and self._counted + used.resident - self._resident_then <= limit:
            return self._counted
        began = time.monotonic()
        self._counted, self._resident_then = proportional_bytes(tree), used.resident
        ended = time.monotonic()
        self._count_again = ended + _REST_A_COUNT * (ended - began)
        return self._counted


def _put_last(tree: list[int]) -> None:
    for pid in tree:
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):  # it has ended, or belongs to a user whom this one may not command
                    os.setpriority(os.PRIO_PROCESS, int(task.name), _LAST)
