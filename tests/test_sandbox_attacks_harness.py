"""Attacks on the harness and the interpreter, which share their process with the program: nothing is gained by them."""

import pytest
from attacks import LIMITS, Arena, Attack

pytestmark = pytest.mark.integration

VERDICT = '{"status": "passed", "ended": true, "error": null, "ok": true, "exit_code": 0}'
EARLY = "before its end was reached"

HARNESS = [
    Attack("no-frame-above", "import sys\nassert sys._getframe().f_back is None"),
    Attack("only-its-own-frames", "import sys\nassert list(sys._current_frames().values()) == [sys._getframe()]"),
    Attack("traceback-shows-nothing-else", "import traceback\nassert len(traceback.extract_stack()) == 1"),
    Attack(
        "every-local-changed",
        "import sys, threading, time\ndef spy():\n    while True:\n"
        "        for frame in sys._current_frames().values():\n"
        "            while frame:\n                if 'main.py' not in frame.f_code.co_filename:\n"
        "                    for value in list(frame.f_locals.values()):\n"
        "                        if isinstance(value, dict): value.update(ended=True, error=None)\n"
        "                frame = frame.f_back\nthreading.Thread(target=spy, daemon=True).start()\n"
        "time.sleep(0.1)\nraise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "traced",
        "import sys\ndef trace(frame, event, argument):\n"
        "    if 'main.py' not in frame.f_code.co_filename:\n"
        "        frame.f_locals.update(error=None, ended=True, status=0)\n    return trace\n"
        "sys.settrace(trace)\nraise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "profiled",
        "import os, sys\nsys.setprofile(lambda *_: os._exit(0))\nraise ValueError('no')",
        "exited_early",
        EARLY,
    ),
    Attack(
        "nothing-found-by-the-collector",
        "import functools, gc, mmap, sys\ngc.unfreeze()\ntodo, seen = [*gc.get_objects(), sys.unraisablehook], set()\n"
        "while todo:\n    thing = todo.pop()\n"
        '    if id(thing) in seen or str(type(thing)).startswith("<class \'torch"): continue\n'
        "    seen.add(id(thing))\n    assert not isinstance(thing, mmap.mmap), thing\n"
        "    if isinstance(thing, (tuple, list, dict, map, functools.partial)): todo += gc.get_referents(thing)",
        limits=LIMITS.__class__(seconds=60),
    ),
    Attack(
        "every-function-of-the-harness-replaced",
        "import gc, types\ngc.unfreeze()\nfor thing in gc.get_objects():\n"
        "    if isinstance(thing, types.FunctionType) and '/sandbox/' in thing.__code__.co_filename:\n"
        ""
        ""
        "        try: thing.__code__ = (lambda *_, **__: None).__code__\n"
        "        except ValueError: pass\nraise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "subclasses-searched",
        "found = [c for c in object.__subclasses__() if c.__module__.startswith('inside')]\n"
        "for c in found:\n    for name, value in list(vars(c).items()):\n        if callable(value):\n"
        "            try: setattr(c, name, lambda *_, **__: None)\n"
        "            except (AttributeError, TypeError): pass\nraise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "json-replaced",
        f"import json\njson.dumps = lambda *_, **__: '''{VERDICT}'''\nraise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "code-of-json-replaced",
        f"import json\njson.dumps.__code__ = (lambda *_, **__: '''{VERDICT}''').__code__\nraise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "write-replaced",
        f"import os\nwrite = os.write\n"
        f"os.write = lambda to, data: write(to, b'''\\n{VERDICT}\\n''') and len(data)\n"
        f"raise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "exit-replaced", "import os\nos._exit = lambda *_: None\nraise ValueError('no')", ("failed", "exited_early")
    ),
    Attack(
        "exec-replaced",
        "import builtins\nbuiltins.exec = builtins.compile = None\nraise ValueError('no')",
        "failed",
        "ValueError: no",
    ),
    Attack(
        "builtins-emptied",
        "import builtins\nfor name in list(vars(builtins)): delattr(builtins, name)\nraise x",
        ("failed", "exited_early", "crashed"),
    ),
    Attack("modules-emptied", "import sys\nsys.modules.clear()\nraise ValueError('no')", ("failed", "exited_early")),
    Attack(
        "main-replaced",
        "import sys, types\nsys.modules['__main__'] = types.ModuleType('__main__')\nraise ValueError('no')",
        "failed",
        "ValueError: no",
    ),
    Attack(
        "harness-imported", "from inside import harness\nharness.Harness('main.py', 3)._leave()", "exited_early", EARLY
    ),
    Attack(
        "harness-run-again",
        "import os, tempfile\nfrom inside import harness\n"
        "file = tempfile.TemporaryFile(); file.write(bytes(64)); file.seek(0)\n"
        "open('main.py', 'w').write('pass')\n"
        "for stage in harness.Harness('main.py', 3).stages(os.dup(file.fileno())): stage()",
        "exited_early",
        EARLY,
    ),
    Attack(
        "program-replaced", "open('main.py', 'w').write('pass')\nraise ValueError('no')", "failed", "ValueError: no"
    ),
    Attack(
        "last-line-jumped-to",
        "import sys\ndef trace(f, e, a):\n    return trace\nsys.settrace(trace)\nraise ValueError('no')",
        "failed",
        "ValueError: no",
    ),
    Attack(
        "getpid-replaced",
        "import os\nos.getpid = lambda: 1\nif os.fork():\n    os.wait(); os._exit(0)",
        "exited_early",
        EARLY,
    ),
    Attack(
        "true-is-false",
        "import ctypes\nctypes.memmove(id(False) + 24, id(True) + 24, 4)\n"
        "ctypes.memmove(id(1) + 24, id(0) + 24, 4)\nraise ValueError('no')",
        ("failed", "exited_early", "crashed"),
    ),
    Attack(
        "stand-ins-claimed",
        "import sys\nfor finder in sys.meta_path:\n    g = getattr(type(finder), 'find_spec', None)\n"
        "    if hasattr(g, '__globals__') and 'used' in g.__globals__: g.__globals__['used'] += ['<b>x</b>', 7]\n"
        "raise ValueError('no')",
        "failed",
    ),
    Attack(
        "warnings-flooded",
        "import warnings\nfor n in range(9999): warnings.warn(f'{n}' * 999)\nraise ValueError('no')",
        "failed",
        "ValueError: no",
    ),
]

