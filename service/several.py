"""The questions of one message, where it holds several; pure."""

import re
from collections.abc import Iterator

from service.dialogue import leaning
from service.phrases import bare, shorthand
from service.words import content

_OPENS = r"(?:what|how|why)\b"
_ITEM = re.compile(r"(?:^|\n)[^\S\n]*[-*•]\s+|(?:^|\s)\(?\d{1,2}[.)]\s+(?=[A-Za-z])")
_CUT = re.compile(
    rf"(?<=\?)\s+|\n{{2,}}|\n(?={_OPENS})|;\s{{1,3}}(?={_OPENS})"
    rf"|(?<!\s),?\s{{1,3}}(?:and|plus)\s{{1,3}}(?:also\s{{1,3}})?(?={_OPENS})",
    re.IGNORECASE,
)
_JOINS = re.compile(r"^(?:(?:and|but|also|then|plus|so|secondly|finally)\b[,:]?\s*)+", re.IGNORECASE)
_ASKS = re.compile(
    r"(?:^|[.,;:!?]\s+|\b(?:and|but|so)\s+)(?:what|how|why|when|where|which|explain|compare|differences? between)\b",
    re.IGNORECASE,
)


def questions(message: str) -> tuple[str, ...]:
    """The questions of a message, each with the statements before it; the whole message where there is only one.

    What leans on the question before it ("and why does it?") belongs to that one.
    """
    listed = [part.strip() for part in _ITEM.split(message) if part.strip()]
    numbers = [int(number) for number in re.findall(r"\d+", " ".join(_ITEM.findall(message)))]
    if len(listed) >= 2 and numbers == list(range(1, len(numbers) + 1)) and all(len(p.split()) > 1 for p in listed):
        return tuple(listed)
    groups: list[tuple[int, int, bool]] = []  # start, end, and whether it asks anything
    for start, end in _pieces(message):
        asks = _asks(message[start:end])
        goes_on = groups and (not groups[-1][2] or (asks and not stands_alone(message[start:end])))
        if goes_on:
            start, _, asked = groups.pop()
            asks = asks or asked
        groups.append((start, end, asks))
    if len(groups) > 1 and not groups[-1][2]:
        (_, end, _), (start, _, _) = groups.pop(), groups.pop()
        groups.append((start, end, True))
    return tuple(message[start:end] for start, end, _ in groups) if len(groups) > 1 else (message,)


def stands_alone(question: str) -> bool:
    """Whether ``question`` can be looked up by its own words."""
    own = _JOINS.sub("", question)
    return bool(content(own)) and shorthand(bare(own)) is None and leaning(own) in ("own", "fragment")


def asks_for_knowledge(question: str) -> bool:
    """Whether ``question`` is one that a lesson could answer; "can anybody help me?" is none."""
    return bool(_ASKS.search(question))


def _pieces(message: str) -> Iterator[tuple[int, int]]:
    """Where the pieces begin and end between which a question may end."""
    start = 0
    for cut in (*_CUT.finditer(message), None):
        end = cut.start() if cut else len(message)
        if message[start:end].strip():
            yield start, end
        start = cut.end() if cut else end


def _asks(piece: str) -> bool:
    return piece.rstrip().endswith("?") or asks_for_knowledge(piece)
