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

from service.sandbox.inside.mounts import TORCH_HOME
from service.sandbox.inside.process import Order
from service.sandbox.isolation import SANDBOX_USER, Isolation

START_SECONDS = 120.0
STOP_SECONDS = 5.0
_INSIDE = Path(__file__).with_name("inside")
_START = "import sys; sys.path.append(sys.argv[1]); from inside import template; template.main(sys.argv[2])"
_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")
_DATA = {
    "/etc/hosts": "127.0.0.1 localhost sandbox\n",
    "/etc/nsswitch.conf": "hosts: files\npasswd: files\ngroup: files\n",
    "/etc/passwd": f"tutor:x:{SANDBOX_USER}:{SANDBOX_USER}::/tmp/home:/bin/sh\n",
    "/etc/group": f"tutor:x:{SANDBOX_USER}:\n",
}
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
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "TMPDIR": folder,
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "TORCH_HOME": TORCH_HOME if folder == "/tmp" else f"{folder}/home/torch",  # noqa: S108 - the sandbox's own
        "USER": "tutor",
    }


class TemplateFailed(Exception):
    """The template did not start, or ended; the message says what it printed last."""


class Template:
    """A running template.

    Args:
        devices: device files to be seen inside.
        preload: whether it imports ahead what snippets commonly use: seconds once, for tenths of one at each run.
    """

    def __init__(self, isolation: Isolation, *, devices: tuple[str, ...] = (), preload: bool = True) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM
        self._control, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self._sending = threading.Lock()
        self._ready = threading.Event()
        self.isolation = isolation
        self.orders = 0
        config = {
            "control": theirs.fileno(),
            "user": isolation.user,
            "own_proc": isolation.user is not None,
            "preload": preload,
        }
        data = {path: _readable(text.encode()) for path, text in _DATA.items()} if isolation.bwrap else {}
        start = [sys.executable, "-c", _START]
        if isolation.bwrap is not None:
            command = [*_bubblewrap(isolation, devices, data), *start, "/sandbox", json.dumps(config)]
        else:
            command = [*start, str(_INSIDE.parent), json.dumps(config)]
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
                self._control.settimeout(START_SECONDS)
                try:
                    ready = self._control.recv(16)
                except OSError as error:
                    raise TemplateFailed(f"the template did not start: {error}; {self._last_words()}") from error
                if not ready:
                    raise TemplateFailed(f"the template ended: {self._last_words()}")
                self._control.settimeout(None)
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


def _bubblewrap(isolation: Isolation, devices: tuple[str, ...], data: dict[str, int]) -> list[str]:
    """The command line up to the program: only Python and the system's folders, read-only; no network."""
    command = [str(isolation.bwrap), "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--unshare-cgroup-try", "--hostname", "sandbox", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    if isolation.user is not None:  # what it takes to mount /proc and to become that user; given up with it
        for capability in ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID"):
            command += ["--cap-add", capability]
    else:
        command += ["--unshare-user", "--uid", str(SANDBOX_USER), "--gid", str(SANDBOX_USER)]
    for name, value in {**environment("/tmp"), **_HUGE_PAGES}.items():  # noqa: S108 - the sandbox's own
        command += ["--setenv", name, value]
    command += _python_and_system()
    command += ["--dev", "/dev"]
    for path in devices:
        command += ["--dev-bind", path, path]
    if devices:
        command += ["--ro-bind", "/sys", "/sys"]  # where the driver looks its cards up
    command += ["--dir", "/proc"] if isolation.user is not None else ["--proc", "/proc"]
    for path, file in data.items():
        command += ["--perms", "0644", "--ro-bind-data", str(file), path]
    command += ["--ro-bind", str(_INSIDE), "/sandbox/inside", "--perms", "0755", "--dir", TORCH_HOME]
    command += ["--perms", "1777", "--tmpfs", "/tmp", "--chdir", "/tmp"]  # noqa: S108 - the sandbox's own
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/"]


def _python_and_system() -> list[str]:
    """Binds of what programs need of the host's files."""
    command = []
    prefixes = sorted({os.path.realpath(path) for path in (sys.prefix, sys.base_prefix)})
    # made ahead, since bubblewrap gives the folders above a mount point to root alone
    for folder in sorted({str(above) for prefix in prefixes for above in Path(prefix).parents if above != Path("/")}):
        command += ["--perms", "0755", "--dir", folder]
    for path in (*_SYSTEM_FOLDERS, *prefixes):
        if Path(path).is_symlink():
            command += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            command += ["--ro-bind", path, path]
    return command
