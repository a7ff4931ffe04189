"""Attacks that read what is not theirs, or reach for the network: there is nothing to be found."""

import os
import socket
from pathlib import Path

import pytest
from attacks import Arena, Attack

pytestmark = pytest.mark.integration

EVERYTHING = """
import os, re, sys
kept = {'/usr', '/proc', '/dev', *map(os.path.realpath, (sys.prefix, sys.base_prefix))}
for folder, folders, names in os.walk('/'):
    places = ((name, os.path.join(folder, name)) for name in folders)
    folders[:] = [name for name, place in places if os.path.realpath(place) not in kept]
    for name in names:
        try:
            with open(os.path.join(folder, name), 'rb') as file: text = file.read(2000)
        except OSError: continue
        if re.search(b'canary-[0-9a-f]{16}', text): print(folder, name, text)
"""
ALL_OF_PROC = """
import os
for folder, folders, names in os.walk('/proc'):
    for name in names:
        if name in ('kmsg', 'kcore', 'clear_refs', 'pagemap'): continue
        try:
            file = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NONBLOCK)
            text = os.read(file, 100_000)
            os.close(file)
        except OSError: continue
        if b'canary' in text: print(folder, name, text)
"""
OWN_MEMORY = """
import re
needle = re.compile(b'canary-[0-9a-f]{16}')
with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
    for line in maps:
        begin, end = (int(part, 16) for part in line.split()[0].split('-'))
        for at in range(begin, end, 1 << 20):
            try:
                memory.seek(at)
                found = needle.search(memory.read(min(1 << 20, end - at)))
            except (OSError, ValueError, OverflowError): break
            if found: print(found[0])
"""

READING = [
    Attack("environment", "import os; print(dict(os.environ))"),
    Attack("environment-of-libc", "import subprocess; print(subprocess.check_output('env').decode())"),
    Attack("environment-at-start", "print(open('/proc/self/environ').read())"),
    Attack("environment-of-init", "print(open('/proc/1/environ').read())", "failed", "PermissionError"),
    Attack("memory-of-init", "open('/proc/1/mem', 'rb')", "failed", "PermissionError"),
    Attack("files-of-init", "import os; os.listdir('/proc/1/fd')", "failed", "PermissionError"),
    Attack("root-of-init", "import os; os.listdir('/proc/1/root')", "failed", "PermissionError"),
    Attack("folder-of-init", "import os; os.readlink('/proc/1/cwd')", "failed", "PermissionError"),
    Attack("own-memory", OWN_MEMORY, prints=""),
    Attack("every-file", EVERYTHING, prints=""),
    Attack("all-of-proc", ALL_OF_PROC, prints=""),
    Attack(
        "processes", "import os; print([pid for pid in os.listdir('/proc') if pid.isdigit()])", prints="['1', '3']\n"
    ),
    Attack(
        "process-numbers-guessed",
        "import os\nfound = []\nfor pid in range(4, 40_000):\n    try: os.kill(pid, 0); found.append(pid)\n"
        "    except OSError: pass\nprint(found)",
        prints="[]\n",
    ),
    Attack("passwords", "open('/etc/shadow')", "failed", "Error"),
    Attack("users", "print(open('/etc/passwd').read().count('\\n'))", prints="1\n"),
    Attack(
        "home-of-root",
        "import os; print(os.path.exists('/root/.ssh'), os.path.exists('/root/.bash_history'))",
        prints="False False\n",
    ),
    Attack("homes", "import os; print(os.path.exists('/home'))", prints="False\n"),
    Attack("host's-temporary-files", "import os; print(sorted(os.listdir('/tmp')))"),
    Attack("logs", "import os; print(os.path.exists('/var/log'), os.path.exists('/run'))", prints="False False\n"),
    Attack("keys", "import glob; print(glob.glob('/etc/ssh/*') + glob.glob('/etc/ssl/private/*'))", prints="[]\n"),
    Attack(
        "container's-secrets",
        "import os; print(os.path.exists('/run/secrets'), os.path.exists('/.dockerenv'))",
        prints="False False\n",
    ),
    Attack("dots", "import os\nprint(os.path.exists('../' * 20 + 'var'))", prints="False\n"),
    Attack(
        "open-descriptors",
        "import os; print(sorted(os.listdir('/proc/self/fd')))",
        prints="['0', '1', '2', '3', '4']\n",
    ),
    Attack(
        "descriptors-guessed",
        "import os\nfor number in range(5, 2000):\n    try: print(os.fstat(number))\n    except OSError: pass",
        prints="",
    ),
    Attack(
        "input-rewritten",
        "import os\nos.write(os.open('/proc/self/fd/0', os.O_RDWR), b'x')",
        "failed",
        "PermissionError",
    ),
    Attack(
        "modules",
        "import sys; print([name for name in sys.modules if name.startswith(('service', 'index', 'corpus'))])",
        prints="[]\n",
    ),
    Attack("service-imported", "import service", "failed", "ModuleNotFoundError"),
    Attack("kernel's-log", "print(open('/dev/kmsg').read(9))", "failed", "Error"),
    Attack(
        "disks",
        "import glob; print(glob.glob('/dev/sd*') + glob.glob('/dev/vd*') + glob.glob('/dev/nvme*'))",
        prints="[]\n",
    ),
    Attack("memory-device", "open('/dev/mem', 'rb')", "failed", "FileNotFoundError"),
    Attack("kernel's-memory", "print(open('/proc/kcore', 'rb').read(9))", ("passed", "failed")),
    Attack("sys", "import os; print(os.path.exists('/sys/class'))", prints="False\n"),
    Attack(
        "groups",
        "import os; print(os.getuid() > 0, os.getgroups() in ([], [65534], [os.getgid()]))",
        prints="True True\n",
    ),
    Attack("setuid", "import os; os.setuid(0)", "failed", "Error"),
    Attack("sudo", "import subprocess; print(subprocess.call('command -v sudo su && su -c id', shell=True) != 0)"),
    Attack(
        "terminal-of-another",
        "import os; print([name for name in os.listdir('/dev/pts') if name.isdigit()])",
        prints="[]\n",
    ),
]


