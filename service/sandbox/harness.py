"""Runs inside the sandbox, as its own process: the program in a fresh ``__main__``, then one report.

Only the standard library is imported here. The report goes to the descriptor in ``argv[1]`` as one JSON object. The
program shares the process and could write there too: in this form a verdict is as honest as the program.
"""

import importlib.abc
import json
import linecache
import os
import resource
import sys
import traceback
import types
import warnings
from pathlib import Path
from typing import Any

PROGRAM = "main.py"


class TorchvisionOperators(importlib.abc.MetaPathFinder):
    """Lets ``import torchvision`` work over a torch without CUDA.

    The packaged torchvision is a CUDA build whose compiled part does not load there; the schemas of two operators that
    its Python part refers to are declared, the operators themselves stay absent.
    """

    def __init__(self, stand_ins: list[str]) -> None:
        self._stand_ins = stand_ins

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname == "torchvision" and not self._stand_ins:
            import torch

            if torch.version.cuda is None:
                library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
                for name in ("nms", "qnms"):
                    library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
                self._library = library  # its declarations live as long as it does
                self._stand_ins.append("torchvision's compiled operators")


def told(error: BaseException, source_name: str) -> dict[str, Any]:
    """The exception as data; the traceback starts at the program."""
    line, frame = None, error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename != source_name:
        frame = frame.tb_next
    own = frame
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == source_name:
            line = frame.tb_lineno
        frame = frame.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno
    kind = type(error)
    name = (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )
    text = "".join(traceback.format_exception(kind, error, own))
    return {"type": name, "message": str(error), "line": line, "traceback": text}


def main() -> None:
    report_to = int(sys.argv[1])
    sys.argv = [PROGRAM]
    sys.path[0] = ""
    stand_ins: list[str] = []
    caught: list[str] = []
    sys.meta_path.insert(0, TorchvisionOperators(stand_ins))
    warnings.showwarning = lambda message, category, *_, **__: caught.append(f"{category.__name__}: {message}")
    module = types.ModuleType("__main__")
    module.__file__ = PROGRAM
    sys.modules["__main__"] = module
    error, ended = None, False
    try:
        source = Path(PROGRAM).read_text(encoding="utf-8")
        linecache.cache[PROGRAM] = (len(source), None, source.splitlines(True), PROGRAM)
        exec(compile(source, PROGRAM, "exec"), module.__dict__)  # noqa: S102 - running the program is the job
        ended = True
    except SystemExit:
        pass
    except BaseException as raised:  # noqa: BLE001 - whatever the program raises is its outcome
        error = told(raised, PROGRAM)
    torch: Any = sys.modules.get("torch")
    cuda = torch is not None and torch.cuda.is_initialized()
    usage = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    report = {
        "ended": ended,
        "error": error,
        "warnings": caught,
        "peak_memory_mb": usage / 1024,
        "device": "cuda" if cuda else "cpu",
        "device_name": torch.cuda.get_device_name() if cuda else "",
        "stand_ins": stand_ins,
    }
    sys.stdout.flush()
    os.write(report_to, json.dumps(report).encode())
    os.close(report_to)
    if error is not None or not ended:
        sys.exit(1)


if __name__ == "__main__":
    main()
