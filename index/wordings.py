"""Two lists of texts that are searched with the corpus and never shown.

``phrasings.txt`` holds further ways to put the questions of the bundled entries, ``background.txt`` what people also
ask and no entry covers, by topic. Both are lines below ``# name``; lines that begin with ``%`` are comments. An entry
that somebody adds works without either.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

PHRASINGS = Path(__file__).with_name("phrasings.txt")
BACKGROUND = Path(__file__).with_name("background.txt")


@cache
def phrasings() -> Mapping[str, tuple[str, ...]]:
    """Further phrasings by the id of their entry."""
    return read_wordings(PHRASINGS)


@cache
def background() -> Mapping[str, tuple[str, ...]]:
    """What is not covered, by topic."""
    return read_wordings(BACKGROUND)


def read_wordings(path: Path) -> dict[str, tuple[str, ...]]:
    """The lines below each ``# name``, each once; a name may come twice.

    Raises:
        ValueError: a line stands before the first name.
    """
    found: dict[str, dict[str, None]] = {}
    lines: dict[str, None] | None = None
    for number, line in enumerate(map(str.strip, path.read_text(encoding="utf-8").splitlines()), 1):
        if not line or line.startswith("%"):
            continue
        if line.startswith("# "):
            lines = found.setdefault(line[2:], {})
        elif lines is None:
            raise ValueError(f"{path.name}:{number}: the line stands before the first '# name'")
        else:
            lines[line] = None
    return {name: tuple(texts) for name, texts in found.items()}
