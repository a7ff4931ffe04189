"""Attacks with processes and with time: whatever is started ends with the run, and the run ends in time."""

import time
from dataclasses import replace

import pytest
from attacks import BRIEF, LIMITS, Arena, Attack

from service.sandbox import Limits

pytestmark = pytest.mark.integration

STOPPED = "stopped after 1.5 s"
CROWDED = "more than 16 processes"

PROCESSES = [
    Attack("fork-bomb", "import os\nwhile True: os.fork()", "over_limit", CROWDED),
    Attack(
        "fork-bomb-ignoring-errors",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "over_limit",
        CROWDED,
    ),
    Attack(
        "shell-bomb", "import os; os.system('f() { f | f & }; f'); import time; time.sleep(99)", "over_limit", CROWDED
    ),
    Attack("vfork-bomb", "import ctypes, time\nfor _ in range(99): ctypes.CDLL(None).fork()", "over_limit", CROWDED),
    Attack(
        "chain-of-children",
        "import os, time\nfor _ in range(99):\n    if os.fork(): time.sleep(99)\ntime.sleep(99)",
        "over_limit",
        CROWDED,
    ),
    Attack(
        "many-programs",
        "import subprocess, time\nkept = [subprocess.Popen(['sleep', '99']) for _ in range(30)]\ntime.sleep(99)",
        "over_limit",
        CROWDED,
    ),
    Attack(
        "zombies",
        "import os, time\nfor _ in range(30):\n    if os.fork() == 0: os._exit(0)\ntime.sleep(99)",
        "over_limit",
        CROWDED,
    ),
    Attack(
        "thread-bomb",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
        "over_limit",
        "threads",
    ),
    Attack(
        "raw-thread-bomb",
        "import _thread, time\nwhile True:\n    try: _thread.start_new_thread(time.sleep, (99,))\n"
        "    except RuntimeError: pass",
        "over_limit",
        "threads",
    ),
    Attack(
        "threads-in-children",
        "import os, threading, time\nfor _ in range(8): os.fork() or 1\n"
        "for _ in range(99): threading.Thread(target=time.sleep, args=(99,)).start()",
        "over_limit",
    ),
    Attack(
        "daemon",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.closerange(0, 99)\n"
        "        time.sleep(99)\n    os._exit(0)",
    ),
    Attack(
        "orphans-that-ignore-signals",
        "import os, signal, time\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "for _ in range(5):\n    if os.fork() == 0: time.sleep(99)",
    ),
    Attack(
        "programs-left-behind",
        "import subprocess\nfor _ in range(5): subprocess.Popen(['setsid', 'nohup', 'sleep', '99'])",
    ),
    Attack(
        "children-that-are-reborn",
        "import os, time\nif os.fork() == 0:\n    while True:\n        if os.fork(): os._exit(0)\ntime.sleep(0.3)",
        ("passed", "over_limit"),  # as many as the kernel is quick to take away
    ),
    Attack(
        "thread-that-stays",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
    ),
    Attack("init-killed", "import os\nos.kill(1, 9)\nos.kill(1, 15)\nprint('on')", prints="on\n"),
    Attack("all-killed", "import os\nos.kill(-1, 9)", "failed", "ProcessLookupError"),
    Attack("group-killed", "import os\nos.killpg(0, 9)", "killed", "SIGKILL"),
    Attack("itself-killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "killed", "SIGKILL"),
    Attack("itself-aborted", "import os\nos.abort()", "crashed", "signal 6"),
    Attack("init-stopped", "import os, signal\nos.kill(1, signal.SIGSTOP)\nprint('on')", prints="on\n"),
    Attack("parent-looked-for", "import os\nprint(os.getppid(), len(os.listdir('/proc')) < 99)", prints="1 True\n"),
    Attack(
        "exec",
        "import os\nos.execv('/bin/true', ['true'])",
        "exited_early",
        "left with status 0 before its end",
    ),
    Attack("slow-init", "import os\nos.setpriority(os.PRIO_PROCESS, 1, 19)", "failed", "PermissionError"),
]

TIME = [
    Attack("endless-loop", "while True: pass", "timed_out", STOPPED, limits=BRIEF),
    Attack("sleep", "import time; time.sleep(99)", "timed_out", STOPPED, limits=BRIEF),
    Attack(
        "all-signals-ignored",
        "import signal\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack(
        "all-signals-blocked",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack("loop-in-C", "sum(range(10 ** 12))", "timed_out", STOPPED, limits=BRIEF),
    Attack("pattern", "import re; re.match('(a+)+$', 'a' * 99 + 'b')", "timed_out", STOPPED, limits=BRIEF),
    Attack("power", "10 ** (10 ** 9)", "timed_out", STOPPED, limits=BRIEF),
    Attack(
        "loop-in-torch",
        "import torch\nx = torch.ones(600, 600)\nwhile True: x = x @ x * 1e-3",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack(
        "reading-what-never-comes",
        "import os\nread, write = os.pipe(); os.read(read, 1)",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack(
        "lock",
        "import threading\nlock = threading.Lock(); lock.acquire(); lock.acquire()",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack(
        "thread-that-is-waited-for",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack("at-exit", "import atexit, time\natexit.register(time.sleep, 99)", "timed_out", STOPPED, limits=BRIEF),
    Attack(
        "exceptions-swallowed",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack(
        "sleeping-children",
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0: time.sleep(99)\nos.wait()",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack(
        "busy-children",
        "import os\nfor _ in range(8):\n    if os.fork() == 0:\n        while True: pass\nos.wait()",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack("stopped", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "timed_out", STOPPED, limits=BRIEF),
    Attack(
        "clock-set",
        "import time\ntry: time.clock_settime(time.CLOCK_REALTIME, 0)\nexcept PermissionError: pass\ntime.sleep(99)",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack(
        "finalizer",
        "class Endless:\n    def __del__(self):\n        while True: pass\nEndless()",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
    Attack(
        "import",
        "import time, sys\nclass Finder:\n    find_spec = lambda *_: time.sleep(99)\n"
        "sys.meta_path.insert(0, Finder)\nimport xyz",
        "timed_out",
        STOPPED,
        limits=BRIEF,
    ),
]


@pytest.mark.parametrize("attack", PROCESSES, ids=str)
def test_processes_end_with_the_run(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize("attack", TIME, ids=str)
def test_time_is_limited(arena: Arena, attack: Attack) -> None:
    started = time.monotonic()
    verdict = arena.endure(attack)
    assert verdict.duration_ms < 20_000  # not the 99 s that some would take; the machine may be busy
    assert time.monotonic() - started < 60


def test_processor_time_of_one_process_is_limited_too(arena: Arena) -> None:
    code = "import resource\nprint(resource.getrlimit(resource.RLIMIT_CPU)[1] < 99)"
    assert arena.run(code, replace(LIMITS, seconds=1)).stdout == "True\n"


def test_time_limit_is_not_the_programs_to_change(arena: Arena) -> None:
    code = "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (9999, 9999))"
    assert arena.endure(Attack("raise", code, "failed", "ValueError", limits=Limits(seconds=20))).error
