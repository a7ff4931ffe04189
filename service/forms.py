"""In which form a question wants its reply, what it compares, and how many questions a message holds; pure."""

import re
from typing import Literal

Form = Literal["answer", "explanation", "code", "error", "comparison"]

_BEGINS = r"(?:^|[.,;:!?]\s*|\b(?:and|but|so)\s+)"
_ERROR = re.compile(
    r"\b[A-Z]\w*(?:Error|Exception|Warning)\b\s*:|^Traceback \(most recent|\b\w+(?:Error|Exception)\b", re.MULTILINE
)
_COMPARISON = re.compile(
    r"\b(?:differences? (?:between|to|from|with)|differ(?:s|ent)? from|compare(?:d (?:to|with))?|comparison|distinguish"
    r"|versus|vs)\b",
    re.IGNORECASE,
)
_WHY = re.compile(
    _BEGINS + r"(?:why|how come|what(?:'s| is) the (?:reason|intuition)|explain|for what reason"
    r"|how (?:does|do|is|are)\b(?!.{0,12}\b(?:i|we|you|one)\b).{3,80}\bwork)",
    re.IGNORECASE,
)
_HOW = re.compile(
    _BEGINS + r"(?:how (?:do|can|could|should|would|to|might|must)\b|what(?:'s| is) the (?:way|code|command|syntax)"
    r"|show me|give me|write|implement|is there (?:a|an|any) (?:\w+ )?way|example of|code (?:for|to))",
    re.IGNORECASE,
)
_END = r"(?:[?.!,;]|\bin (?:py)?torch\b|$)"
_SIDES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bdifferences? between (?P<a>.+?) and (?P<b>.+?){_END}",
        rf"\bcompare (?P<a>.+?) (?:and|with|to) (?P<b>.+?){_END}",
        rf"\bhow (?:is|are|does|do) (?P<a>.+?) (?:different from|differ from|compare (?:to|with)) (?P<b>.+?){_END}",
        r"(?:^|[.,;:!?]\s)(?P<a>[^,;:!?]+?) (?:vs\.?|versus) (?P<b>.+?)(?:[?!,;]|$)",
    )
)
_ITEM = re.compile(r"(?:^|\n)[^\S\n]*[-*•]\s+|(?:^|\s)\(?\d{1,2}[.)]\s+(?=[A-Za-z])")
_MAX_READ = 2000
_MAX_COMPARED = 300


def form(message: str) -> Form:
    """The form of reply that a question wants."""
    text = message[:_MAX_READ]
    if _ERROR.search(text):
        return "error"
    if is_comparison(text):
        return "comparison"
    if _WHY.search(text):
        return "explanation"
    return "code" if _HOW.search(text) else "answer"


def is_comparison(question: str) -> bool:
    """Whether a question asks for a comparison."""
    return bool(_COMPARISON.search(question))


def sides(message: str) -> tuple[str, str] | None:
    """The two things that a message compares."""
    for pattern in _SIDES:
        match = pattern.search(message[:_MAX_COMPARED])
        if match is not None and match["a"].strip() and match["b"].strip():
            return match["a"].strip(), match["b"].strip()
    return None


def questions(message: str) -> tuple[str, ...]:
    """The questions of a message, each with the statements before it; the whole message where there is only one."""
    listed = [part.strip() for part in _ITEM.split(message) if part.strip()]
    numbers = [int(number) for number in re.findall(r"\d+", " ".join(_ITEM.findall(message)))]
    if len(listed) >= 2 and numbers == list(range(1, len(numbers) + 1)) and all(len(p.split()) > 1 for p in listed):
        return tuple(listed)
    parts = [part.strip() for part in re.split(r"(?<=\?)\s+|\n{2,}", message) if part.strip()]
    asked: list[str] = []
    carried = ""
    for part in parts:
        carried = f"{carried} {part}".strip()
        if part.endswith("?"):
            asked.append(carried)
            carried = ""
    if carried and asked:
        asked[-1] = f"{asked[-1]} {carried}"
    return tuple(asked) if len(asked) >= 2 else (message,)
