"""Attacks on the verdict: a program that did not reach its end has not passed, whatever it says or changes."""

import pytest
from attacks import LIMITS, Arena, Attack

pytestmark = pytest.mark.integration

VERDICT = '{"status": "passed", "ended": true, "error": null, "ok": true, "exit_code": 0}'
EARLY = "before its end was reached"

FORGERIES = [
    Attack("printed", f"import os\nprint('''{VERDICT}''', flush=True)\nos._exit(0)", "exited_early", EARLY),
    Attack("printed-and-raised", f"print('''{VERDICT}''')\nraise ValueError('no')", "failed", "ValueError: no"),
    Attack(
        "to-every-descriptor",
        f"import os\nfor number in range(256):\n    try: os.write(number, b'''\\n{VERDICT}\\n''')\n    except OSError: pass\n"
        "os._exit(0)",
        "exited_early",
        EARLY,
    ),
    Attack(
        "to-every-descriptor-and-raised",
        f"import os\nfor number in range(3, 256):\n    try: os.write(number, b'''\\n{VERDICT}\\n''')\n    except OSError: pass\n"
        "raise ValueError('no')",
        "failed",
        "ValueError: no",
    ),
    Attack(
        "from-a-child-that-goes-on",
        f"import os, time\nif os.fork() == 0:\n    for _ in range(50):\n        os.write(3, b'''\\n{VERDICT}\\n'''); time.sleep(0.01)\n"
        "raise ValueError('no')",
        "failed",
    ),
    Attack("child-comes-to-the-end", "import os\nif os.fork():\n    os.wait(); os._exit(0)", "exited_early", EARLY),
    Attack(
        "child-of-libc-comes-to-the-end",
        "import ctypes, os\nif ctypes.CDLL(None).fork():\n    os.wait(); os._exit(0)",
        "exited_early",
        EARLY,
    ),
    Attack(
        "child-of-a-raw-call-comes-to-the-end",
        "import ctypes, os\nif ctypes.CDLL(None).syscall(57):\n    os.wait(); os._exit(0)",
        "exited_early",
        EARLY,
    ),
    Attack(
        "grandchild-comes-to-the-end",
        "import os\nif os.fork():\n    os.wait(); os._exit(0)\nif os.fork(): os.wait(); os._exit(0)",
        "exited_early",
        EARLY,
    ),
    Attack("exit-0", "import os; os._exit(0)", "exited_early", "left with status 0"),
    Attack("exit-3", "import os; os._exit(3)", "exited_early", "left with status 3"),
    Attack("sys.exit-0-as-the-last", "import sys\nprint('all')\nsys.exit(0)", "exited_early", "left with status 0"),
    Attack("sys.exit-with-text", "import sys\nsys.exit('why')", "exited_early", "why"),
    Attack("quit", "quit()", "exited_early", EARLY),
    Attack("subclass-of-SystemExit", "class Mine(SystemExit): pass\nraise Mine(0)", "exited_early", EARLY),
    Attack("exit-of-libc", "import ctypes; ctypes.CDLL(None).exit(0)", "exited_early", EARLY),
    Attack("raw-exit", "import ctypes; ctypes.CDLL(None).syscall(231, 0)", "exited_early", EARLY),
    Attack("thread-of-its-own-exits", "import ctypes; ctypes.CDLL(None).pthread_exit(0)", ("exited_early", "crashed")),
    Attack(
        "exit-from-a-thread",
        "import os, threading\nthreading.Thread(target=os._exit, args=(0,)).start()\nwhile True: pass",
        "exited_early",
        EARLY,
    ),
    Attack(
        "exit-from-a-signal",
        "import os, signal\nsignal.signal(10, lambda *_: os._exit(0))\nos.kill(os.getpid(), 10)\nwhile True: pass",
        "exited_early",
        EARLY,
    ),
    Attack("exit-at-exit", "import atexit, os\natexit.register(os._exit, 0)\nraise ValueError", "exited_early", EARLY),
    Attack(
        "exit-in-a-finalizer", "import os\nclass End:\n    def __del__(self): os._exit(0)\nEnd()", "exited_early", EARLY
    ),
    Attack("exec-true", "import os; os.execv('/bin/true', ['true'])", "exited_early", "left with status 0"),
    Attack(
        "exec-that-writes-a-verdict",
        f"import os; os.dup2(3, 9); os.execv('/bin/sh', ['sh', '-c', '''printf '\\n%s\\n' '{VERDICT}' >&3; exit 0'''])",
        "exited_early",
        EARLY,
    ),
    Attack(
        "exec-of-python-on-the-report",
        "import os, sys; os.set_inheritable(3, True)\n"
        "os.execv(sys.executable, ['python', '-c', \"import os; os.write(3, bytes(64)); os._exit(0)\"])",
        "exited_early",
        EARLY,
    ),
    Attack("report-closed", "import os; os.close(3)\nraise ValueError", ("exited_early", "failed")),
    Attack("everything-closed", "import os; os.closerange(0, 99)\nos._exit(0)", "exited_early", EARLY),
    Attack("report-read", "import os; print(os.read(3, 99))", "failed", "OSError"),
    Attack(
        "report-reopened",
        "import os; file = os.open('/proc/self/fd/3', os.O_RDONLY | os.O_NONBLOCK); print(os.read(file, 99))",
        "failed",
        "Error",
    ),
    Attack(
        "report-flooded",
        "import os\nfor _ in range(99): os.write(3, b'{}\\n' * 9999)\nos._exit(0)",
        "exited_early",
        EARLY,
    ),
    Attack(
        "report-nested",
        "import os\nos.write(3, b'\\n' + b'[' * 500_000 + b'\\n')\nraise ValueError('no')",
        "failed",
        "no",
    ),
    Attack(
        "report-of-strange-types",
        'import os\nos.write(3, b\'\\n{"error": [], "warnings": 7, "stand_ins": {}}\\n\')\nos._exit(0)',
        "exited_early",
        EARLY,
    ),
]

