"""What a conversation is called until its owner names it: by its first question; pure.

With a program or a traceback people write much the same ("Why does this fail?"), so it is then called by what that
ends with, or else begins with, too.
"""

import re
from itertools import dropwhile
from textwrap import shorten

from service.words import content

MAX_TITLE = 80
FEW = 2
"""With fewer words that carry meaning a question could be about any program."""

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.MULTILINE)
_SETS_UP = re.compile(r"\s*(?:$|#|>>> *$|(?:>>> )?(?:import|from) )")
_ENDS = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Warning|Interrupt)\b")


def title_of(question: str, understood_as: str = "") -> str:
    """The title by the first question, and by how that was understood: without its program, with the exception."""
    said, *programs = _FENCE.split(question)
    if not programs and "\n" not in question.strip():
        return _short(question)
    if _ENDS.search(understood_as):
        return _short(understood_as)
    if not programs:
        return _short("\n".join(dropwhile(_SETS_UP.match, question.splitlines()))) or _short(question)
    begins = next((line.strip() for line in programs[0].splitlines() if not _SETS_UP.match(line)), "")
    return _short(said if len(content(said)) >= FEW else f"{said} {begins}") or _short(question)


def _short(text: str) -> str:
    return shorten(text, MAX_TITLE, placeholder=" …")
