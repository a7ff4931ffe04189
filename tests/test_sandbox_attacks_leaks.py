"""Attacks on the next run: whatever a program changes, writes or leaves, the one after it finds nothing of it."""

import ast
import threading

import pytest
from attacks import LIMITS, Arena, Attack

pytestmark = pytest.mark.integration

LEFT = {
    "torch-function": (
        "import torch\ntorch.ones = lambda *_: 'patched'",
        "import torch\nprint(torch.ones(1))",
        "tensor([1.])\n",
    ),
    "method": ("import torch\ntorch.Tensor.sum = None", "import torch\nprint(torch.ones(2).sum().item())", "2.0\n"),
    "module-class": (
        "import torch\ntorch.nn.Linear.forward = lambda *_: 7",
        "import torch\nprint(torch.nn.Linear(2, 3)(torch.ones(2)).shape)",
        "torch.Size([3])\n",
    ),
    "builtin": ("import builtins\nbuiltins.len = lambda _: 7", "print(len('abc'))", "3\n"),
    "print": ("import builtins\nbuiltins.print = None", "print(1)", "1\n"),
    "default-type": (
        "import torch\ntorch.set_default_dtype(torch.float64)",
        "import torch\nprint(torch.ones(1).dtype)",
        "torch.float32\n",
    ),
    "threads": (
        "import torch\ntorch.set_num_threads(1)\ntorch.set_num_interop_threads(1)",
        "import torch\ntorch.set_num_interop_threads(3); print(torch.get_num_interop_threads())",
        "3\n",
    ),
    "deterministic": (
        "import torch\ntorch.use_deterministic_algorithms(True)",
        "import torch\nprint(torch.are_deterministic_algorithms_enabled())",
        "False\n",
    ),
    "gradients": (
        "import torch\ntorch.set_grad_enabled(False)",
        "import torch\nprint(torch.is_grad_enabled())",
        "True\n",
    ),
    "print-options": (
        "import torch\ntorch.set_printoptions(precision=1)",
        "import torch\nprint(torch.tensor(1.23456))",
        "tensor(1.2346)\n",
    ),
    "environment": (
        "import os\nos.environ['LEFT'] = 'x'; os.environ['PATH'] = '/tmp'",
        "import os\nprint('LEFT' in os.environ, os.environ['PATH'] == '/tmp')",
        "False False\n",
    ),
    "module-made": ("import sys, types\nsys.modules['left'] = types.ModuleType('left')", "import left", None),
    "module-gone": ("import sys\nsys.modules['torch'] = None", "import torch\nprint(torch.__name__)", "torch\n"),
    "module-on-disk": ("open('left.py', 'w').write('x = 1')\nimport left", "import left", None),
    "json-shadowed": ("open('json.py', 'w').write('x = 1')", "import json\nprint(json.dumps(1))", "1\n"),
    "path": ("import sys\nsys.path.insert(0, '/left')", "import sys\nprint('/left' in sys.path)", "False\n"),
    "import-hook": (
        "import sys\nsys.meta_path.clear(); sys.path_hooks.clear()",
        "import sys, colorsys\nprint(colorsys.__name__)",
        "colorsys\n",
    ),
    "recursion-limit": (
        "import sys\nsys.setrecursionlimit(99)",
        "import sys\nprint(sys.getrecursionlimit())",
        "1000\n",
    ),
    "trace": (
        "import sys, threading\nsys.settrace(print)\nthreading.settrace(print)",
        "import sys\nprint(sys.gettrace())",
        "None\n",
    ),
    "audit-hook": ("import sys\nsys.addaudithook(print)", "open('x', 'w').close(); print(1)", "1\n"),
    "signal": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.pthread_sigmask(signal.SIG_BLOCK, [10])",
        "import signal\nprint(signal.getsignal(signal.SIGALRM) == signal.SIG_DFL, signal.pthread_sigmask(0, []))",
        "True set()\n",
    ),
    "collector": (
        "import gc\ngc.disable(); gc.set_threshold(1)",
        "import gc\nprint(gc.isenabled(), gc.get_threshold())",
        "True (700, 10, 10)\n",
    ),
    "locale": ("import locale\nlocale.setlocale(locale.LC_ALL, 'C')", "print('é')", "é\n"),
    "mask": ("import os\nos.umask(0o777)", "import os\nprint(os.umask(0))", "18\n"),
    "folder": ("import os\nos.chdir('/')", "import os\nprint(os.getcwd())", "/tmp\n"),
    "limits": (
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
        "import resource\nprint(resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 9)",
        "True\n",
    ),
    "nice": ("import os\nos.nice(19)", "import os\nprint(os.nice(0))", "0\n"),
    "affinity": (
        "import os\nos.sched_setaffinity(0, {0})",
        "import os\nprint(len(os.sched_getaffinity(0)) == os.cpu_count())",
        "True\n",
    ),
    "memory-written": (
        "import ctypes\nctypes.memmove(id(5000) + 24, b'\\x01', 1); x = 257\nctypes.memmove(id(7) + 24, id(8) + 24, 4)",
        "print(3 + 4)",
        "7\n",
    ),
    "exit-handler": ("import atexit\natexit.register(print, 'left')", "print(1)", "1\n"),
    "warnings": (
        "import warnings\nwarnings.simplefilter('error')",
        "import warnings\nwarnings.warn('w')\nprint(1)",
        "1\n",
    ),
    "logging": (
        "import logging\nlogging.basicConfig(); logging.disable(50)",
        "import logging\nprint(logging.root.handlers, logging.root.manager.disable)",
        "[] 0\n",
    ),
    "dispatcher": (
        "import torch\nkept = torch.library.Library('left', 'DEF'); kept.define('f(Tensor x) -> Tensor')",
        "import torch\nprint(hasattr(torch.ops.left, 'f'))",
        "False\n",
    ),
    "default-device": (
        "import torch\ntorch.set_default_device('meta')",
        "import torch\nprint(torch.ones(1))",
        "tensor([1.])\n",
    ),
    "numpy": (
        "import numpy as np\nnp.ones = None\nnp.seterr(all='raise')",
        "import numpy as np\nprint(np.ones(1), np.geterr()['divide'])",
        "[1.] warn\n",
    ),
    "plots": (
        "import matplotlib.pyplot as plt\nplt.rcParams['lines.linewidth'] = 99\nplt.plot([1])",
        "import matplotlib.pyplot as plt\nprint(plt.rcParams['lines.linewidth'], plt.get_fignums())",
        "1.5 []\n",
    ),
    "compiler": (
        "import torch\ntorch._dynamo.config.suppress_errors = True",
        "import torch\nprint(torch._dynamo.config.suppress_errors)",
        "False\n",
    ),
}

