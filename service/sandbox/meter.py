"""What a run takes, held against its limits, as seen from outside.

Nothing here waits for the processes that it looks at: a crowd that forks and ends all the time keeps its memory locked,
and who reads how that is shared waits for the lock. So that is read by a thread beside.
"""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from service.sandbox.limits import MAX_SOCKETS, THREADS_A_PROCESS, Limits
from service.sandbox.processes import Usage, descendants, proportional_bytes, sockets, usage
from service.sandbox.verdict import Status

CROWD = 16
"""With more threads than this a run comes last for the processors: they are shared out by threads, not by runs."""
_LAST = 19
_REST_A_COUNT = 3
"""A count of memory is followed by a rest of so many times its length, unless it may have grown over the limit."""
_SLOW_SECONDS = 2.0
"""After so long a count a crowd has no benefit of doubt if its memory, without what each has of the first one's, adds
up to more than the limit :data:`_DOUBT` times."""
_DOUBT = 2


class Meter:
    """Looks at the processes below one, as often as it is asked.

    Args:
        own_network: whether they have a network namespace of their own.
    """

    def __init__(self, limits: Limits, *, own_network: bool) -> None:
        self._limits = limits
        self._own_network = own_network
        self._count: _Count | None = None
        self._counted = self._resident_then = 0
        self._count_again = 0.0
        self.peak_bytes = 0

    def broken_limit(self, root: int) -> tuple[Status, str] | None:
        """The limit that the processes below ``root`` have broken, and what to say of it."""
        tree, limits = list(descendants(root)), self._limits
        if len(tree) > limits.processes:
            return "over_limit", f"more than {limits.processes} processes"
        used = usage(tree)
        if used.threads > limits.processes * THREADS_A_PROCESS:
            return "over_limit", f"more than {limits.processes * THREADS_A_PROCESS} threads"
        if self._own_network and sockets(root) > MAX_SOCKETS:
            return "over_limit", f"more than {MAX_SOCKETS} sockets"
        if used.threads > CROWD:
            _put_last(tree)
        self.peak_bytes = max(self.peak_bytes, self._memory(root, tree, used))
        if self.peak_bytes > limits.memory_mb << 20:
            return "out_of_memory", f"more than {limits.memory_mb} MB of memory"
        return None

    def _memory(self, root: int, tree: list[int], used: Usage) -> int:
        """Bytes, as far as is known; where many processes share much, counting takes long: it is done when needed."""
        limit = self._limits.memory_mb << 20
        if self._count is not None:
            if self._count.result is None:
                apart = used.resident - (used.processes - 1) * usage([root]).resident
                return apart if self._count.slow and apart > _DOUBT * limit else 0
            self._counted, self._resident_then = self._count.result, self._count.resident
            self._count_again = time.monotonic() + _REST_A_COUNT * self._count.seconds
            self._count = None
            return self._counted
        if used.processes <= 1 or used.resident <= limit:
            return used.resident if used.processes == 1 else 0
        if time.monotonic() >= self._count_again or self._counted + used.resident - self._resident_then > limit:
            self._count = _Count(tree, used.resident)
        return 0


class _Count:
    """A count that is going on, or done."""

    def __init__(self, tree: list[int], resident: int) -> None:
        self.resident = resident
        self.result: int | None = None
        self.seconds = 0.0
        self._began = time.monotonic()
        threading.Thread(target=self._work, args=(tree,), name="memory count", daemon=True).start()

    @property
    def slow(self) -> bool:
        return time.monotonic() - self._began > _SLOW_SECONDS

    def _work(self, tree: list[int]) -> None:
        counted = proportional_bytes(tree)
        self.seconds = time.monotonic() - self._began
        self.result = counted


def _put_last(tree: list[int]) -> None:
    for pid in tree:
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):  # it has ended, or belongs to a user whom this one may not command
                    os.setpriority(os.PRIO_PROCESS, int(task.name), _LAST)
