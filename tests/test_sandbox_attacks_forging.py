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
        f"import os\nfor number in range(256):\n    try: os.write(number, b'''\\n{VERDICT}\\n''')\n"
        f"    except OSError: pass\n"
        "os._exit(0)",
        "exited_early",
        EARLY,
    ),
    Attack(
        "to-every-descriptor-and-raised",
        f"import os\nfor number in range(3, 256):\n    try: os.write(number, b'''\\n{VERDICT}\\n''')\n"
        f"    except OSError: pass\n"
        "raise ValueError('no')",
        "failed",
        "ValueError: no",
    ),
    Attack(
        "from-a-child-that-goes-on",
        f"import os, time\nif os.fork() == 0:\n    for _ in range(50):\n"
        f"        os.write(3, b'''\\n{VERDICT}\\n'''); time.sleep(0.01)\n"
        "raise ValueError('no')",
        ("failed", "exited_early"),  # it may write over what is told of the exception, not what is believed
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
        "class S(str):\n    def __getitem__(self, at): return object()\nclass E(Exception):\n"
        "    def __str__(self): return S('s')\nraise E",
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
        "class M(type):\n    __qualname__ = property(lambda c: 1 / 0)\n"
        "    __name__ = property(lambda c: 1 / 0)\n    __module__ = property(lambda c: 1 / 0)\n"
        "class E(Exception, metaclass=M): pass\nraise E",
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
        "import gc, sys\ndef hook(args):\n    todo = [args.object]\n    for thing in todo[:99]:\n"
        "        todo += gc.get_referents(thing)\n"
        "    for thing in todo:\n        try: thing()\n        except BaseException: pass\n"
        "sys.unraisablehook = hook\nraise ValueError('no')",
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


@pytest.mark.parametrize("attack", FORGERIES, ids=str)
def test_verdict_cannot_be_forged_by_writing_or_leaving(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


@pytest.mark.parametrize("attack", EXCEPTIONS, ids=str)
def test_strange_exceptions_are_told_as_such(arena: Arena, attack: Attack) -> None:
    arena.endure(attack)


def test_report_that_is_not_believed_is_shown_as_plain_text(arena: Arena) -> None:
    report = '{"error": {"type": "<b>", "message": "\\\\u001b[31m", "line": true}}'
    code = f"import os\nos.write(3, b'\\n{report}\\n')\nos._exit(0)"
    verdict = arena.endure(Attack("claimed", code, "failed"))
    assert verdict.error is not None
    assert (verdict.error.message, verdict.error.line) == ("\\x1b[31m", None)


def test_output_never_carries_control_characters(arena: Arena) -> None:
    code = (
        "import sys, os\nos.write(1, bytes(range(256)))\n"
        "sys.stderr.write('\\x1b]0;x\\x07\\u202e\\u2066')\nraise ValueError('\\x1b[2J')"
    )
    verdict = arena.endure(Attack("controls", code, "failed"))
    assert verdict.error is not None
    for text in (verdict.stdout, verdict.stderr, verdict.error.message, verdict.error.traceback):
        assert all(character.isprintable() or character in "\n\t" for character in text), text