PLACES = ("/tmp", "/tmp/home", "/dev/shm", "/torch-home", ".")
WRITE = """
import os
for folder in {places}:
    os.makedirs(folder, exist_ok=True)
    open(os.path.join(folder, 'left'), 'w').write('x')
"""
LOOK = "import os\nprint([folder for folder in {places} if os.path.exists(os.path.join(folder, 'left'))])"
WRITABLE = """
import os
found = []
for folder, folders, names in os.walk('/'):
    folders[:] = [n for n in folders if os.path.join(folder, n) not in ('/proc', '/usr') and 'python' not in n]
    if os.access(folder, os.W_OK): found.append(folder)
print(sorted(found))
"""
KERNEL = {
    "semaphore": "from multiprocessing import Semaphore; s = Semaphore(1)",
    "shared-memory": "from multiprocessing.shared_memory import SharedMemory as S; s = S('left', create=True, size=9)",
    "named-pipe": "import os; os.mkfifo('/tmp/left')",
    "abstract-socket": "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\\0left')",
    "port": "import socket; s = socket.create_server(('127.0.0.1', 4321))",
    "terminal": "import os; os.openpty()",
    "lock": "import fcntl, sys; fcntl.flock(open(sys.executable), fcntl.LOCK_EX)",
}
SAME = """
import random, secrets, uuid
import numpy as np
import torch
numbers = [random.random(), np.random.rand(), np.random.default_rng().random()]
numbers += [torch.rand(1).item()]
numbers += [torch.randn(1).item(), torch.initial_seed(), random.Random().random()]
numbers += [uuid.uuid4().hex, secrets.token_hex()]
numbers += [torch.nn.Linear(1, 1).weight.item(), torch.randperm(1000)[0].item() / 1000 + torch.rand(1).item()]
print(*numbers)
"""


@pytest.mark.parametrize(("change", "look", "expected"), LEFT.values(), ids=LEFT)
def test_next_run_finds_the_interpreter_as_it_was(arena: Arena, change: str, look: str, expected: str | None) -> None:
    arena.endure(Attack("change", change, ("passed", "crashed", "failed")))
    if expected is None:
        arena.endure(Attack("look", look, "failed", "ModuleNotFoundError"))
    else:
        arena.endure(Attack("look", look, prints=expected))


def test_next_run_finds_no_file(arena: Arena) -> None:
    arena.endure(Attack("write", WRITE.format(places=PLACES)))
    arena.endure(Attack("look", LOOK.format(places=PLACES), prints="[]\n"))


def test_only_folders_of_its_own_can_be_written(arena: Arena) -> None:
    found = ast.literal_eval(arena.endure(Attack("writable", WRITABLE)).stdout)
    # below /tmp everything is its own, the folders above a Python that is installed there too
    assert {folder for folder in found if not folder.startswith("/tmp/")} == {"/dev/shm", "/tmp", "/torch-home"}


@pytest.mark.parametrize("code", KERNEL.values(), ids=KERNEL)
def test_same_name_can_be_taken_by_each_run(arena: Arena, code: str) -> None:
    arena.endure(Attack("first", code))
    arena.endure(Attack("again", code))


def test_random_numbers_differ_between_runs(arena: Arena) -> None:
    runs = [arena.endure(Attack("random", SAME)).stdout.split() for _ in range(3)]
    for numbers in zip(*runs, strict=True):
        assert len(set(numbers)) == 3, numbers


def test_random_numbers_are_reproduced_by_a_seed(arena: Arena) -> None:
    code = "import torch, random\ntorch.manual_seed(0); random.seed(0)\nprint(torch.rand(3), random.random())"
    assert len({arena.run(code).stdout for _ in range(2)}) == 1


def test_two_runs_at_once_do_not_see_each_other(arena: Arena) -> None:
    writer = "import os, time\nopen('/dev/shm/left', 'w').close(); os.openpty(); time.sleep(2)"
    looker = (
        "import glob, os, time\ntime.sleep(0.5)\n"
        "print(glob.glob('/dev/shm/*'), glob.glob('/dev/pts/[0-9]*'), [p for p in os.listdir('/proc') if p.isdigit()])"
    )
    other = threading.Thread(target=arena.run, args=(writer,))
    other.start()
    seen = arena.run(looker, LIMITS).stdout
    other.join()
    assert seen == "[] [] ['1', '3']\n"
