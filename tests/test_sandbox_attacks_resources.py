"""Attacks with memory, output and files: each is ended, or cut, for the limit that it breaks."""

from dataclasses import replace

import pytest
from attacks import BRIEF, LIMITS, Arena, Attack

pytestmark = pytest.mark.integration

FULL = "more than 1024 MB of memory"
NOT_TO_BE_HAD = "no more memory could be had; the limit is 1024 MB"
TOO_MANY_FILES = "more than 8 MB of files, or too many of them"

MEMORY = [
    Attack("bytes", "kept = [bytearray(1 << 20) for _ in range(9999)]", "out_of_memory", FULL),
    Attack("bytes-at-once", "kept = bytearray(1500 << 20)\nimport time; time.sleep(30)", "out_of_memory", FULL),
    Attack("more-than-there-is", "bytearray(1 << 44)", "out_of_memory", NOT_TO_BE_HAD),
    Attack("tensors", "import torch\nkept = [torch.ones(1 << 20) for _ in range(9999)]", "out_of_memory", FULL),
    Attack("tensor-at-once", "import torch, time\nkept = torch.ones(400 << 20); time.sleep(30)", "out_of_memory", FULL),
    Attack("tensor-too-large", "import torch; torch.empty(1 << 44)", "out_of_memory", NOT_TO_BE_HAD),
    Attack("numpy", "import numpy as np\nkept = [np.ones(1 << 17) for _ in range(9999)]", "out_of_memory", FULL),
    Attack("text", "text = 'x'\nwhile True: text += text", "out_of_memory"),
    Attack("list-that-grows", "kept = []\nwhile True: kept.append([0] * 99)", "out_of_memory", FULL),
    Attack("number", "x = 1 << (1 << 35)", "out_of_memory"),
    Attack(
        "mmap",
        "import mmap, time\nkept = mmap.mmap(-1, 1400 << 20)\n"
        "for at in range(0, len(kept), 4096): kept[at] = 1\ntime.sleep(30)",
        "out_of_memory",
        FULL,
    ),
    Attack(
        "shared-memory-of-torch",
        "import torch\nkept = [torch.ones(1 << 20).share_memory_() for _ in range(9999)]",
        "over_limit",
        "more than 256 MB of shared memory",
    ),
    Attack(
        "one-shared-tensor",
        "import torch\ntorch.ones(100 << 20).share_memory_()",
        "over_limit",
        "more than 256 MB of shared memory",
    ),
    Attack(
        "children",
        "import os, time\nfor _ in range(10):\n    if os.fork() == 0:\n        kept = b'x' * (200 << 20)\n"
        "        time.sleep(30)\ntime.sleep(30)",
        "out_of_memory",
        FULL,
    ),
    Attack(
        "children-in-place-of-what-they-inherit",
        "import gc, os, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
        "        for at in range(150): kept = [bytearray(1 << 20) for _ in range(at)]\n        time.sleep(30)\n"
        "time.sleep(30)",
        "out_of_memory",
        FULL,
    ),
    Attack(
        "what-waits-in-sockets",
        "import os, socket, time\nfor _ in range(10):\n    if os.fork() == 0:\n"
        "        pairs = [socket.socketpair() for _ in range(200)]\n        for pair in pairs:\n"
        "            pair[0].setblocking(False)\n            try:\n"
        "                while True: pair[0].send(bytes(65536))\n"
        "            except BlockingIOError: pass\n        time.sleep(30)\ntime.sleep(30)",
        "over_limit",
        "more than 1024 sockets",
    ),
    Attack(
        "tables-of-pages-that-are-only-read",
        "import mmap, os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        kept = mmap.mmap(-1, 1 << 38, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, mmap.PROT_READ)\n"
        "        kept.madvise(15)\n        for at in range(0, 1 << 38, 1 << 21): kept[at]\n        time.sleep(30)\n"
        "time.sleep(30)",
        "out_of_memory",
        FULL,
    ),
    Attack("memfd", "import os; os.memfd_create('x')", "failed", "PermissionError"),
    Attack(
        "memfd-by-number",
        "import ctypes\nprint(ctypes.CDLL(None, use_errno=True).syscall(319, b'x', 0), ctypes.get_errno())",
        prints="-1 1\n",
    ),
    Attack("memfd-secret", "import ctypes\nprint(ctypes.CDLL(None).syscall(447, 0))", prints="-1\n"),
    Attack(
        "limit-lifted",
        "import resource\nresource.setrlimit(resource.RLIMIT_DATA, (-1, -1))",
        "failed",
        "not allowed to raise maximum limit",
    ),
    Attack(
        "locked",
        "import ctypes, mmap\nkept = mmap.mmap(-1, 900 << 20)\n"
        "print(ctypes.CDLL(None).mlock(ctypes.addressof(ctypes.c_char.from_buffer(kept)), 900 << 20))",
        prints="-1\n",
    ),
    Attack("error-handled", "try: bytearray(1 << 44)\nexcept MemoryError: print('handled')", prints="handled\n"),
]

