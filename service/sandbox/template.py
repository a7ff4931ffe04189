"""The template process seen from outside: how it is started, given orders, and ended.

It is a fresh Python with a command line of its own, not a fork of the service. It ends when its control socket closes,
so nothing outlives a service that is killed.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from service.sandbox.bubblewrap import DATA, INSIDE, command_line
from service.sandbox.inside.mounts import TORCH_HOME
from service.sandbox.inside.process import Order
from service.sandbox.isolation import Isolation

START_SECONDS = 120.0
STOP_SECONDS = 5.0
_START = "import sys; sys.path.append(sys.argv[1]); from inside import template; template.main(sys.argv[2])"
_THREADS = str(min(4, os.cpu_count() or 1))
_HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONMALLOC": "malloc"}
"""Of the template alone: its memory in huge pages, whose tables are copied several times faster at each fork."""


def environment(folder: str) -> dict[str, str]:
    """All that a program, started in ``folder``, sees of an environment."""
    return {
        "HOME": f"{folder}/home",
        "LANG": "C.UTF-8",
        "LOGNAME": "tutor",
        "MPLBACKEND": "module://inside.pictures",
        "MPLCONFIGDIR": f"{folder}/home/matplotlib",
        "OMP_NUM_THREADS": _THREADS,
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait slow all runs down where cores are shared
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "TMPDIR": folder,
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS": "0",  # takes longer, once, than a program's few kernels
        "TORCH_HOME": TORCH_HOME if folder == "/tmp" else f"{folder}/home/torch",  # noqa: S108 - the sandbox's own
        "USER": "tutor",
    }


class TemplateFailed(Exception):
    """The template did not start, or ended; the message says what it printed last."""


class Template:
    """A running template.

    Args:
        devices: device files to be seen inside.
        hidden: what is not to be seen, wherever it is.
        preload: whether it imports ahead what snippets commonly use: seconds once, for tenths of one at each run.
    """

    def __init__(
        self,
        isolation: Isolation,
        *,
        devices: tuple[str, ...] = (),
        hidden: tuple[Path, ...] = (),
        preload: bool = True,
    ) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM
        self._control, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self._sending = threading.Lock()
        self._ready = threading.Event()
        self.isolation = isolation
        self.devices = devices
        self.orders = 0
        config = {
            "control": theirs.fileno(),
            "user": isolation.user,
            "own_proc": isolation.user is not None,
            "preload": preload,
            "first": isolation.bwrap is not None,
        }
        data = {path: _readable(text.encode()) for path, text in DATA.items()} if isolation.bwrap else {}
        start = [sys.executable, "-c", _START]
        if isolation.bwrap is not None:
            variables = {**environment("/tmp"), **_HUGE_PAGES}  # noqa: S108
            outside = command_line(isolation, devices, hidden, variables, data)
            command = [*outside, *start, "/sandbox", json.dumps(config)]
        else:
            command = [*start, str(INSIDE.parent), json.dumps(config)]
        scratch = {**environment(tempfile.gettempdir()), **_HUGE_PAGES}
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=scratch,
                pass_fds=[theirs.fileno(), *data.values()],
                start_new_session=True,
            )
        except OSError as error:
            self._log.close()
            self._control.close()
            raise TemplateFailed(f"{command[0]}: {error.strerror}") from error
        finally:
            theirs.close()
            for file in data.values():
                os.close(file)

    def wait_until_ready(self) -> None:
        """Block until it takes orders.

        Raises:
            TemplateFailed: it does not, within :data:`START_SECONDS`.
        """
        if self._ready.is_set():
            return
        with self._sending:
            if not self._ready.is_set():
                try:
                    self._control.settimeout(START_SECONDS)
                    ready = self._control.recv(16)
                    self._control.settimeout(None)
                except OSError as error:
                    raise TemplateFailed(f"the template did not start: {error}; {self._last_words()}") from error
                if not ready:
                    raise TemplateFailed(f"the template ended: {self._last_words()}")
                self._ready.set()

    def send(self, order: Order, files: list[int]) -> None:
        """Have it run ``order``; the descriptors stay the caller's.

        Raises:
            TemplateFailed: it has ended.
        """
        self.wait_until_ready()
        try:
            with self._sending:
                self.orders += 1
                socket.send_fds(self._control, [json.dumps(asdict(order)).encode()], files)
        except OSError as error:
            raise TemplateFailed(f"the template ended: {self._last_words()}") from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the outermost process."""
        return self._process.pid

    def close(self) -> None:
        """End it, with whatever it runs."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        with suppress(ValueError):
            self._log.seek(0)
            return self._log.read().decode("utf-8", "replace")[-2000:].strip()
        return ""


def _readable(data: bytes) -> int:
    """A descriptor to read ``data`` from, which fits into a pipe."""
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    return read
