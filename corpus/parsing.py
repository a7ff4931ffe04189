"""Whether programs are Python, decided in a process of its own: parsing hostile text can end the one that does it."""

import json
import subprocess
import sys
from collections.abc import Sequence

SECONDS = 60
MAX_LOST = 20
"""So many programs may end the process before the rest is given up."""

_CHILD = """
import ast, json, sys, warnings
warnings.simplefilter("ignore")
for code in json.load(sys.stdin):
    fault = None
    try:
        ast.parse(code)
    except SyntaxError as error:
        fault = (error.lineno or 1, error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        fault = (1, str(error) or type(error).__name__)
    print(json.dumps(fault), flush=True)
"""


def syntax_faults(programs: Sequence[str]) -> list[tuple[int, str] | None]:
    """For each program ``None``, or the line (from 1) and what is wrong there."""
    found: list[tuple[int, str] | None] = []
    if not programs:
        return found
    for _ in range(MAX_LOST):
        found += _parsed(programs[len(found) :])
        if len(found) >= len(programs):
            return found
        found.append((1, "it cannot be parsed"))  # the one at which the process ended
    return found + [(1, "it was not parsed, since too many others cannot be")] * (len(programs) - len(found))


def _parsed(programs: Sequence[str]) -> list[tuple[int, str] | None]:
    """What the process said before it ended."""
    command = [sys.executable, "-I", "-S", "-c", _CHILD]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        said, _ = child.communicate(json.dumps(list(programs)).encode(), timeout=SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        said, _ = child.communicate()
    lines = [json.loads(line) for line in said.splitlines()]
    return [None if line is None else (int(line[0]), str(line[1])) for line in lines]