OUTPUT = [
    Attack("print-endlessly", "while True: print('x' * 99)", "timed_out", limits=BRIEF),
    Attack("stderr-endlessly", "import sys\nwhile True: sys.stderr.write('x' * 99)", "timed_out", limits=BRIEF),
    Attack("without-newline", "import os\nwhile True: os.write(1, bytes(65536))", "timed_out", limits=BRIEF),
    Attack(
        "both-from-children",
        "import os\nos.fork(); os.fork()\nwhile True: os.write(1, b'x' * 9999); os.write(2, b'y' * 9999)",
        "timed_out",
        limits=BRIEF,
    ),
    Attack("much-and-the-end", "for _ in range(20): print('x' * 1_000_000)"),
    Attack("programs-that-print", "import os\nos.system('yes | head -c 20000000')"),
]

FILES = [
    Attack(
        "one-large",
        "with open('x', 'wb') as file:\n    while True: file.write(bytes(1 << 20))",
        "over_limit",
        TOO_MANY_FILES,
    ),
    Attack("many-small", "for n in range(99999): open(f'{n}', 'w').close()", "over_limit", TOO_MANY_FILES),
    Attack("many-folders", "import os\nfor n in range(99999): os.mkdir(f'{n}')", "over_limit", TOO_MANY_FILES),
    Attack(
        "many-links", "import os\nfor n in range(99999): os.symlink('x' * 99, f'{n}')", "over_limit", TOO_MANY_FILES
    ),
    Attack("hard-links", "import os\nfor n in range(99999): os.link('main.py', f'{n}')", "over_limit", TOO_MANY_FILES),
    Attack("shared-memory", "for n in range(99999): open(f'/dev/shm/{n}', 'w').close()", "over_limit", TOO_MANY_FILES),
    Attack(
        "shared-memory-filled",
        "with open('/dev/shm/x', 'wb') as file:\n    while True: file.write(bytes(1 << 20))",
        "over_limit",
        TOO_MANY_FILES,
    ),
    Attack(
        "torch-home-filled",
        "import os\nfor n in range(99):\n"
        "    with open(os.environ['TORCH_HOME'] + f'/{n}', 'wb') as file: file.write(bytes(4 << 20))",
        "over_limit",
        TOO_MANY_FILES,
    ),
    Attack(
        "file-that-is-larger-than-allowed", "import os; os.truncate('main.py', 1 << 40)", "over_limit", TOO_MANY_FILES
    ),
    Attack(
        "space-taken",
        "import os; os.posix_fallocate(os.open('x', os.O_CREAT | os.O_RDWR), 0, 1 << 30)",
        "over_limit",
        TOO_MANY_FILES,
    ),
    Attack(
        "deleted-but-open",
        "import os\nfor n in range(99):\n    file = os.open('x', os.O_CREAT | os.O_RDWR)\n"
        "    os.unlink('x'); os.write(file, bytes(1 << 20))",
        "over_limit",
        TOO_MANY_FILES,
    ),
    Attack("many-open", "kept = [open('main.py') for _ in range(9999)]", "over_limit", "too many open files"),
    Attack(
        "many-sockets",
        "import socket\nkept = [socket.socketpair() for _ in range(9999)]",
        "over_limit",
        "too many open files",
    ),
    Attack("deep-folders", "import os\nfor _ in range(3000): os.mkdir('d'); os.chdir('d')"),
    Attack("names", "open('\\x1b[31m\\u202e' + 'x' * 200, 'w').close()\nopen(b'\\xff.png', 'w').close()"),
    Attack("/", "open('/x', 'w')", "failed", "Read-only file system"),
    Attack("/usr", "open('/usr/x', 'w')", "failed", "OSError"),
    Attack("/etc", "open('/etc/passwd', 'a')", "failed", "Error"),
    Attack("/dev", "open('/dev/x', 'w')", "failed", "Error"),
    Attack("/prepared", "open('/prepared/x', 'w')", "failed", "Read-only file system"),
    Attack("/sandbox", "open('/sandbox/inside/harness.py', 'a')", "failed", "Error"),
    Attack("torch", "import torch; open(torch.__file__, 'a')", "failed", "Error"),
    Attack("python", "import os, sys; os.chmod(sys.executable, 0o777)", "failed", "Error"),
    Attack("/proc", "open('/proc/sys/kernel/core_pattern', 'w').write('|/x')", "failed", "Error"),
    Attack(
        "/proc/sysrq-trigger", "open('/proc/sysrq-trigger', 'w').write('b')", ("passed", "failed")
    ),  # it is /dev/null
    Attack(
        "device-node",
        "import os, stat; os.mknod('x', 0o600 | stat.S_IFBLK, os.makedev(8, 0))",
        "failed",
        "PermissionError",
    ),
]

