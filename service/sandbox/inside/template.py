"""The template: a process that has only imported torch, and forks one child for each program.

It never runs a parallel operation nor touches CUDA: a child of a process that has done either would hang. It ends when
the supervisor's end of its control socket is closed, whatever became of the supervisor, and everything in its process
namespace with it.
"""

import atexit
import fcntl
import gc
import json
import logging
import multiprocessing.util
import os
import select
import signal
import socket
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from . import compiling, linux, stand_ins
from .process import FILES, Order, start

MAX_ORDER = 65_536
PRELOADED = (
    "torch",
    "torch._dynamo",
    "torch._inductor.compile_fx",
    "torch.ao.quantization",
    "torch.distributed",
    "torch.export",
    "torch.func",
    "torch.jit",
    "torch.multiprocessing",
    "torch.nn.utils.parametrize",
    "torch.onnx",
    "torch.optim",
    "torch.profiler",
    "torch.sparse",
    "torch.utils.checkpoint",
    "torch.utils.data",
    "matplotlib.pyplot",
    "numpy",
    "onnx",
    "onnxscript",
    "PIL.Image",
    "asyncio",
    "cProfile",
    "pdb",
    "unittest.mock",
)


def main(config: str) -> None:
    """Serve orders as ``config`` (JSON) says; does not return.

    ``control`` is the control socket's descriptor, ``user`` the user and group to become (null: stay), ``own_proc``
    whether to mount /proc first, ``preload`` whether to import what snippets commonly use, ``first`` whether it is the
    first process of a namespace, started by bubblewrap: it then gets ready for ``torch.compile``, too.
    """
    settings = json.loads(config)
    if settings["own_proc"]:
        linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    if settings["user"] is not None:
        os.setgroups([])
        os.setgid(settings["user"])
        os.setuid(settings["user"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the terminal is the supervisor's to handle
    control = socket.socket(fileno=settings["control"])
    if settings["preload"]:
        with _ending_with(control):
            _preload()
            if settings["first"]:
                compiling.prepare(settings["control"])
                compiling.install()
            gc.collect()
            gc.freeze()  # the collector leaves these objects alone, so that their pages stay shared with the children
    control.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    _serve(control)


@contextmanager
def _ending_with(control: socket.socket) -> Iterator[None]:
    """Meanwhile this process ends as soon as the other end of ``control`` is closed, in the midst of an import too."""
    signal.signal(signal.SIGIO, lambda *_: os._exit(0))
    flags = fcntl.fcntl(control, fcntl.F_GETFL)
    fcntl.fcntl(control, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(control, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([control], [], [], 0)[0]:  # closed already: nothing is sent before this process is ready
        os._exit(0)
    yield
    fcntl.fcntl(control, fcntl.F_SETFL, flags)
    signal.signal(signal.SIGIO, signal.SIG_DFL)


def _preload() -> None:
    for name in PRELOADED:
        import_module(name)
    stand_ins.preload()
    _forget_exit_handlers()


def _forget_exit_handlers() -> None:
    """A child ends what the program began, not what this process did: that would cost it most of its time."""
    weakref.finalize._registry.clear()  # type: ignore[attr-defined]
    weakref.finalize._registered_with_atexit = False  # type: ignore[attr-defined]
    atexit._clear()
    atexit.register(logging.shutdown)
    atexit.register(multiprocessing.util._exit_function)  # type: ignore[attr-defined]


def _serve(control: socket.socket) -> None:
    while True:
        message, received, _, _ = socket.recv_fds(control, MAX_ORDER, len(FILES))
        if not message:
            os._exit(0)
        order, files = Order(**json.loads(message)), dict(zip(FILES, received, strict=True))
        try:
            child = os.fork()
        except OSError as error:
            os.write(files["outcome"], json.dumps({"fault": f"fork: {error.strerror}"}).encode())
        else:
            if child == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.close()
                start(order, files)
        for file in received:
            os.close(file)


if __name__ == "__main__":
    main(sys.argv[1])
