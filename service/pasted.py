"""What a learner pasted into a message: prose, a program, a traceback; pure.

The program is only told apart here, by the look of its lines. It is never parsed or compiled in the service: it is not
to be trusted, and the sandbox says what it does.
"""

import re
from dataclasses import dataclass

from service.sandbox import Verdict

MIN_LINES = 2
MAX_LINE = 500
MAX_SEARCHED = 500
MAX_PRINTED = 600
NO_RUN = ("refused", "sandbox_error", "killed")
RESTS = "What follows rests on your words and on what it uses."

_FENCE = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^[ \t]*(?P=mark)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_RAISED = re.compile(
    r"^(?:E[ \t]+)?(?P<line>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning|Interrupt)\b(?::[^\n]*)?)",
    re.MULTILINE,
)
_TRACE_LINE = re.compile(r"^\s*(?:Traceback \(most recent call last\)|File \"[^\"\n]*\", line \d+|\^+|~+\^*~*|\.\.\. )")
_CODE_LINE = re.compile(
    r"^\s*(?:>>> ?|\.\.\. ?)?(?:import [\w.]+|from [\w.]+ import |def \w+\(.*:|class \w+.*:|for .+ in .+:|while .+:"
    r"|if .+:|else:|elif .+:|with .+:|try:|except.*:|return\b.*|@\w[\w.]*|[\w.\[\], ]+[-+*/]?= ?[^=\s].*"
    r"|[\w.]+\(.*[)\](\[{,]|[)\]}]+[,)]*|#.*)\s*(?:#.*)?$"
)
_STRONG = re.compile(
    r"^\s*(?:>>> )?(?:import |from [\w.]+ import |def \w+\(|class \w+[(:]|\w[\w.]* *= *\S|\w+(?:\.\w+)+\("
    r"|for \w+ in |with )"
)
_SENTENCE = re.compile(r"^[^#]*(?:[a-z] [a-z]+ [a-z]+ [a-z]+[?.]?\s*$|[\w)][.?!]\s+[A-Za-z']+\b|\?\s*$)")
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_IMPORTS = (
    ("torch", "import torch", r"\btorch\."),
    ("nn", "from torch import nn", r"(?<![\w.])nn\."),
    ("F", "import torch.nn.functional as F", r"(?<![\w.])F\."),
    ("optim", "from torch import optim", r"(?<![\w.])optim\."),
    ("np", "import numpy as np", r"(?<![\w.])np\."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pasted:
    """A message taken apart.

    Args:
        prose: what is neither program nor traceback.
        code: a program, ready to be run; empty where there is none.
        error: the line of a pasted traceback that names the exception; empty where there is none.
    """

    prose: str
    code: str = ""
    error: str = ""


def read(message: str) -> Pasted:
    """Take ``message`` apart."""
    fenced = [
        match["code"]
        for match in _FENCE.finditer(message)
        if match["language"].lower() not in ("text", "output", "bash", "sh")
    ]
    rest = _FENCE.sub("\n", message)
    traces = [
        block for block in (*fenced, message) if "Traceback (most recent call last)" in block or _RAISED.search(block)
    ]
    error = _error(traces[0]) if traces else ""
    code = "\n\n".join(block for block in fenced if block not in traces)
    prose_lines, code_lines = _sorted(rest, is_trace="Traceback (most recent call last)" in rest)
    if (
        not code
        and not error
        and len(code_lines) >= MIN_LINES
        and sum(bool(_STRONG.match(line)) for line in code_lines) >= MIN_LINES
    ):
        code = "\n".join(code_lines)
    elif not error or "Traceback (most recent call last)" not in rest:
        prose_lines = rest.split("\n")
    prose = "\n".join(prose_lines).strip()
    return Pasted(prose.replace(error, "").strip() if error else prose, _program(code) if code.strip() else "", error)


def _error(trace: str) -> str:
    """The last exception that a traceback names."""
    found = _RAISED.findall(trace)
    return " ".join(found[-1].split())[:500] if found else ""


def _sorted(text: str, *, is_trace: bool) -> tuple[list[str], list[str]]:
    """The lines of prose and those of code; those of a traceback are neither."""
    prose: list[str] = []
    code: list[str] = []
    tracing = False
    for line in text.split("\n"):
        if _TRACE_LINE.match(line):
            tracing = True
            continue
        if tracing and line.startswith(("  ", "\t")):
            continue
        tracing = tracing and is_trace and bool(_RAISED.match(line))
        looks = (
            len(line) <= MAX_LINE
            and bool(_CODE_LINE.match(line))
            and not re.search(r"[a-z] [a-z]+ [a-z]+ [a-z]+[?.]?\s*$", line)
        )
        (code if looks or (code and line[:1] in (" ", "\t")) else prose).append(line)
    return prose, code


def _program(code: str) -> str:
    """The program without prompts, with the usual imports that it takes for granted."""
    if re.search(r"^>>> ", code, re.MULTILINE):
        code = "\n".join(line[4:] for line in code.split("\n") if line.startswith((">>> ", "... ")))
    missing = [
        line
        for name, line, use in _IMPORTS
        if re.search(use, code) and not re.search(rf"^\s*(?:import|from)\b.*\b{name}\b", code, re.MULTILINE)
    ]
    return "\n".join([*missing, code.strip("\n")]) + "\n"


def is_fragment(verdict: Verdict) -> bool:
    """Whether the run only shows that the program is not whole: a name, a module or a file it takes for granted."""
    return verdict.error is not None and verdict.error.type in (
        "NameError",
        "ModuleNotFoundError",
        "FileNotFoundError",
        "IndentationError",
    )


def report(verdict: Verdict | None, not_run: str = "") -> str:
    """What the run showed, in a sentence or two of Markdown; or why there was none, where that is to be told."""
    if verdict is None:
        return f"Your program was {_inline(not_run)}. {RESTS}" if not_run else ""
    if verdict.status in NO_RUN:
        return f"Your program was {_why_not(verdict)}. {RESTS}"
    told = f"I ran your program: {_ending(verdict)}"
    if is_fragment(verdict):
        told += " So it is not whole as it stands; what follows rests on your words and on what it uses."
    return told


def report_again(verdict: Verdict | None, not_run: str) -> str:
    """The same of a program that was to be run once more."""
    if verdict is None or verdict.status in NO_RUN:
        return f"It was {_inline(not_run) if verdict is None else _why_not(verdict)}."
    return f"I ran it again: {_ending(verdict)}"


def _why_not(verdict: Verdict) -> str:
    return "not run" + (f" ({_inline(verdict.stderr)})" if verdict.stderr.strip() else "")


def _ending(verdict: Verdict) -> str:
    """How a run ended."""
    error = verdict.error
    if error is not None:
        where = f" in line {error.line}" if error.line else ""
        return f"it stops{where} with `{_inline(f'{error.type}: {error.message}')}`."
    if verdict.status == "passed":
        warned = f" It warns: `{_inline(verdict.warnings[0])}`." if verdict.warnings else ""
        printed = " What it printed stands below it." if verdict.stdout.strip() else " It prints nothing."
        return f"it passes.{printed}{warned}"
    ends = {
        "timed_out": "it was still running when its time was up",
        "out_of_memory": "it needed more memory than a run may take",
        "exited_early": "it ended itself before its last line",
        "crashed": "the whole process crashed",
        "over_limit": "it went over a limit of the sandbox",
    }
    return f"{ends.get(verdict.status, verdict.status)}."


def query(message: str, verdict: Verdict | None) -> str:
    """What to search for: the message, below the exception or warning that its program really ended with."""
    if verdict is not None and verdict.error is not None and not is_fragment(verdict):
        return f"{verdict.error.type}: {verdict.error.message[:MAX_SEARCHED]}\n{message}"
    if verdict is not None and verdict.warnings:
        return f"{verdict.warnings[0][:MAX_SEARCHED]}\n{message}"
    return message


def said(pasted: Pasted, verdict: Verdict | None) -> str:
    """The message without the program and the frames of a traceback: what a person would read out."""
    ended = (
        f"{verdict.error.type}: {verdict.error.message}" if verdict is not None and verdict.error is not None else ""
    )
    return "\n".join(filter(None, (pasted.prose, pasted.error or ended))) or "What does this program do?"


def _inline(text: str) -> str:
    """``text`` as it can stand between backticks."""
    return " ".join(text.replace("`", "'").split())[:MAX_PRINTED]