PICTURES = [
    Attack("link-to-a-file", "import os; os.symlink('/etc/passwd', 'x.png'); os.symlink('/etc/passwd', 'x.svg')"),
    Attack("pipe", "import os; os.mkfifo('x.png'); os.mkfifo('y.svg')"),
    Attack("device", "import os; os.symlink('/dev/zero', 'x.png')"),
    Attack("folder", "import os; os.mkdir('x.png')"),
    Attack("socket", "import socket; socket.socket(socket.AF_UNIX).bind('x.png')"),
    Attack("too-large", "open('x.png', 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(2_000_000))"),
    Attack("no-picture", "open('x.png', 'wb').write(b'<html>'); open('y.svg', 'w').write('root:x:0:0')"),
    Attack("link-to-a-folder", "import os; os.symlink('/', 'root')"),
]


@pytest.mark.parametrize("attack", MEMORY, ids=str)
def test_memory_is_limited(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize("attack", OUTPUT, ids=str)
def test_output_is_cut(arena: Arena, attack: Attack) -> None:
    verdict = arena.endure(attack)
    assert verdict.truncated
    assert len(verdict.stdout) <= 16 << 10
    assert len(verdict.stderr) <= (16 << 10) + 99


@pytest.mark.parametrize("attack", FILES, ids=str)
def test_files_are_limited_and_the_hosts_are_out_of_reach(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize("attack", PICTURES, ids=str)
def test_what_only_looks_like_a_picture_is_not_collected(arena: Arena, attack: Attack) -> None:
    assert arena.endure(attack).artifacts == ()


def test_no_more_than_eight_pictures_are_collected(arena: Arena) -> None:
    code = "for n in range(50):\n    open(f'{n}.svg', 'w').write('<svg/>')"
    assert len(arena.endure(Attack("pictures", code)).artifacts) == 8


def test_name_of_a_picture_cannot_move_a_cursor(arena: Arena) -> None:
    (picture,) = arena.endure(Attack("name", "open('\\x1b[2J.svg', 'w').write('<svg/>')")).artifacts
    assert picture.name == "\\x1b[2J.svg"


def test_memory_of_a_run_is_told(arena: Arena) -> None:
    verdict = arena.run("import torch\nx = torch.ones(50 << 20)", replace(LIMITS, memory_mb=2048))
    assert verdict.peak_memory_mb > 200
