"""The few system calls that Python's standard library does not offer."""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1 << 5, 1 << 12, 1 << 14, 1 << 18
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 1 << 17, 1 << 25, 1 << 26, 1 << 27
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 1 << 28, 1 << 29, 1 << 30
ALL_NAMESPACES = (
    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP
)

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 4, 22, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION = 0x20080522
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_PATH_BENEATH = 1
_LANDLOCK_READ = 0b1101  # execute, read files, read folders
_LANDLOCK_ALL = (1 << 13) - 1  # what the first version of Landlock knows

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> int:
    result: int = getattr(_libc, name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _prctl(option: int, *arguments: int | None) -> None:
    padded = [*arguments, *(0 for _ in range(4 - len(arguments)))]
    _call("prctl", option, *(ctypes.c_void_p(value) for value in padded))


def unshare(flags: int) -> None:
    _call("unshare", flags)


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str = "") -> None:
    """Mount; raises OSError."""
    _call("mount", source.encode(), target.encode(), kind.encode() if kind else None, flags, options.encode())


def map_own_user(uid: int, gid: int) -> None:
    """In a fresh user namespace: the user and group stay what they are."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def raise_loopback() -> None:
    """Bring up ``lo`` of a fresh network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def drop_capabilities() -> None:
    """Give up all capabilities, those to be regained included."""
    for capability in range(64):
        try:
            _prctl(_PR_CAPBSET_DROP, capability)
        except OSError:  # the kernel knows no more of them, or there is nothing to give up
            break
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    _call("capset", header, bytes(24))


def never_gain_privileges() -> None:
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def hide_from_siblings() -> None:
    """No process of the same user may trace this one or read its memory."""
    _prctl(_PR_SET_DUMPABLE, 0)


def show_to_self() -> None:
    """Undo :func:`hide_from_siblings`, as the owner of ``/proc/self`` must be to write its maps."""
    _prctl(_PR_SET_DUMPABLE, 1)


def adopt_orphans() -> None:
    """Descendants whose parents end become children of this process."""
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def load_seccomp(program: bytes) -> None:
    """Install a filter (struct sock_filter, 8 bytes an instruction) for good."""
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.cast(ctypes.c_char_p(header), ctypes.c_void_p).value)


def restrict_files(read: list[str], write: list[str]) -> None:
    """Landlock: from now on only files below these paths can be reached. Raises OSError where the kernel lacks it."""
    attributes = struct.pack("Q", _LANDLOCK_ALL)
    ruleset = _call("syscall", _LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    for paths, access in ((read, _LANDLOCK_READ), (write, _LANDLOCK_ALL)):
        for path in filter(os.path.exists, paths):
            below = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = access if Path(path).is_dir() else access & 0b111  # of a file: execute, write, read
            rule = struct.pack("=Qi", allowed, below)
            _call("syscall", _LANDLOCK_ADD, ruleset, _LANDLOCK_PATH_BENEATH, rule, 0)
            os.close(below)
    _call("syscall", _LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)