@pytest.mark.parametrize("attack", READING, ids=str)
def test_nothing_of_the_host_can_be_read(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize(
    "way", ["open({!r}).read()", "import os; os.stat({!r})", "import os; os.open({!r}, os.O_PATH)"]
)
def test_files_of_the_host_do_not_exist(arena: Arena, way: str) -> None:
    for path in (*arena.files, Path(__file__), Path.cwd() / "pyproject.toml", Path(os.environ["TUTOR_HOME"])):
        arena.endure(Attack("file", way.format(str(path)), "failed", "FileNotFoundError"))


def test_links_lead_nowhere(arena: Arena) -> None:
    code = (
        f"import os\nos.symlink({str(arena.folder)!r}, 'link.png')\nprint(os.path.exists('link.png'), open('link.png'))"
    )
    arena.endure(Attack("link", code, "failed", "FileNotFoundError"))


CONNECTING = [
    ("connection", "import socket; socket.create_connection(('127.0.0.1', {tcp}), 2)", "Error"),
    ("by-name", "import socket; socket.create_connection(('localhost', {tcp}), 2)", "Error"),
    ("to-the-host", "import socket; socket.create_connection(({address!r}, {tcp}), 2)", "Error"),
    ("ipv6", "import socket; socket.create_connection(('::1', {tcp}), 2)", "Error"),
    ("any-address", "import socket; socket.create_connection(('0.0.0.0', {tcp}), 2)", "Error"),
    ("metadata", "import socket; socket.create_connection(('169.254.169.254', 80), 2)", "Network is unreachable"),
    ("outside", "import socket; socket.create_connection(('1.1.1.1', 443), 2)", "Network is unreachable"),
    ("name", "import socket; socket.getaddrinfo('pytorch.org', 443)", "gaierror"),
    ("http", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{tcp}/', timeout=2)", "Error"),
    ("download", "import torch; torch.hub.load_state_dict_from_url('http://127.0.0.1:{tcp}/x.pth')", "Error"),
    (
        "name-server",
        "import socket; s = socket.socket(2, 2); s.sendto(b'x', ('8.8.8.8', 53))",
        "Network is unreachable",
    ),
    ("unix-socket", "import socket; socket.socket(socket.AF_UNIX).connect({unix!r})", "FileNotFoundError"),
    ("abstract-socket", "import socket; socket.socket(socket.AF_UNIX).connect({abstract!r})", "ConnectionRefusedError"),
    (
        "docker's-socket",
        "import socket; socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
        "FileNotFoundError",
    ),
    ("vsock", "import socket; socket.socket(socket.AF_VSOCK).connect((2, 1))", "PermissionError"),
    ("raw-socket", "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", "PermissionError"),
    ("packet-socket", "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", "PermissionError"),
    ("netlink", "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)", "PermissionError"),
    ("netfilter", "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)", "PermissionError"),
    ("crypto-socket", "import socket; socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)", "PermissionError"),
    ("bluetooth", "import socket; socket.socket(31, socket.SOCK_RAW, 1)", "PermissionError"),
    ("can", "import socket; socket.socket(29, socket.SOCK_RAW, 1)", "PermissionError"),
    (
        "family-with-bits-beyond",
        "import ctypes, os; assert ctypes.CDLL(None).syscall(41, ctypes.c_ulong(40 | 1 << 32), 1, 0) >= 0, 'denied'",
        "AssertionError: denied",
    ),
    ("low-port", "import socket; socket.socket().bind(('127.0.0.1', 80))", "PermissionError"),
    (
        "interface",
        "import fcntl, socket; fcntl.ioctl(socket.socket(2, 2), 0x8914, b'lo'.ljust(32, b'\\0'))",
        "PermissionError",
    ),
    (
        "group-of-processes",
        (
            "import datetime, torch.distributed as d\nd.init_process_group('gloo', init_method='tcp://{address}:{tcp}',"
            " rank=1, world_size=2, timeout=datetime.timedelta(seconds=2))"
        ),
        "Error",
    ),
]


@pytest.mark.parametrize(("code", "says"), [way[1:] for way in CONNECTING], ids=[way[0] for way in CONNECTING])
def test_nothing_of_the_network_can_be_reached(arena: Arena, code: str, says: str) -> None:
    address = socket.gethostbyname(socket.gethostname())
    known = {"tcp": arena.tcp.getsockname()[1], "unix": arena.unix.getsockname(), "address": address}
    arena.endure(Attack("connect", code.format(**known, abstract=arena.abstract.getsockname()), "failed", says))


def test_datagram_does_not_leave(arena: Arena) -> None:
    code = f"import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', {arena.udp.getsockname()[1]}))"
    arena.endure(Attack("datagram", code))


def test_only_interface_is_its_own(arena: Arena) -> None:
    code = "import socket; print([name for _, name in socket.if_nameindex()])"
    arena.endure(Attack("interfaces", code, prints="['lo']\n"))


def test_descriptor_cannot_be_sent_out_of_the_sandbox(arena: Arena) -> None:
    code = (
        "import socket\nfor number in range(3, 99):\n    try: socket.socket(fileno=number); print(number)\n"
        "    except OSError: pass"
    )
    arena.endure(Attack("sockets", code, prints=""))
