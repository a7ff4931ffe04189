"""Small questions to a piece of Markdown source: does it end, are its back-ticks closed; pure."""

import re

_END = re.compile(r"""([.!?…。！？][)"'”’»\]*_]*|\]\([^()\s]*\)|https?://\S+)$""")
_TICKS = re.compile(r"(?<!\\)`+")
_RUN_FENCES = ("python", "output", "error")


def breaks_off(paragraph: str) -> bool:
    """Whether ``paragraph`` ends in the middle of a sentence: with no full stop, link or address."""
    return not _END.search(paragraph.rstrip().rsplit("\n", 1)[-1])


def unclosed_tick(text: str) -> int | None:
    """Where in ``text`` the first run of back-ticks starts that no run of the same length closes."""
    runs = list(_TICKS.finditer(text))
    place = 0
    while place < len(runs):
        length = len(runs[place][0])
        closing = next((n for n in range(place + 1, len(runs)) if len(runs[n][0]) == length), None)
        if closing is None:
            return runs[place].start()
        place = closing + 1
    return None


def fenced(content: str, info: str = "text") -> str:
    """``content`` as a fenced block that is never run."""
    language = info.replace("`", "").strip()
    if language.split()[:1] and language.split()[0] in _RUN_FENCES:
        language = "text"
    return f"{marks(content)}{language}\n{content.rstrip()}\n{marks(content)}"


def marks(content: str) -> str:
    """Back-ticks that fence ``content``: more than it has in a row."""
    return "`" * (max((len(run) for run in re.findall(r"`{3,}", content)), default=2) + 1)
