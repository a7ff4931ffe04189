"""What a language model writes, made safe to show while it streams; pure.

Outside of code: a citation of nothing is marked (``[7?]``), links, images and addresses that do not lead to a lesson
here are taken out (their words stay), and HTML is shown as text. Blocks of code pass as they are, to the byte: they are
run as they stand. Text is held back only while a bracket, a span of code or an address may still be open.
"""

import re

MAX_HELD = 300

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_CITATION = re.compile(
    r"(?<![\w\]`])(?:\[(?:source |lesson )?\d{1,3}(?:, ?\d{1,3})*\]|【\d{1,3}[^】]{0,20}】)(?!\()", re.IGNORECASE
)
_FURTHER = re.compile(r"(?<=\])\[\d{1,3}(?:, ?\d{1,3})*\](?!\()")
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?[^()]{0,100}\)")
_REFERENCE = re.compile(r"!?\[([^\[\]\d][^\[\]]{0,200})\]\[[^\[\]]{0,100}\]")
_ADDRESS = re.compile(
    r"(?:\b(?:https?|ftp|file|data|javascript|vbscript|mailto):|\bwww\.|(?<![\w:/.])//(?=\w))[^\s<>\"'`]+",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_ENTRY = re.compile(r"/entries/[a-z0-9-]{1,100}(?:#[a-z0-9-]{1,40})?")
TAKEN_OUT = "(link removed)"


class Sieve:
    """Takes the pieces of an answer as they come; ``sources`` is how many may be cited."""

    def __init__(self, sources: int) -> None:
        self._sources = sources
        self._held = ""
        self._fence = ""
        self._line_began = False

    def feed(self, text: str) -> str:
        """What can be shown now."""
        self._held += text
        shown = []
        while (end := self._held.find("\n")) >= 0:
            line, self._held = self._held[: end + 1], self._held[end + 1 :]
            shown.append(self._whole(line))
        if not self._fence and not self._may_be_fence():
            cut = _safe(self._held)
            if cut:
                shown.append(self._clean(self._held[:cut]))
                self._held = self._held[cut:]
                self._line_began = True
        return "".join(shown)

    def end(self) -> str:
        """What is left; a block of code that was not closed is closed."""
        last = self._whole(self._held) if self._held else ""
        self._held = ""
        if self._fence:
            last += f"{'' if not last or last.endswith(chr(10)) else chr(10)}{self._fence}\n"
            self._fence = ""
        return last

    def _may_be_fence(self) -> bool:
        start = self._held.lstrip(" ")
        return not self._line_began and (not start or (start[0] in "`~" and len(start) < MAX_HELD))

    def _whole(self, line: str) -> str:
        began, self._line_began = self._line_began, False
        mark = None if began else _FENCE.match(line.rstrip("\n"))
        if self._fence:
            if mark and mark[1].startswith(self._fence) and not mark[2].strip():
                self._fence = ""
            return line
        if mark and "`" not in mark[2]:
            self._fence = mark[1]
            return line
        return self._clean(line)

    def _clean(self, text: str) -> str:
        """``text`` without what must not be shown, its spans of code left alone."""
        parts, place = [], 0
        for span in _CODE_SPAN.finditer(text):
            parts += [self._prose(text[place : span.start()]), span[0]]
            place = span.end()
        return "".join([*parts, self._prose(text[place:])])

    def _prose(self, text: str) -> str:
        text = _LINK.sub(_linked, text)
        text = _REFERENCE.sub(r"\1 ", text)
        text = _ADDRESS.sub(TAKEN_OUT, text)
        text = _TAG.sub("&lt;", text)
        text = _CITATION.sub(self._cited, text)
        return _FURTHER.sub(self._cited, text)

    def _cited(self, found: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall(r"\d{1,3}", found[0].split("†")[0])]
        return "".join(f"[{number}]" if 1 <= number <= self._sources else f"[{number}?]" for number in numbers)


def _linked(found: re.Match[str]) -> str:
    """A link to a lesson here as it stands; of another its words."""
    if _ENTRY.fullmatch(found[2]) and not found[0].startswith("!"):
        return found[0]
    words = found[1].strip()
    return f"[{words}]" if words.isdecimal() else words or TAKEN_OUT


def _safe(text: str) -> int:
    """Up to where ``text``, a line that is not whole yet, holds nothing that is still open."""
    cut, place, opened = 0, 0, 0
    while place < len(text):
        sign = text[place]
        if sign == "`":
            run = len(text) - len(text[place:].lstrip("`")) - place
            closing = text.find("`" * run, place + run)
            if closing < 0:
                return cut if len(text) - place < MAX_HELD else len(text)
            place = closing + run
            continue
        opened += (sign in "[(<【") - (sign in "])>】" and opened > 0)
        if sign.isspace() and not opened:
            cut = place + 1
        place += 1
    return cut if len(text) - cut < MAX_HELD else len(text)
