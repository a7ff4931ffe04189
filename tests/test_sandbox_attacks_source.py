"""Attacks by source: whatever text is sent, it is a program with its own error, never a fault of the sandbox."""

import pytest
from attacks import Arena, Attack

pytestmark = pytest.mark.integration

SYNTAX = "SyntaxError"
DEEP = ("failed", "crashed")

SOURCES = [
    Attack("parentheses", "(" * 50_000, "failed", SYNTAX),
    Attack("closed-parentheses", "x = " + "(" * 199 + "1" + ")" * 199, ("passed", "failed")),
    Attack("brackets", "[" * 100_000 + "]" * 100_000, "failed", "Error"),
    Attack("minus-signs", "-" * 300_000 + "1", DEEP),
    Attack("not", "not " * 100_000 + "1", DEEP),
    Attack("lambdas", "lambda: " * 20_000 + "1", DEEP),
    Attack("powers", "2" + "**2" * 30_000, DEEP),
    Attack("sums", "+".join(["1"] * 50_000), DEEP),
    Attack("attributes", "x = 1\nx" + ".a" * 50_000, DEEP),
    Attack("calls", "f" + "()" * 50_000, DEEP),
    Attack("else-ifs", "if 0: pass\n" + "elif 0: pass\n" * 5000, ("passed", *DEEP)),
    Attack("blocks", "\n".join(" " * n + "if 1:" for n in range(200)) + "\n" + " " * 200 + "pass", "failed", "Error"),
    Attack("f-strings", "x = 1\n" + "f'{" * 100 + "x" + "}'" * 100, "failed", SYNTAX),
    Attack("comprehensions", "[" * 60 + "x" + " for x in [1]]" * 60, ("failed", "passed")),
    Attack("number-of-many-digits", "x = " + "9" * 900_000, "failed", SYNTAX),
    Attack("constant-that-is-folded", "x = 'a' * 4000 * 4000 * 4000", "out_of_memory"),
    Attack("constant-shifted", "x = 1 << 10 ** 10", ("out_of_memory", "failed")),
    Attack("nul", "print(1)\0", "failed", SYNTAX),
    Attack("nul-in-a-comment", "# \0\nprint(1)", "failed", SYNTAX),
    Attack("nul-first", "\0", "failed", SYNTAX),
    Attack("lone-surrogate", "print('\ud800')", "failed", SYNTAX),
    Attack("surrogate-pair-apart", "print('\ud83d' '\ude00')", "failed", SYNTAX),
    Attack("surrogate-as-a-name", "\udfff = 1", "failed", SYNTAX),
    Attack("order-turned", "# \u202e\nprint(1)", prints="1\n"),
    Attack("homoglyph", "\u0430 = 1\nprint(a)", "failed", "NameError"),
    Attack("no-break-space", "x\u00a0= 1", "failed", SYNTAX),
    Attack("line-separators", "print(1)\u2028print(2)", "failed", SYNTAX),
    Attack("byte-order-mark", "\ufeffprint(1)", prints="1\n"),
    Attack("two-byte-order-marks", "\ufeff\ufeffprint(1)", "failed", SYNTAX),
    Attack("form-feed", "\f\nprint(1)\n\fprint(2)", prints="1\n2\n"),
    Attack("carriage-returns", "print(1)\rprint(2)\r\nprint(3)", prints="1\n2\n3\n"),
    Attack("vertical-tab", "print(1)\v", "failed", SYNTAX),
    Attack("escape", "\x1b[2J", "failed", SYNTAX),
    Attack("tabs-and-spaces", "if 1:\n\tx = 1\n        y = 2", ("failed", "passed")),
    Attack("backslash-at-the-end", "x = 1 \\", "failed", SYNTAX),
    Attack("no-newline-at-the-end", "print(1)", prints="1\n"),
    Attack("only-comments", "# nothing"),
    Attack("only-spaces", "   \n\t\n"),
    Attack("coding-that-does-not-exist", "# coding: no-such-thing\nprint(1)", "failed", SYNTAX),
    Attack("coding-latin-1", "# coding: latin-1\nprint(len('é'))", prints="2\n"),
    Attack("coding-utf-7", "# coding: utf-7\nprint(1)", ("passed", "failed")),
    Attack("coding-utf-16", "# coding: utf-16\nprint(1)", "failed", SYNTAX),
    Attack("coding-rot13", "# coding: rot13\ncevag(1)", "failed", SYNTAX),
    Attack("coding-of-bytes", "# coding: zip\nprint(1)", "failed", SYNTAX),
    Attack("coding-that-is-a-path", "# coding: ../../etc/passwd\nprint(1)", "failed", SYNTAX),
    Attack("shebang", "#!/bin/sh\nprint(1)", prints="1\n"),
    Attack("future", "from __future__ import braces", "failed", SYNTAX),
    Attack("await-at-the-top", "await x", "failed", SYNTAX),
    Attack("return-at-the-top", "return 1", "failed", SYNTAX),
    Attack("python-2", "print 'x'", "failed", SYNTAX),
    Attack("many-lines", "x = 1\n" * 100_000),
    Attack("long-line", "x = '" + "a" * 900_000 + "'"),
    Attack("many-names", "\n".join(f"name_{n} = {n}" for n in range(40_000))),
    Attack("megabytes", "x = '''" + "a\n" * 2_500_000 + "'''\nprint(len(x))", prints="5000000\n"),
    Attack("no-python", "<html><script>alert(1)</script>", "failed", SYNTAX),
    Attack("bytes-of-a-program", b"\x7fELF\x02\x01\x01".decode("latin-1") * 99, "failed", SYNTAX),
]


@pytest.mark.parametrize("attack", SOURCES, ids=str)
def test_hostile_source_is_a_program_with_its_own_error(arena: Arena, attack: Attack) -> None:
    verdict = arena.endure(attack)
    assert "/sandbox/" not in verdict.stderr + (verdict.error.traceback if verdict.error else "")


def test_line_of_an_error_is_the_sources_own(arena: Arena) -> None:
    verdict = arena.endure(Attack("line", "\n" * 99_999 + "1 / 0", "failed", "ZeroDivisionError"))
    assert verdict.error is not None
    assert verdict.error.line == 100_000
