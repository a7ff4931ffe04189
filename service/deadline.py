"""Work that may stand still is waited for no longer than it may take.

::

    TutorError
    └── TimeIsUp    it was not done in time
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TypeVar

from corpus.errors import TutorError

Item = TypeVar("Item")


class TimeIsUp(TutorError):
    """It took too long."""


class Deadline:
    """When something must be done; it is over sooner where nobody waits for it any more."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, never less than 0."""
        return max(0.0, self._ends_at - time.monotonic())

    def let_go(self) -> None:
        self._ends_at = 0.0


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None = None


def within(deadline: Deadline, work: Callable[[], Generator[Item, None, None]]) -> Iterator[Item]:
    """The items of ``work``, which runs in a thread of its own, until the deadline, whatever it waits for then.

    The thread ends with its next item; what holds it up must look at the deadline itself.

    Raises:
        TimeIsUp: the deadline came first.
        Exception: what ``work`` raised.
    """
    arrived: SimpleQueue[Item | _End] = SimpleQueue()

    def run() -> None:
        end = _End()
        try:
            with closing(work()) as items:
                for item in items:
                    if not deadline.left:
                        end = _End(TimeIsUp("it took too long"))
                        break
                    arrived.put(item)
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            end = _End(error)
        arrived.put(end)

    threading.Thread(target=run, name="deadline", daemon=True).start()
    try:
        while True:
            try:
                item = arrived.get(timeout=deadline.left)
            except Empty:
                raise TimeIsUp("it took too long") from None
            if not isinstance(item, _End):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return
    finally:
        deadline.let_go()
