"""Attacks by system call: each is denied, also by its number, and in the table of another architecture."""

import platform

import pytest
from attacks import Arena, Attack

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of the calls are those of x86-64"),
]

CALL = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.syscall({}), ctypes.get_errno())"

DENIED = {
    "unshare-user": "272, 0x10000000",
    "unshare-all": "272, 0x7E020000",
    "setns": "308, 0, 0",
    "clone-user": "56, 0x10000011, 0, 0, 0, 0",
    "clone-network": "56, 0x40000011, 0, 0, 0, 0",
    "mount": "165, b'none', b'/tmp', b'tmpfs', 0, 0",
    "umount": "166, b'/tmp', 2",
    "pivot-root": "155, b'/tmp', b'/tmp'",
    "chroot": "161, b'/tmp'",
    "open-tree": "428, -100, b'/', 1",
    "fsopen": "430, b'tmpfs', 0",
    "mount-setattr": "442, -100, b'/', 0, 0, 32",
    "ptrace-traceme": "101, 0, 0, 0, 0",
    "ptrace-init": "101, 16, 1, 0, 0",
    "process-vm-readv": "310, 1, 0, 0, 0, 0, 0",
    "process-vm-writev": "311, 1, 0, 0, 0, 0, 0",
    "pidfd-getfd": "438, 3, 0, 0",
    "kcmp": "312, 1, 1, 0, 0, 0",
    "bpf": "321, 0, 0, 0",
    "perf-event-open": "298, 0, 0, -1, -1, 0",
    "io-uring-setup": "425, 1, 0",
    "io-uring-enter": "426, 0, 0, 0, 0, 0",
    "userfaultfd": "323, 0",
    "userfaultfd-of-user-mode": "323, 1",
    "keyctl": "250, 0, -3, 0",
    "add-key": "248, b'user', b'x', b'y', 1, -3",
    "request-key": "249, b'user', b'x', 0, -3",
    "shmget": "29, 0, 4096, 0o1600",
    "semget": "64, 0, 1, 0o1600",
    "msgget": "68, 0, 0o1600",
    "mq-open": "240, b'/x', 0o102, 0o600, 0",
    "init-module": "175, 0, 0, b''",
    "finit-module": "313, 0, b'', 0",
    "kexec-load": "246, 0, 0, 0, 0",
    "reboot": "169, 0xfee1dead, 672274793, 0x4321fedc, 0",
    "swapon": "167, b'/tmp/x', 0",
    "acct": "163, b'/tmp/x'",
    "sethostname": "170, b'x', 1",
    "settimeofday": "164, 0, 0",
    "clock-settime": "227, 0, 0",
    "syslog": "103, 3, 0, 0",
    "open-by-handle": "304, -100, 0, 0",
    "name-to-handle": "303, -100, b'/', 0, 0, 0",
    "fanotify-init": "300, 0, 0",
    "iopl": "172, 3",
    "ioperm": "173, 0, 1, 1",
    "modify-ldt": "154, 0, 0, 0",
    "personality": "135, 0x0040000",
    "quotactl": "179, 0, 0, 0, 0",
    "limits-of-init": "302, 1, 7, 0, 0",
}


@pytest.mark.parametrize("arguments", DENIED.values(), ids=DENIED)
def test_system_call_is_denied(arena: Arena, arguments: str) -> None:
    arena.endure(Attack("call", CALL.format(arguments), prints="-1 1\n"))


@pytest.mark.parametrize(
    "arguments", ["435, 0, 0", "165 | 1 << 32, 0, 0, 0, 0, 0"], ids=["clone3", "number-with-bits-beyond"]
)
def test_system_call_seems_not_to_exist(arena: Arena, arguments: str) -> None:
    verdict = arena.endure(Attack("call", CALL.format(arguments)))
    assert verdict.stdout in ("-1 38\n", "-1 1\n")


# mov eax, 20 (getpid of the 32-bit table); int 0x80; ret
OTHER_TABLE = """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex('b814000000cd80c3'))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())
"""
PRIVILEGES = [
    Attack("32-bit-table", OTHER_TABLE, "crashed", "signal"),
    Attack("x32-table", CALL.format("0x40000000 | 39"), ("crashed", "passed")),
    Attack(
        "no-capabilities",
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('Cap')])",
        prints=f"{['0' * 16] * 5}\n",
    ),
    Attack(
        "no-new-privileges",
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('NoNewPrivs')])",
        prints="['1']\n",
    ),
    Attack(
        "filter-is-on",
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('Seccomp:')])",
        prints="['2']\n",
    ),
    Attack(
        "filter-of-its-own-on-top",
        "import ctypes\nprint(ctypes.CDLL(None).syscall(317, 1, 0, 0))",
        ("passed", "failed"),
    ),
    Attack(
        "capabilities-regained",
        "import ctypes\nprint(ctypes.CDLL(None).capset(b'\\x22\\x05\\x08\\x20' + bytes(4), b'\\xff' * 24))",
        prints="-1\n",
    ),
    Attack("ambient", "import ctypes\nprint(ctypes.CDLL(None).prctl(47, 2, 21, 0, 0))", prints="-1\n"),
    Attack("user-map", "import os; os.write(os.open('/proc/self/uid_map', os.O_WRONLY), b'0 0 1')", "failed", "Error"),
    Attack("unshare-program", "import subprocess; print(subprocess.call(['unshare', '-Ur', 'true']) != 0)"),
    Attack("nice", "import os; os.nice(-5)", "failed", "PermissionError"),
    Attack(
        "real-time",
        "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
        "failed",
        "PermissionError",
    ),
    Attack("terminal-input", "import fcntl; fcntl.ioctl(0, 0x5412, b'x')", "failed", "OSError"),
    Attack(
        "trace-a-child", "import subprocess, sys; print(subprocess.call('command -v strace gdb || exit 1', shell=True))"
    ),
    Attack(
        "memory-of-a-child",
        "import os, time\npid = os.fork()\nif pid == 0: time.sleep(9)\nopen(f'/proc/{pid}/mem', 'rb')",
    ),
    Attack("core-dump", "import os; os.abort()", "crashed", "signal 6"),
]


@pytest.mark.parametrize("attack", PRIVILEGES, ids=str)
def test_no_privilege_is_had_or_gained(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)
