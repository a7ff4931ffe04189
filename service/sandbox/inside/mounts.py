"""The child's own file system: fresh and limited where it can be written, everything else as it was, read-only."""

import os
from pathlib import Path

from . import linux
from .compiling import PREPARED

INODES = 4096
TORCH_HOME = "/torch-home"
TORCH_HOME_MB = 128
_FLAGS = linux.MS_NOSUID | linux.MS_NODEV


def furnish(files_mb: int, memory_mb: int, kept: list[str]) -> None:
    """Mount /proc of the own process namespace, and empty /tmp, /dev/shm and :data:`TORCH_HOME`.

    Args:
        kept: folders in /tmp that stay as they are.
    """
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("proc", "/proc", "proc", _FLAGS | linux.MS_NOEXEC)
    held = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in kept}
    _tmpfs("/tmp", files_mb)  # noqa: S108 - the child's own
    for path, folder in held.items():
        os.makedirs(path, exist_ok=True)
        linux.mount(f"/proc/self/fd/{folder}", path, None, linux.MS_BIND | linux.MS_REC)
        os.close(folder)
    _tmpfs("/dev/shm", shared_mb(memory_mb))  # noqa: S108 - the child's own
    _tmpfs(TORCH_HOME, TORCH_HOME_MB)
    if os.path.ismount("/dev/pts"):  # else one run could open another's terminals
        linux.mount("devpts", "/dev/pts", "devpts", linux.MS_NOSUID | linux.MS_NOEXEC, "newinstance,ptmxmode=0666")
    if os.path.ismount(PREPARED):
        linux.mount("none", PREPARED, None, linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY | _FLAGS)
    for name in ("sysrq-trigger", "kcore", "kmsg", "timer_list", "keys"):
        if Path("/proc", name).exists():
            linux.mount("/dev/null", f"/proc/{name}", None, linux.MS_BIND)


def shared_mb(memory_mb: int) -> int:
    """How much fits into shared memory, beside what is limited as memory."""
    return memory_mb // 4


def _tmpfs(target: str, size_mb: int) -> None:
    linux.mount("tmpfs", target, "tmpfs", _FLAGS, f"size={size_mb}m,nr_inodes={INODES},mode=0755")
