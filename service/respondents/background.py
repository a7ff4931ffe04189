"""Work in a thread whose results come one by one: Ctrl-C reaches whoever waits for them, not what is waited for."""

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class _Ended:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def drawn(work: Callable[[Callable[[T], None]], None]) -> Iterator[T]:
    """What ``work`` puts, as it comes; what it raises is raised here. It begins at once and goes on when nobody draws.

    Args:
        work: gets the function that takes its results.
    """
    arrived: SimpleQueue[Any] = SimpleQueue()

    def run() -> None:
        try:
            work(arrived.put)
        except BaseException as error:  # noqa: BLE001 - raised where the results are drawn
            arrived.put(_Ended(error))
        else:
            arrived.put(_Ended())

    threading.Thread(target=run, name="respondent", daemon=True).start()
    return _drain(arrived)


def _drain(arrived: "SimpleQueue[Any]") -> Iterator[Any]:
    while not isinstance(item := arrived.get(), _Ended):
        yield item
    if item.error is not None:
        raise item.error
