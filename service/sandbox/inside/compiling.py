"""What ``torch.compile`` finds out about the C++ compiler, and the headers it has it read, prepared once for all.

Otherwise a program's first compilation takes many seconds: torch tries each instruction set by compiling and loading a
library, then has its own headers parsed anew for every kernel. A child of the template does this at leisure; programs
find the results in a folder that they can only read. What is not found there is done as ever.
"""

import json
import os
import signal
from functools import cache
from typing import Any

PREPARED = "/prepared"
_INDEX = f"{PREPARED}/index.json"
_NICE = 10


def install() -> None:
    """Let torch look here first; imports its compiler."""
    from torch._inductor import codecache, config, cpu_vec_isa

    config.cpp_cache_precompile_headers = True
    check = cpu_vec_isa.VecISA.check_build

    def precompile_header(header: str, command: str, **_: Any) -> Any:
        return _known().get(_header_key(header, command))  # without one, the header is read as it is

    def check_build(isa: Any, code: str) -> bool:
        found: bool | None = _known().get(_check_key(isa, code))
        return check(isa, code) if found is None else found

    codecache._precompile_header = precompile_header  # type: ignore[assignment]
    cpu_vec_isa.VecISA.check_build = check_build  # type: ignore[method-assign, assignment]


def prepare(not_for_it: int) -> None:
    """Have a child of this process find everything out, in the background; to be called before :func:`install`.

    Args:
        not_for_it: a descriptor that the child closes.
    """
    if os.fork() == 0:
        try:
            os.close(not_for_it)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.nice(_NICE)
            _prepare()
        finally:
            os._exit(0)


def _prepare() -> None:
    import torch
    from torch._inductor import codecache, config, cpu_vec_isa

    found: dict[str, Any] = {}
    check, precompile = cpu_vec_isa.VecISA.check_build, codecache._precompile_header

    def precompile_header(header: str, command: str, **options: Any) -> str:
        path = found[_header_key(header, command)] = precompile(header, command, **options)
        return path

    def check_build(isa: Any, code: str) -> bool:
        works = found[_check_key(isa, code)] = check(isa, code)
        return works

    config.cpp_cache_precompile_headers = True
    codecache._HEADER_DIR = PREPARED
    codecache._precompile_header = precompile_header  # type: ignore[assignment]
    cpu_vec_isa.VecISA.check_build = check_build  # type: ignore[method-assign, assignment]
    torch.compile(torch.sin)(torch.ones(64))
    with open(f"{_INDEX}.new", "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.rename(f"{_INDEX}.new", _INDEX)


@cache
def _known() -> dict[str, Any]:
    try:
        with open(_INDEX, encoding="utf-8") as file:
            known: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        return {}
    return known


def _header_key(header: str, command: str) -> str:
    return f"header {header} {command}"


def _check_key(isa: Any, code: str) -> str:
    return f"check {isa.build_arch_flags()} {code}"
