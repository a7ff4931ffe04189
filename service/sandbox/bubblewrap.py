"""The command line of bubblewrap: what of the host is seen inside, and under which names."""

import os
import sys
from pathlib import Path

from service.sandbox.inside.compiling import PREPARED
from service.sandbox.inside.mounts import TORCH_HOME
from service.sandbox.isolation import SANDBOX_USER, Isolation

INSIDE = Path(__file__).with_name("inside")
SANDBOX = "/sandbox/inside"
DATA = {
    "/etc/hosts": "127.0.0.1 localhost sandbox\n",
    "/etc/nsswitch.conf": "hosts: files\npasswd: files\ngroup: files\n",
    "/etc/passwd": f"tutor:x:{SANDBOX_USER}:{SANDBOX_USER}::/tmp/home:/bin/sh\n",
    "/etc/group": f"tutor:x:{SANDBOX_USER}:\n",
}
"""Files that are made up."""
_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")


def command_line(
    isolation: Isolation,
    devices: tuple[str, ...],
    hidden: tuple[Path, ...],
    environment: dict[str, str],
    data: dict[str, int],
) -> list[str]:
    """All that comes before the program: only Python and the system's folders, read-only; no network.

    Args:
        devices: device files to be seen inside.
        hidden: files and folders that are not to be seen, should they be in a folder that is.
        data: for each path of :data:`DATA` a descriptor to read its content from.
    """
    command = [str(isolation.bwrap), "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--as-pid-1"]  # so that the kernel ends everything in the namespace when the template ends
    command += ["--unshare-cgroup-try", "--hostname", "sandbox", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    if isolation.user is not None:  # what it takes to mount /proc and to become that user; given up with it
        for capability in ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID"):
            command += ["--cap-add", capability]
    else:
        command += ["--unshare-user", "--uid", str(SANDBOX_USER), "--gid", str(SANDBOX_USER)]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    command += ["--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108 - the sandbox's own; Python may be below
    command += _python_and_system()
    command += _emptied(hidden)
    command += ["--dev", "/dev"]
    for path in devices:
        command += ["--dev-bind", path, path]
    if devices:
        command += ["--ro-bind", "/sys", "/sys"]  # where the driver looks its cards up
    command += ["--dir", "/proc"] if isolation.user is not None else ["--proc", "/proc"]
    for path, file in data.items():
        command += ["--perms", "0644", "--ro-bind-data", str(file), path]
    command += ["--perms", "1777", "--tmpfs", PREPARED]
    command += ["--ro-bind", str(INSIDE), SANDBOX, "--perms", "0755", "--dir", TORCH_HOME]
    return [*command, "--chdir", "/tmp", "--remount-ro", "/dev", "--remount-ro", "/"]  # noqa: S108


def python_prefixes() -> list[str]:
    """The folders of Python and its packages, under every name by which they are reached, outer ones first."""
    named = {sys.prefix, sys.base_prefix}
    return sorted(named | {os.path.realpath(prefix) for prefix in named})


def _emptied(hidden: tuple[Path, ...]) -> list[str]:
    """Something empty in the place of each of these that would be seen; pip's settings may hold a password."""
    command = []
    shown = (*_SYSTEM_FOLDERS, *python_prefixes())
    for path in {*hidden, *(Path(prefix, "pip.conf") for prefix in python_prefixes())}:
        for folder in shown:
            if path.exists() and path.resolve().is_relative_to(Path(folder).resolve()):
                place = str(folder / path.resolve().relative_to(Path(folder).resolve()))
                if path.is_dir():
                    command += ["--tmpfs", place, "--remount-ro", place]
                else:
                    command += ["--ro-bind", "/dev/null", place]
    return command


def _python_and_system() -> list[str]:
    """Binds of what programs need of the host's files."""
    command = []
    prefixes = python_prefixes()
    # made ahead, since bubblewrap gives the folders above a mount point to root alone
    above = {str(folder) for path in (*prefixes, *DATA, SANDBOX) for folder in Path(path).parents}
    for folder in sorted(above - {"/", "/tmp"}):  # noqa: S108
        command += ["--perms", "0755", "--dir", folder]
    for path in (*_SYSTEM_FOLDERS, *prefixes):
        if path in _SYSTEM_FOLDERS and Path(path).is_symlink():
            command += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            command += ["--ro-bind", path, path]
    return command
