"""What ``torch.compile`` finds out about the C++ compiler, and the headers it has it read, prepared once for all.

Otherwise a program's first compilation takes many seconds: torch tries each instruction set by compiling and loading a
library, then has its own headers parsed anew for every kernel. A child of the template does this at leisure; programs
find the results in a folder that they can only read. What is not found there is done as ever.
"""

import json
import os
import signal
import time
from contextlib import suppress
from typing import Any

PREPARED = "/prepared"
_INDEX = f"{PREPARED}/index.json"
_GOING_ON = f"{PREPARED}/going-on"
_NICE = 5
_WAIT_SECONDS = 4.0
"""So long a program waits for what is being prepared, which is sooner done than what it would have to do instead."""


def install() -> None:
    """Let torch look here first; imports its compiler."""
    from torch._inductor import codecache, config, cpu_vec_isa

    config.cpp_cache_precompile_headers = True
    check = cpu_vec_isa.VecISA.check_build

    def precompile_header(header: str, command: str, **_: Any) -> Any:
        return _known().get(_header_key(header, command))  # without one, the header is read as it is

    def check_build(isa: Any, code: str) -> bool:
        found: bool | None = _awaited(_check_key(isa, code))
        return check(isa, code) if found is None else found

    codecache._precompile_header = precompile_header  # type: ignore[assignment]
    cpu_vec_isa.VecISA.check_build = check_build  # type: ignore[method-assign, assignment]


def prepare(not_for_it: int) -> None:
    """Have a child of this process find everything out, in the background; to be called before :func:`install`.

    Args:
        not_for_it: a descriptor that the child closes.
    """
    open(_GOING_ON, "w").close()
    if os.fork() == 0:
        try:
            os.close(not_for_it)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.nice(_NICE)
            _prepare()
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(_INDEX)  # what was taken for granted may be wrong
            raise
        finally:
            os.unlink(_GOING_ON)
            os._exit(0)


def _prepare() -> None:
    """Compile something and keep what that found out.

    That the compiler knows the processor's vectors is taken for granted, since it takes torch long to find out for each
    kind of them: if it does not, then this fails, nothing is kept, and each program finds out for itself.
    """
    import torch
    from torch._inductor import codecache, config, cpu_vec_isa

    found: dict[str, Any] = {}
    check, precompile = cpu_vec_isa.VecISA.check_build, codecache._precompile_header

    def precompile_header(header: str, command: str, **options: Any) -> str:
        path = found[_header_key(header, command)] = precompile(header, command, **options)
        return path

    def check_build(isa: Any, code: str) -> bool:
        works = found[_check_key(isa, code)] = code == cpu_vec_isa.VecISA._avx_code or check(isa, code)
        _keep(found)  # already: programs wait for these, not for the headers, which take longest
        return works

    config.cpp_cache_precompile_headers = True
    codecache._HEADER_DIR = PREPARED
    codecache._precompile_header = precompile_header  # type: ignore[assignment]
    cpu_vec_isa.VecISA.check_build = check_build  # type: ignore[method-assign, assignment]
    torch.compile(torch.sin)(torch.ones(64))
    _keep(found)


def _keep(found: dict[str, Any]) -> None:
    with open(f"{_INDEX}.new", "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.rename(f"{_INDEX}.new", _INDEX)


def _known() -> dict[str, Any]:
    """What has been found out so far."""
    try:
        with open(_INDEX, encoding="utf-8") as file:
            known: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        return {}
    return known


def _awaited(key: str) -> Any:
    """What is known of ``key``, or will be in a moment."""
    until = time.monotonic() + _WAIT_SECONDS
    while (value := _known().get(key)) is None and os.path.exists(_GOING_ON) and time.monotonic() < until:
        time.sleep(0.05)
    return value


def _header_key(header: str, command: str) -> str:
    return f"header {header} {command}"


def _check_key(isa: Any, code: str) -> str:
    return f"check {isa.build_arch_flags()} {code}"