INTERPRETER = [
    Attack("null-read", "import ctypes; ctypes.string_at(0)", "crashed", "signal 11"),
    Attack("null-written", "import ctypes; ctypes.memset(0, 1, 9)", "crashed", "signal 11"),
    Attack(
        "none-overwritten",
        "import ctypes; ctypes.memset(id(None), 0, 32)\nNone.x",
        ("crashed", "failed", "exited_early"),
    ),
    Attack(
        "code-that-is-no-code",
        "import types\nf = lambda: 0\nf.__code__ = f.__code__.replace(co_code=b'\\x64\\xff' * 99)\nf()",
        ("crashed", "failed", "exited_early"),
    ),
    Attack("recursion", "def f(): f()\nf()", "failed", "RecursionError"),
    Attack(
        "recursion-without-limit",
        "import sys; sys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())",
        ("crashed", "failed"),
    ),
    Attack("debugger", "import pdb; pdb.set_trace()", ("failed", "exited_early")),
    Attack("breakpoint", "breakpoint()", ("failed", "exited_early")),
    Attack("input-at-its-end", "input()", "failed", "EOFError"),
    Attack(
        "crash-told",
        "import faulthandler, sys\nfaulthandler.enable()\nimport ctypes; ctypes.string_at(0)",
        "crashed",
        "Segmentation fault",
    ),
    Attack(
        "later",
        "import faulthandler, time\nfaulthandler.dump_traceback_later(0.1, exit=True); time.sleep(9)",
        "exited_early",
        EARLY,
    ),
    Attack("alarm", "import signal, time; signal.alarm(1); time.sleep(9)", "crashed", "signal 14"),
    Attack("segfault-signalled", "import os; os.kill(os.getpid(), 11)", "crashed", "signal 11"),
    Attack("files-limited-away", "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))"),
    Attack(
        "memory-limited-away",
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1, 1)); bytearray(1 << 28)",
        ("out_of_memory", "crashed", "exited_early"),
    ),
    Attack("collector-broken", "import gc; gc.callbacks.append(lambda *_: 1 / 0); gc.collect()"),
    Attack(
        "audited",
        "import sys\nsys.addaudithook(lambda *_: (_ for _ in ()).throw(SystemExit(0)))\nopen('x')",
        "exited_early",
        EARLY,
    ),
    Attack(
        "every-type-made",
        "import gc\nfor t in object.__subclasses__():\n"
        "    if t.__module__ in ('builtins', '_thread', '_ctypes'):\n        try: t()\n"
        "        except BaseException: pass",
        ("passed", "crashed", "failed", "exited_early"),
    ),
]


@pytest.mark.parametrize("attack", HARNESS, ids=str)
def test_harness_is_out_of_sight_and_changing_it_gains_nothing(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize("attack", INTERPRETER, ids=str)
def test_interpreter_tricks_end_the_run_only(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)