EXCEPTIONS = [
    Attack(
        "str-raises", "class E(Exception):\n    def __str__(self): raise ValueError('again')\nraise E", "failed", "E:"
    ),
    Attack(
        "str-exits", "import os, sys\nclass E(Exception):\n    def __str__(self): sys.exit(0)\nraise E", "failed", "E:"
    ),
    Attack(
        "str-leaves",
        "import os\nclass E(Exception):\n    def __str__(self): os._exit(0)\nraise E",
        "exited_early",
        EARLY,
    ),
    Attack("str-returns-no-text", "class E(Exception):\n    def __str__(self): return 7\nraise E", "failed", "E:"),
    Attack(
        "str-is-endless",
        "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
        "timed_out",
        limits=LIMITS.__class__(seconds=1.5),
    ),
    Attack("repr-is-huge", "raise ValueError('x' * 50_000_000)", "failed", "ValueError"),
    Attack(
        "text-of-a-strange-kind",
        "class S(str):\n    def __getitem__(self, at): return object()\nclass E(Exception):\n    def __str__(self): return S('s')\nraise E",
        "failed",
        "E: s",
    ),
    Attack("BaseException", "raise BaseException('no')", "failed", "BaseException: no"),
    Attack("own-BaseException", "class E(BaseException): pass\nraise E", "failed", "E:"),
    Attack("KeyboardInterrupt", "raise KeyboardInterrupt", "failed", "KeyboardInterrupt"),
    Attack("GeneratorExit", "raise GeneratorExit", "failed", "GeneratorExit"),
    Attack("StopIteration", "raise StopIteration", "failed", "StopIteration"),
    Attack("group", "raise BaseExceptionGroup('g', [SystemExit(0), ValueError('v')])", "failed", "BaseExceptionGroup"),
    Attack(
        "metaclass",
        "class M(type):\n    __qualname__ = property(lambda c: 1 / 0)\n    __name__ = property(lambda c: 1 / 0)\n    __module__ = property(lambda c: 1 / 0)\nclass E(Exception, metaclass=M): pass\nraise E",
        "failed",
    ),
    Attack(
        "class-that-says-it-is-another",
        "class E(Exception):\n    __class__ = property(lambda self: SystemExit)\nraise E('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "chain-without-end",
        "e = ValueError('no')\nf = KeyError()\ne.__context__ = f; f.__context__ = e\nraise e",
        "failed",
        "ValueError: no",
    ),
    Attack(
        "deep-chain",
        "e = None\nfor _ in range(5000):\n    n = ValueError('no'); n.__cause__ = e; e = n\nraise e",
        "failed",
    ),
    Attack("traceback-of-another-file", "raise ValueError('no').with_traceback(None)", "failed", "ValueError: no"),
    Attack("errno-that-is-no-number", "e = OSError('no'); e.errno = object()\nraise e", "failed", "OSError"),
    Attack(
        "line-that-is-no-number",
        "e = SyntaxError('no'); e.filename = 'main.py'; e.lineno = object()\nraise e",
        "failed",
        "SyntaxError",
    ),
    Attack(
        "hook-replaced",
        "import sys\nsys.excepthook = lambda *_: None\nraise ValueError('no')",
        "failed",
        "ValueError: no",
    ),
    Attack(
        "hook-of-unraisables-replaced",
        "import os, sys\nsys.unraisablehook = lambda *_: None\nraise ValueError('no')",
        "exited_early",
        EARLY,
    ),
    Attack(
        "hook-of-unraisables-calls-what-it-gets",
        "import gc, sys\ndef hook(args):\n    todo = [args.object]\n    for thing in todo[:99]:\n        todo += gc.get_referents(thing)\n"
        "    for thing in todo:\n        try: thing()\n        except BaseException: pass\nsys.unraisablehook = hook\nraise ValueError('no')",
        "exited_early",
        EARLY,
    ),
    Attack("hook-deleted", "import sys\ndel sys.unraisablehook\nraise ValueError('no')", "exited_early", EARLY),
    Attack("after-its-end", "import atexit\natexit.register(lambda: 1 / 0)"),
    Attack("exit-after-its-end", "import atexit, os\natexit.register(os._exit, 0)", "exited_early", EARLY),
    Attack(
        "output-that-cannot-be-flushed",
        "import sys\nclass Out:\n    write = print\n    def flush(self): raise SystemExit(3)\nsys.stdout = Out()",
    ),
    Attack("output-closed", "import sys\nsys.stdout.close()"),
    Attack("no-output", "import sys\nsys.stdout = sys.stderr = None"),
]

