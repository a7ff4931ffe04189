"""The program in a fresh ``__main__``, then a report: its exception, its warnings.

The program shares this process: all that is here can be found and changed by it, and what the report tells of an
exception is no more than the program's word. Only two marks are believed: one is written when the program's end was
reached, one when all was done after that. They stand in memory that a fork does not inherit, and are written by C
code that is out of the program's sight (:mod:`apart`); the supervisor alone knows them.
"""

import atexit
import builtins
import json
import linecache
import mmap
import os
import sys
import threading
import traceback
import types
import warnings
from contextlib import suppress
from typing import Any

from . import stand_ins
from .apart import GUARD, Stage, call, guarded, hidden

MARK_BYTES = 32
MAX_MESSAGE = 10_000
MAX_TRACEBACK = 30_000
MAX_WARNINGS = 50
_MADV_WIPEONFORK = 18
_OWN_MODULES = tuple(
    "inside" if name == "__init__.py" else f"inside.{name.removesuffix('.py')}"
    for name in os.listdir(os.path.dirname(__file__))
    if name != "pictures.py"  # matplotlib looks its backend up by name
)


class Harness:
    """One program's run, in stages."""

    def __init__(self, path: str, report_to: int) -> None:
        self._path = path
        self._report_to = report_to
        self._own = os.getpid()
        self._errors: list[BaseException] = []
        self._compiled = False
        self._warnings: list[str] = []

    def stages(self, marks_from: int) -> list[Stage]:
        """What is to be called, one after another; the last ends the process.

        Args:
            marks_from: the descriptor to read the two marks from; is closed.
        """
        reached, done = (call(os.write, self._report_to, _mark(marks_from)) for _ in range(2))
        os.close(marks_from)
        module = _prepare(self._path, self._warnings)
        try:
            code = self._compile()
        except BaseException as error:  # noqa: BLE001 - whatever compiling raises is the program's outcome
            self._errors.append(error)
            return [self._finish, self._leave]
        self._compiled = True
        self._hear()
        program = guarded(call(exec, code, module.__dict__), reached)
        return [program, guarded(self._finish, done), guarded(self._leave, done), call(os._exit, 1)]

    def _compile(self) -> types.CodeType:
        with open(self._path, "rb") as file:
            source = file.read()
        lines = source.decode("utf-8", "replace").splitlines(True)
        linecache.cache[self._path] = (len(source), None, lines, self._path)
        return compile(source, self._path, "exec")

    def _hear(self) -> None:
        """Learn what the program raises."""
        usual = sys.unraisablehook

        def unraisable(raised: Any) -> None:
            # from Python 3.13 on only the message names what raised
            if raised.object is GUARD or (raised.object is None and repr(GUARD) in (raised.err_msg or "")):
                self._errors.append(raised.exc_value)
            else:
                usual(raised)

        sys.unraisablehook = unraisable

    def _finish(self) -> None:
        """What the interpreter does at its end, and the report."""
        for part in (self._say_why, threading._shutdown, atexit._run_exitfuncs, _flush):  # type: ignore[attr-defined]
            with suppress(BaseException):  # as the interpreter would, and nobody is left to be told
                part()
        if os.getpid() != self._own:  # a fork that came to the end of the program: its parent reports
            return
        data = self._report()
        with suppress(BaseException):
            while data:
                data = data[os.write(self._report_to, data) :]

    def _say_why(self) -> None:
        """``sys.exit("why")`` prints it."""
        error = self._errors[0] if self._errors else None
        if isinstance(error, SystemExit) and _leaves(error) and not isinstance(error.code, int | None):
            print(error.code, file=sys.stderr)

    def _report(self) -> bytes:
        """One line; what the program left broken is left out of it."""
        error = self._errors[0] if self._errors else None
        report: dict[str, Any] = {"error": None}
        with suppress(BaseException):
            report["error"] = None if error is None or _leaves(error) else self._told(error)
            device, device_name = _device()
            report.update(device=device, device_name=device_name, stand_ins=list(stand_ins.used))
            report["warnings"] = self._warnings[:MAX_WARNINGS]
            return b"\n" + json.dumps(report).encode("utf-8", "replace") + b"\n"
        return b'\n{"error": {"type": "unknown"}}\n' if error is not None else b"\n{}\n"

    def _leave(self) -> None:
        error = self._errors[0] if self._errors else None
        status = error.code if isinstance(error, SystemExit) and _leaves(error) else int(error is not None)
        os._exit(status & 0xFF if isinstance(status, int) else int(status is not None))

    def _told(self, error: BaseException) -> dict[str, Any]:
        """The exception as data; the traceback starts at the program."""
        try:
            return _as_data(error, self._path, compiled=self._compiled)
        except BaseException as second:  # noqa: BLE001 - the program's own __str__ may raise anything
            message = f"<the exception could not be read: {type(second)!s:.100}>"
            kind = type.__dict__["__name__"].__get__(type(error))
            return {"type": kind, "message": message, "line": None, "traceback": "", "errno": None, "compiled": True}


