"""A forked process in which a program finds nothing of ours: no frame above its own, nothing that the collector lists.

The program shares its process with the harness. Were it called by a function, it would find that function's variables
behind ``sys._getframe().f_back``, and could change what comes after its end. So it is run by C code alone: the process
is forked from a thread that works through a list of callables, and what hangs on that list is kept from the collector.
Who searches the memory of the process still finds it.
"""

import _thread
import ctypes
import gc
import operator
import os
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TypeVar

STACK_BYTES = 16 << 20

_T = TypeVar("_T")
Stage = Callable[[], object]
GUARD = next
"""Makes the calls of a guarded stage: it lets every exception pass, that which ends other iterations included."""


def fork(enter: Callable[[], list[Stage]]) -> int:
    """Fork; the child calls ``enter``, then the stages that it returns, the last of which ends the process.

    Returns:
        The child's process id, in the parent.
    """
    stages: list[Stage] = []
    made: list[int | OSError] = []
    forked = _thread.allocate_lock()

    def split() -> None:
        try:
            pid: int | OSError = os.fork()
        except OSError as error:
            pid = error
        if pid == 0:
            _thread.stack_size(0)
            stages.extend(enter())
            return
        made.append(pid)
        forked.release()
        raise SystemExit  # ends this thread

    stages.append(split)
    driven = (_one_by_one(stages), 0)
    assert split.__closure__ is not None, "it refers to the stages"
    hide(driven, split, split.__closure__, *split.__closure__)
    forked.acquire()
    _thread.stack_size(STACK_BYTES)
    _thread.start_new_thread(deque, driven)
    with forked:
        pid = made[0]
    if isinstance(pid, OSError):
        raise pid
    return pid


def guarded(first: Stage, then: Stage) -> Stage:
    """A stage that makes the second call if the first one returns.

    An exception goes to ``sys.unraisablehook``, which is told that :data:`GUARD` raised it; nothing is found from that,
    and, taking its argument as it is, it is not called with a tuple that the collector would list.
    """
    both = pairwise(_one_by_one([first, then]))
    hide(both)
    callback = ctypes.PYFUNCTYPE(None, ctypes.py_object)(GUARD)
    # called by its address, with an address, so that no object leads from one to the other
    address = ctypes.cast(callback, ctypes.c_void_p).value
    assert address is not None, "a callback has an address"
    hide(callback)
    return call(ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(address), id(both))


def call(function: Callable[..., object], *arguments: object) -> Stage:
    """A stage that calls ``function``, without a frame of Python's where that is written in C."""
    made = partial(function, *arguments)
    hide(made, made.args)
    return made


def _one_by_one(calls: list[Stage]) -> Iterator[object]:
    """An iterator that makes these calls; the list may grow meanwhile."""
    each = iter(calls)
    results = map(operator.call, each)
    hide(calls, each, results, *(part for part in gc.get_referents(results) if isinstance(part, tuple)))
    return results


def hidden(thing: _T) -> _T:
    hide(thing)
    return thing


def hide(*things: object) -> None:
    """Keep these from the collector's lists, and alive for good: some kinds expect to be listed when they end."""
    for thing in things:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
        if gc.is_tracked(thing):
            ctypes.pythonapi.PyObject_GC_UnTrack(ctypes.c_void_p(id(thing)))