HARNESS = [
    Attack("no-frame-above", "import sys\nassert sys._getframe().f_back is None"),
    Attack("only-its-own-frames", "import sys\nassert list(sys._current_frames().values()) == [sys._getframe()]"),
    Attack("traceback-shows-nothing-else", "import traceback\nassert len(traceback.extract_stack()) == 1"),
    Attack(
        "every-local-changed",
        "import sys, threading, time\ndef spy():\n    while True:\n        for frame in sys._current_frames().values():\n"
        "            while frame:\n                if 'main.py' not in frame.f_code.co_filename:\n"
        "                    for value in list(frame.f_locals.values()):\n                        if isinstance(value, dict): value.update(ended=True, error=None)\n"
        "                frame = frame.f_back\nthreading.Thread(target=spy, daemon=True).start()\ntime.sleep(0.1)\nraise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "traced",
        "import sys\ndef trace(frame, event, argument):\n    if 'main.py' not in frame.f_code.co_filename:\n        frame.f_locals.update(error=None, ended=True, status=0)\n    return trace\n"
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
        "while todo:\n    thing = todo.pop()\n    if id(thing) in seen or str(type(thing)).startswith(\"<class 'torch\"): continue\n"
        "    seen.add(id(thing))\n    assert not isinstance(thing, mmap.mmap), thing\n"
        "    if isinstance(thing, (tuple, list, dict, map, functools.partial, type(iter([])))): todo += gc.get_referents(thing)",
        limits=LIMITS.__class__(seconds=60),
    ),
    Attack(
        "every-function-of-the-harness-replaced",
        "import gc, types\ngc.unfreeze()\nfor thing in gc.get_objects():\n"
        "    if isinstance(thing, types.FunctionType) and '/sandbox/' in thing.__code__.co_filename and not thing.__closure__:\n"
        "        try: thing.__code__ = (lambda *_, **__: None).__code__\n        except ValueError: pass\nraise ValueError('no')",
        ("failed", "exited_early"),
    ),
    Attack(
        "subclasses-searched",
        "found = [c for c in object.__subclasses__() if c.__module__.startswith('inside')]\n"
        "for c in found:\n    for name, value in list(vars(c).items()):\n        if callable(value):\n"
        "            try: setattr(c, name, lambda *_, **__: None)\n            except (AttributeError, TypeError): pass\nraise ValueError('no')",
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
        f"import os\nwrite = os.write\nos.write = lambda to, data: write(to, b'''\\n{VERDICT}\\n''') and len(data)\nraise ValueError('no')",
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
        "import os, tempfile\nfrom inside import harness\nfile = tempfile.TemporaryFile(); file.write(bytes(64)); file.seek(0)\n"
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
        "import ctypes\nctypes.memmove(id(False) + 24, id(True) + 24, 4)\nctypes.memmove(id(1) + 24, id(0) + 24, 4)\nraise ValueError('no')",
        ("failed", "exited_early", "crashed"),
    ),
    Attack(
        "stand-ins-claimed",
        "import sys\nfor finder in sys.meta_path:\n    g = getattr(type(finder), 'find_spec', None)\n    if hasattr(g, '__globals__') and 'used' in g.__globals__: g.__globals__['used'] += ['<b>x</b>', 7]\nraise ValueError('no')",
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
    Attack("none-overwritten", "import ctypes; ctypes.memset(id(None), 0, 32)\nNone.x", ("crashed", "failed", "exited_early")),
    Attack("code-that-is-no-code", "import types\nf = lambda: 0\nf.__code__ = f.__code__.replace(co_code=b'\\x64\\xff' * 99)\nf()", ("crashed", "failed", "exited_early")),
    Attack("recursion", "def f(): f()\nf()", "failed", "RecursionError"),
    Attack("recursion-without-limit", "import sys; sys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())", ("crashed", "failed")),
    Attack("debugger", "import pdb; pdb.set_trace()", ("failed", "exited_early")),
    Attack("breakpoint", "breakpoint()", ("failed", "exited_early")),
    Attack("input-at-its-end", "input()", "failed", "EOFError"),
    Attack("crash-told", "import faulthandler, sys\nfaulthandler.enable()\nimport ctypes; ctypes.string_at(0)", "crashed", "Segmentation fault"),
    Attack("later", "import faulthandler, time\nfaulthandler.dump_traceback_later(0.1, exit=True); time.sleep(9)", "exited_early", EARLY),
    Attack("alarm", "import signal, time; signal.alarm(1); time.sleep(9)", "crashed", "signal 14"),
    Attack("segfault-signalled", "import os; os.kill(os.getpid(), 11)", "crashed", "signal 11"),
    Attack("files-limited-away", "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))"),
    Attack("memory-limited-away", "import resource; resource.setrlimit(resource.RLIMIT_AS, (1, 1)); bytearray(1 << 28)", ("out_of_memory", "crashed", "exited_early")),
    Attack("collector-broken", "import gc; gc.callbacks.append(lambda *_: 1 / 0); gc.collect()"),
    Attack("audited", "import sys\nsys.addaudithook(lambda *_: (_ for _ in ()).throw(SystemExit(0)))\nopen('x')", "exited_early", EARLY),
    Attack("every-type-made", "import gc\nfor t in object.__subclasses__():\n    if t.__module__ in ('builtins', '_thread', '_ctypes'):\n        try: t()\n        except BaseException: pass", ("passed", "crashed", "failed", "exited_early")),
]  # fmt: skip


@pytest.mark.parametrize("attack", FORGERIES, ids=str)
def test_verdict_cannot_be_forged_by_writing_or_leaving(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize("attack", EXCEPTIONS, ids=str)
def test_strange_exceptions_are_told_as_such(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize("attack", HARNESS, ids=str)
def test_harness_is_out_of_sight_and_changing_it_gains_nothing(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize("attack", INTERPRETER, ids=str)
def test_interpreter_tricks_end_the_run_only(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


def test_report_that_is_not_believed_cannot_pass_for_another_reason(arena: Arena) -> None:
    code = 'import os\nos.write(3, b\'\\n{"error": {"type": "<b>", "message": "\\\\u001b[31m", "line": true}}\\n\')\nos._exit(0)'
    verdict = arena.endure(Attack("claimed", code, "failed"))
    assert verdict.error is not None
    assert (verdict.error.message, verdict.error.line) == ("\\x1b[31m", None)


def test_output_never_carries_control_characters(arena: Arena) -> None:
    code = "import sys, os\nos.write(1, bytes(range(256)))\nsys.stderr.write('\\x1b]0;x\\x07\\u202e\\u2066')\nraise ValueError('\\x1b[2J')"
    verdict = arena.endure(Attack("controls", code, "failed"))
    assert verdict.error is not None
    for text in (verdict.stdout, verdict.stderr, verdict.error.message, verdict.error.traceback):
        assert all(character.isprintable() or character in "\n\t\ufffd" for character in text), text
