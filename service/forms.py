"""In which form a question wants its reply, and what it compares; pure."""

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
