"""Output as text that can be shown anywhere: nothing in it moves a cursor, sets a colour or turns the reading order."""

import codecs
import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """``text`` with every control character but newline and tab written as Python would: ``\\x1b``."""
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))


class VisibleStream:
    """Bytes to visible text, piece by piece; a character that is cut between two pieces waits for its rest."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def feed(self, piece: bytes, *, last: bool = False) -> str:
        return visible(self._decode(piece, last))
