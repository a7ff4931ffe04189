"""A long message to what matters in it: the sentences, the exception, the calls into torch; pure.

A pasted traceback or two hundred lines of code drown the one sentence that asks something, and the encoder reads only
the beginning. Kept are, in this order: what is prose (comments too), the lines of exceptions and warnings, the lines
of the asker's own code that a traceback points at, and of other code the names that belong to PyTorch.
"""

import re
from dataclasses import dataclass, field

SHORT = 240
"""Messages up to this many characters are searched as they are, unless they hold a traceback."""

MAX_PROSE = 700
MAX_ERRORS = 500
MAX_NAMES = 24
MAX_LINES = 2000
MAX_LINE = 400

_FRAME = re.compile(r'^\s*(?:File|Cell|Input) (?:"[^"]*"|\S+),? ?(?:line|In) ?\S+')
_LIBRARY = re.compile(r"site-packages|dist-packages|[/\\]lib[/\\]python|torch[/\\]|<frozen|importlib")
_NOTE = re.compile(
    r"^(?:Traceback \(most recent call last\)|During handling of|The above exception|[\s^~\-=*.|+]*$|"
    r"\s*\(?Triggered internally at|\s*(?:warnings\.)?warn\(|\[rank\d|\S+@\S+[:~].*\$|>>> ?$|\$ )"
)
_ERROR = re.compile(
    r"(?:^|[\s:])((?:[A-Za-z_]\w*\.)*[A-Za-z_]*(?:Error|Exception|Warning|Interrupt|Exit|Unsupported|InvalidArgument|Fail)"
    r"(?:\b(?! in )): ?.*|(?:assert|CUDA error|Segmentation fault|Bus error|Aborted|Killed\b).*)$"
)
_CODE = re.compile(
    r"^\s*(?:"
    r"(?:from|import|def|class|return|for|while|with|if|elif|else|try|except|finally|raise|async|await|assert|print|del|"
    r"global|pass|break|continue|lambda)\b.*[:()=.,]|"
    r"(?:pass|break|continue|else:|try:|return)\s*$|@\w|>>> |\.\.\. |import \w+|from \w+ import|"
    r"[\w.\[\]'\", ]+ ?(?:[-+*/@|&]|//|\*\*)?= ?\S|[\w.]+\([^ ].*\)?[,;]?$|[\w.]+\(\)|[)\]}]+[,.:\w()]*$|"
    r"['\"\w]+: ?[\w.\"'\[{(]+,$)"
)
_NAME = re.compile(
    r"\b(?:(?:torch|nn|optim|F|autograd|utils|data|jit|onnx|cuda|functional|transforms|models|datasets|torchvision|"
    r"init|tf|keras|jnp|jax|np)\.[A-Za-z_][\w.]*|[A-Z][a-z]+[A-Z0-9]\w*|[A-Za-z]+_[a-z_]+\w*)|\.[a-z_]\w{2,}(?=\()"
)
_COMMENT = re.compile(r"#\s*(.*\w.*)$")
_OWN = frozenset({"__init__", "__name__", "__main__", "__len__", "__getitem__"})


@dataclass(slots=True)
class _Parts:
    prose: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    pointed: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)


def reduced(text: str) -> str:
    """The part of ``text`` to search for; ``text`` itself where it is short or plain prose."""
    if len(text) <= SHORT and "Traceback (most" not in text and '  File "' not in text:
        return text
    parts = _parts(text)
    if not parts.errors and not parts.pointed and not parts.code:
        return text
    kept = [_cut(" ".join(parts.prose), MAX_PROSE), _cut("\n".join(parts.errors[-3:]), MAX_ERRORS)]
    kept += [_cut("\n".join(parts.pointed[-2:]), MAX_ERRORS)]
    if len(parts.code) <= 12 and sum(map(len, parts.code)) <= SHORT * 2:
        kept.append("\n".join(parts.code))
    else:
        kept.append(" ".join(_names(parts.code)))
    return "\n".join(filter(None, kept)) or text


def _parts(text: str) -> _Parts:
    parts = _Parts()
    frame = ""
    for raw in text.splitlines()[:MAX_LINES]:
        line = raw[:MAX_LINE].rstrip()
        if not line.strip() or _NOTE.match(line):
            continue
        error = _ERROR.search(line)
        if _FRAME.match(line):
            frame = line
        elif error and not _CODE.match(line):
            frame = ""
            parts.errors.append(error[1])
        elif frame:
            if not _LIBRARY.search(frame):
                parts.pointed.append(line.strip())
            frame = ""
        elif _CODE.match(line):
            comment = _COMMENT.search(line)
            if comment:
                parts.prose.append(comment[1])
                line = line[: comment.start()].rstrip()
            parts.code.append(line)
        else:
            parts.prose.append(line.strip().lstrip("#> "))
    return parts


def _names(lines: list[str]) -> list[str]:
    """The names in ``lines`` that look like an interface, each once, the rarer ones kept first."""
    counts: dict[str, int] = {}
    for line in lines:
        for name in _NAME.findall(line):
            if name not in _OWN:
                counts[name] = counts.get(name, 0) + 1
    return list(counts)[:MAX_NAMES]


def _cut(text: str, length: int) -> str:
    """The first two thirds and the last third of a text that is longer than ``length``."""
    if len(text) <= length:
        return text
    return f"{text[: length * 2 // 3]} {text[-length // 3 :]}"
