"""The program in a fresh ``__main__``, then one report: whether its end was reached, its exception, its warnings.

The program shares this process: what is here can be found and changed by it. Three things make a forged report hard: a
secret that must open it stays out of Python's objects, in memory that only a number names; what is called after the
program was bound before it; and how the process ended is told by its parent, not from here.
"""

import atexit
import builtins
import ctypes
import json
import linecache
import mmap
import os
import sys
import threading
import traceback
import types
import warnings
from typing import Any, NoReturn

from . import stand_ins

SECRET_BYTES = 32
MAX_MESSAGE = 10_000
MAX_TRACEBACK = 30_000
MAX_WARNINGS = 50


def execute(path: str, report_to: int, secret_from: int) -> NoReturn:
    """Run the program in the file ``path`` and end the process: 0 if its end was reached, else 1."""
    secret_at = _read_secret(secret_from)
    caught: list[str] = []
    module = _prepare(path, caught)
    own, getpid = os.getpid(), os.getpid
    leave, write, dumps, reveal = os._exit, os.write, json.dumps, ctypes.string_at
    finish, tell, list_devices = _finish, _told, _device
    error: BaseException | None = None
    early = ended = False
    try:
        with open(path, "rb") as file:
            source = file.read()
        linecache.cache[path] = (len(source), None, source.decode("utf-8", "replace").splitlines(True), path)
        exec(compile(source, path, "exec"), module.__dict__)  # noqa: S102 - running the program is the job
    except SystemExit:
        early = True
    except BaseException as raised:  # noqa: BLE001 - whatever the program raises is its outcome
        error = raised
    if getpid() != own:  # a fork that came to the end of the program: its parent reports
        finish()
        leave(1 if error is not None else 0)
    told = None
    try:
        finish()
        ended = error is None and not early
        told = tell(error, path) if error is not None else None
    except BaseException as raised:  # noqa: BLE001 - an exception while ending is an outcome, too
        told = told or {"type": type(raised).__name__, "message": "", "line": None, "traceback": "", "errno": None}
        ended = False
    device, device_name = list_devices()
    report = {
        "ended": ended,
        "error": told,
        "warnings": caught[:MAX_WARNINGS],
        "device": device,
        "device_name": device_name,
        "stand_ins": list(stand_ins.used),
    }
    data = reveal(secret_at, SECRET_BYTES) + dumps(report).encode("utf-8", "replace")
    while data:
        data = data[write(report_to, data) :]
    leave(0 if ended else 1)


def _read_secret(source: int) -> int:
    """The address of the secret, read into memory that no Python object stands for."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    nowhere, length, private = None, ctypes.c_size_t(mmap.PAGESIZE), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    address = libc.mmap(nowhere, length, mmap.PROT_READ | mmap.PROT_WRITE, private, -1, ctypes.c_long(0))
    if libc.read(source, ctypes.c_void_p(address), ctypes.c_size_t(SECRET_BYTES)) != SECRET_BYTES:
        os._exit(1)
    os.close(source)
    return int(address)


def _prepare(path: str, caught: list[str]) -> types.ModuleType:
    """Make the interpreter look as it does to a script: ``__main__``, arguments, path, warnings, random numbers."""
    stand_ins.install()
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=os.path.abspath(path), __builtins__=builtins)
    sys.modules["__main__"] = module
    for name in [name for name in sys.modules if name.partition(".")[0] == "inside"]:
        if not name.endswith("pictures"):  # matplotlib looks its backend up by name
            del sys.modules[name]
    sys.argv = [path]
    sys.path[0] = os.getcwd()
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115 - the program's own
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
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


def _finish() -> None:
    """What the interpreter does at its end, before the report and not after it."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _device() -> tuple[str, str]:
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "cuda", torch.cuda.get_device_name()
    return "cpu", ""


def _told(error: BaseException, path: str) -> dict[str, Any]:
    """The exception as data; the traceback starts at the program."""
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
    try:
        message = str(error)
        text = "".join(traceback.format_exception(kind, error, own))
    except Exception as second:  # noqa: BLE001 - the program's own __str__ may raise anything
        message = text = f"<the message could not be read: {type(second).__name__}>"
    return {
        "type": kind.__qualname__ if plain else f"{kind.__module__}.{kind.__qualname__}",
        "message": message[:MAX_MESSAGE],
        "line": line,
        "traceback": text[-MAX_TRACEBACK:],
        "errno": getattr(error, "errno", None) if isinstance(error, OSError) else None,
    }