def _leaves(error: BaseException) -> bool:
    """Whether it is a SystemExit, and does not only say so."""
    return issubclass(type(error), SystemExit)


def _mark(source: int) -> mmap.mmap:
    """A mark, in memory that is empty in every fork."""
    memory = hidden(mmap.mmap(-1, MARK_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    if sys.platform == "linux":
        try:
            memory.madvise(_MADV_WIPEONFORK)
        except OSError:  # gVisor knows this one only: a fork that comes to the end fails there
            memory.madvise(mmap.MADV_DONTFORK)
    if os.readv(source, [memory]) != MARK_BYTES:
        os._exit(1)
    return memory


def _prepare(path: str, caught: list[str]) -> types.ModuleType:
    """Make the interpreter look as it does to a script: ``__main__``, arguments, path, warnings, random numbers."""
    stand_ins.install()
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=os.path.abspath(path), __builtins__=builtins)
    sys.modules["__main__"] = module
    for name in _OWN_MODULES:  # not by going through all modules: each name touched is a page of memory copied
        sys.modules.pop(name, None)
    sys.argv = [path]
    sys.path[0] = os.getcwd()
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115 - the program's own
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115

    def keep(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if len(caught) < MAX_WARNINGS:
            caught.append(f"{category.__name__}: {str(message)[:MAX_MESSAGE]}")

    warnings.showwarning = keep
    _seed_anew()
    return module


def _seed_anew() -> None:
    """A forked process has its parent's random numbers; Python's own are seeded by the interpreter."""
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if torch := sys.modules.get("torch"):
        torch.default_generator.seed()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _device() -> tuple[str, str]:
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "cuda", torch.cuda.get_device_name()
    return "cpu", ""


def _as_data(error: BaseException, path: str, *, compiled: bool) -> dict[str, Any]:
    places = {path, os.path.abspath(path)}
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename not in places:
        frame = frame.tb_next
    own, line = frame, None
    while frame is not None:
        if frame.tb_frame.f_code.co_filename in places:
            line = frame.tb_lineno
        frame = frame.tb_next
    if isinstance(error, SyntaxError) and error.filename in places:
        line = error.lineno
    kind = type(error)
    plain = kind.__module__ in ("builtins", "__main__")
    name = kind.__qualname__ if plain else f"{kind.__module__}.{kind.__qualname__}"
    text = "".join(traceback.format_exception(kind, error, own))
    return {
        "type": "".join([name])[:MAX_MESSAGE],  # joined, a subclass of str becomes a plain one
        "message": "".join([str(error)])[:MAX_MESSAGE],
        "line": line if type(line) is int else None,
        "traceback": text[-MAX_TRACEBACK:],
        "errno": error.errno if isinstance(error, OSError) and type(error.errno) is int else None,
        "compiled": compiled,
    }
