"""Who runs next: a bounded number at once, people before background work, each kind in the order of asking.

::

    TutorError
    └── Busy    all slots are taken and too many wait already
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from corpus.errors import TutorError

LOOK_SECONDS = 0.1


class Busy(TutorError):
    """Too many programs wait already.

    Args:
        retry_after: seconds after which a slot is likely to be free.
    """

    def __init__(self, waiting: int, retry_after: int) -> None:
        super().__init__(f"{waiting} programs wait to be run already; try again in {retry_after} s")
        self.retry_after = retry_after


class Slots:
    """``count`` runs at once; up to ``waiting`` of people's runs wait, any number of background ones."""

    def __init__(self, count: int, waiting: int) -> None:
        self._free = count
        self._most = waiting
        self._changed = threading.Condition()
        self._people: deque[object] = deque()
        self._background: deque[object] = deque()

    @property
    def waiting(self) -> int:
        """How many of people's runs wait."""
        return len(self._people)

    def ensure_room(self, seconds: float) -> None:
        """Refuse now what :meth:`take` would refuse.

        Raises:
            Busy: too many wait.
        """
        if not self._free and len(self._people) >= self._most:
            raise Busy(len(self._people), max(1, round(seconds)))

    @contextmanager
    def take(self, *, background: bool, seconds: float, cancelled: Callable[[], bool]) -> Iterator[bool]:
        """Hold a slot; yields whether there is one: not where ``cancelled`` came first.

        Args:
            seconds: how long a run may take, for the estimate in :class:`Busy`.

        Raises:
            Busy: too many wait.
        """
        taken = self._wait(background, seconds, cancelled)
        try:
            yield taken
        finally:
            if taken:
                with self._changed:
                    self._free += 1
                    self._changed.notify_all()

    def _wait(self, background: bool, seconds: float, cancelled: Callable[[], bool]) -> bool:
        ticket = object()
        queue = self._background if background else self._people
        with self._changed:
            if not background:
                self.ensure_room(seconds)
            queue.append(ticket)
            try:
                while not self._free or queue[0] is not ticket or (background and self._people):
                    if cancelled():
                        return False
                    self._changed.wait(LOOK_SECONDS)
                self._free -= 1
                return True
            finally:
                queue.remove(ticket)
                self._changed.notify_all()
