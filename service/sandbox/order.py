"""What the template is told about one run, and the files that go with it."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from service.sandbox.bubblewrap import python_prefixes
from service.sandbox.inside.process import Order
from service.sandbox.isolation import Isolation
from service.sandbox.limits import THREADS_A_PROCESS, Limits
from service.sandbox.seccomp import seccomp_filter
from service.sandbox.template import environment

INSIDE_FOLDER = "/tmp"  # noqa: S108 - the sandbox's own
_SEALS = 0xF  # no more seals, no shrinking, growing or writing
DATA_A_PROCESS = 2
"""Times the memory limit, which is watched: so much the kernel lets one process have, however fast it takes it."""
SPARE_TASKS = 64
"""By so much the kernel's limit on tasks is above the one that is watched, which tells its reason."""


def make_order(isolation: Isolation, limits: Limits, folder: str, *, background: bool, with_gpu: bool) -> Order:
    """The order to run a program in ``folder``."""
    return Order(
        folder=folder,
        kept=[prefix for prefix in python_prefixes() if prefix.startswith(f"{INSIDE_FOLDER}/")],
        namespaces=isolation.mode == "namespaces",
        background=background,
        memory_mb=limits.memory_mb,
        tasks=limits.processes * THREADS_A_PROCESS + SPARE_TASKS,
        files_mb=limits.files_mb,
        data_mb=0 if with_gpu else DATA_A_PROCESS * limits.memory_mb,
        cpu_seconds=int(limits.seconds * (os.cpu_count() or 1)) + 5,
        filter=seccomp_filter(cuda=with_gpu).hex() if isolation.seccomp else "",
        landlock=(_to_read(), [folder, "/dev/shm", "/dev/null"]) if isolation.landlock else None,  # noqa: S108
        environment=environment(folder),
    )


@contextmanager
def work_folder(isolation: Isolation) -> Iterator[str]:
    """Where the program is put: a folder of its own, which in namespaces is fresh anyway."""
    if isolation.mode == "namespaces":
        yield INSIDE_FOLDER
        return
    folder = tempfile.mkdtemp(prefix="torchtutor-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def readable(stack: ExitStack, data: bytes) -> int:
    """A descriptor to read ``data`` from, and only to read, by whatever name it is opened; closed with ``stack``."""
    if sys.platform == "linux":
        file = os.memfd_create("torchtutor", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        stack.callback(os.close, file)
        with open(file, "wb", closefd=False) as writer:
            writer.write(data)
        os.lseek(file, 0, os.SEEK_SET)
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
        return file
    with tempfile.NamedTemporaryFile(prefix="torchtutor-") as named:
        named.write(data)
        named.flush()
        read = os.open(named.name, os.O_RDONLY | os.O_CLOEXEC)
    stack.callback(os.close, read)
    return read


def _to_read() -> list[str]:
    """What a program may read where Landlock keeps files apart."""
    system = ["/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev"]
    return [*system, sys.prefix, sys.base_prefix]
