"""The sentences of an answer and its blocks of code, each with its place; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.words import content

FEWEST_WORDS = 3
PYTHON = ("python", "py", "python3", "ipython", "pytorch")

_FENCED = re.compile(
    r"^(?P<indent> {0,3})(?P<mark>`{3,}|~{3,})(?P<info>[^\n`]*)\n(?P<code>.*?)^ {0,3}(?P=mark)[`~]*[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_LOOKS_LIKE_PYTHON = re.compile(r"^(?:import |from \w+ import )|\btorch\.|^\s*print\(", re.MULTILINE)
_BREAK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+>#|]|\d{1,2}[.)])[ \t])")
_OPENING = re.compile(r"[ \t]*(?:(?:[-*+>]|#{1,6}|\d{1,2}[.)])[ \t]+)*")
_END = re.compile(r"[.!?…][\"'”’)*_`]*(?:[ \t]*\[\d{1,3}\??\])*(?=\s|$)")
_SHORT = re.compile(r"(?:\b(?:e\.g|i\.e|vs|etc|cf|approx|resp|no|fig)|^\s*\d{1,2})\.$", re.IGNORECASE)
_CITED = re.compile(r"(?<!\w)\[(\d{1,3})\]")
_MARKS = re.compile(r"\[\d{1,3}\??\]|[*#>|]|(?<!\w)_|_(?!\w)")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code in an answer; ``code`` is what stands between its fences, to the byte."""

    code: str
    language: str
    start: int
    end: int

    @property
    def is_python(self) -> bool:
        return self.language in PYTHON or (not self.language and bool(_LOOKS_LIKE_PYTHON.search(self.code)))


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence: where it stands, its words without marks, and the numbers that it cites."""

    start: int
    end: int
    text: str
    citations: tuple[int, ...]

    @property
    def claims(self) -> bool:
        """Whether it says something that can be true or false; a question or a bare announcement does not."""
        return not self.text.endswith(("?", ":")) and len(set(content(self.text))) >= FEWEST_WORDS


def blocks(markdown: str, start: int = 0) -> tuple[Block, ...]:
    """The fenced blocks; those that are not closed are none."""
    return tuple(
        Block(_dedented(one["code"], len(one["indent"])), _language(one["info"]), *one.span())
        for one in _FENCED.finditer(markdown, start)
    )


def sentences(markdown: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """The sentences of ``markdown[start:end]``, outside of blocks of code."""
    end = len(markdown) if end is None else end
    place = start
    for block in _FENCED.finditer(markdown, start, end):
        yield from _paragraphs(markdown, place, block.start())
        place = block.end()
    yield from _paragraphs(markdown, place, end)


def _paragraphs(markdown: str, start: int, end: int) -> Iterator[Span]:
    place = start
    for gap in _BREAK.finditer(markdown, start, end):
        yield from _split(markdown, place, gap.start())
        place = gap.end()
    yield from _split(markdown, place, end)


def _split(markdown: str, start: int, end: int) -> Iterator[Span]:
    opening = _OPENING.match(markdown, start, end)
    place = opening.end() if opening else start
    for stop in _END.finditer(markdown, place, end):
        head = markdown[place : stop.start() + 1]
        if _SHORT.search(head) or head.count("`") % 2:
            continue
        yield from _span(markdown, place, stop.end())
        place = stop.end()
    yield from _span(markdown, place, end)


def _span(markdown: str, start: int, end: int) -> Iterator[Span]:
    text = markdown[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    if text.strip("*_ "):
        cited = tuple(dict.fromkeys(int(number) for number in _CITED.findall(text)))
        plain = " ".join(_MARKS.sub("", text).split())
        yield Span(start, start + len(text), plain, cited)


def _language(info: str) -> str:
    """The first word of what stands after a fence: ``python title="a"`` and ``{.python}`` are Python too."""
    word = re.search(r"[\w+#-]+", info.lower())
    return word[0] if word else ""


def _dedented(code: str, indent: int) -> str:
    if not indent:
        return code
    return "".join(line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in code.splitlines(keepends=True))
