"""What a language model writes, made safe to show while it streams; pure.

Outside of code: a citation of nothing is marked (``[7?]``), links, images and addresses that do not lead to a lesson
here are taken out (their words stay), and HTML is shown as text. Blocks of code pass as they are, to the byte: they are
run as they stand. Only those in a list begin on a line of their own at the margin: where such a block ends is then
never in doubt, for us as for whoever renders it. Text is held back only while a bracket, a span of code or an address
may still be open.
"""

import re

MAX_HELD = 300

_FENCE = re.compile(r"^[ \t]*(?P<item>(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<mark>`{3,}|~{3,})(?P<info>.*)$")
_CLOSING = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*$")
_BEFORE = re.compile(r"^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_CODE_SPAN = re.compile(r"(?<![\\`])(`+)(?!`).+?(?<!`)\1(?!`)")
_CITATION = re.compile(
    r"(?<![\w\]`])(?:\[(?:source |lesson )?\d{1,3}(?:, ?\d{1,3})*\]|【\d{1,3}[^】]{0,20}】)(?!\()", re.IGNORECASE
)
_FURTHER = re.compile(r"(?<=\])\[\d{1,3}(?:, ?\d{1,3})*\](?!\()")
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?[^()]{0,100}\)")
_OTHER_LINK = re.compile(r"\](?=\((?!/entries/[a-z0-9-]{1,100}(?:#[a-z0-9-]{1,40})?\)))")
"""What is left of links: brackets within brackets, many words, an address in disguise."""

_DEFINITION = re.compile(r"\](?<!\[\d\])(?=:)|\](?=:[^\n])")
_ENTITY = re.compile(r"&(?=#|\w+;)")

_REFERENCE = re.compile(r"!?\[([^\[\]\d][^\[\]]{0,200})\]\[[^\[\]]{0,100}\]")
_ADDRESS = re.compile(
    r"(?:\b(?:https?|ftp|file|data|javascript|vbscript|mailto)\\?:|\bwww\.|(?<![\w:/.])//(?=\w))[^\s<>\"'`]+",
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
        self._indent = 0
        self._line_began = False
        self._is_open = False  # until a blank line: a back-tick or a cell may end what looks like code

    def feed(self, text: str) -> str:
        """What can be shown now."""
        self._held += text.replace("\r", "")
        shown = []
        while (end := self._held.find("\n")) >= 0:
            line, self._held = self._held[: end + 1], self._held[end + 1 :]
            shown.append(self._whole(line))
        is_word = len(self._held) > MAX_HELD and not re.search(r"\s", text)  # a long one that goes on
        if not self._fence and not is_word and not self._may_be_fence():
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
        start = _BEFORE.sub("", self._held)
        return not self._line_began and (start[:3] in ("", "`", "``", "```", "~", "~~", "~~~"))

    def _whole(self, line: str) -> str:
        began, self._line_began = self._line_began, False
        if self._fence:
            line = line[min(self._indent, len(line) - len(line.lstrip(" \t"))) :]
            if (closing := _CLOSING.match(line.rstrip("\n"))) and closing[1].startswith(self._fence):
                self._fence = ""
            return line
        mark = None if began else _FENCE.match(line.rstrip("\n"))
        if mark and (mark["mark"][0] == "~" or "`" not in mark["info"]):
            self._fence, self._indent, self._is_open = mark["mark"], mark.start("mark"), False
            return ("\n" if mark["item"] else "") + line[self._indent :]
        shown = self._clean(line)
        self._is_open = self._is_open and (began or bool(line.strip()))
        return shown

    def _clean(self, text: str) -> str:
        """``text`` without what must not be shown, its spans of code left alone."""
        parts, place = [], 0
        for span in () if self._is_open else _CODE_SPAN.finditer(text):
            if "|" in text[place : span.end()]:
                break
            parts += [self._prose(text[place : span.start()]), span[0]]
            self._is_open |= "`" in parts[-2]
            place = span.end()
        rest = text[place:]
        self._is_open |= "`" in rest or "|" in rest
        return "".join([*parts, self._prose(rest)])

    def _prose(self, text: str) -> str:
        text = _LINK.sub(_linked, text)
        text = _REFERENCE.sub(r"\1 ", text)
        text = _ADDRESS.sub(TAKEN_OUT, text)
        text = _DEFINITION.sub(r"]\\", _OTHER_LINK.sub("] ", _ENTITY.sub("&amp;", text)))
        text = _TAG.sub("&lt;", text)
        text = _CITATION.sub(self._cited, text)
        return _FURTHER.sub(self._cited, text)

    def _cited(self, found: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall(r"\d{1,3}", found[0].split("†")[0])]
        if len(numbers) > 1 and 0 in numbers:  # from 0 to 1
            return found[0]
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
                return cut if len(text) - place < MAX_HELD else _last_word(text)
            place = closing + run
            continue
        opened += (sign in "[(<【") - (sign in "])>】" and opened > 0)
        if sign.isspace() and not opened:
            cut = place + 1
        place += 1
    return cut if len(text) - cut < MAX_HELD else _last_word(text)


def _last_word(text: str) -> int:
    """Where the last word begins: it may be half an address."""
    return len(text) - len(re.split(r"\s", text)[-1])
