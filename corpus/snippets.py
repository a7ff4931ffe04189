"""Fences of a section → snippets and pitfalls; what a fence may say and in which order.

::

    ```python            a program that must pass        followed, where wanted, by ```output
    ```python cuda       the same, on CUDA devices only
    ```python broken     in a pitfall: must end with the exception in the ```error fence that follows
    ```python mended     in a pitfall: must pass
"""

import re
from typing import Literal

from corpus.entry import Pitfall, Snippet, StatedError
from corpus.markdown import Fence, Report, Section, Text

_ERROR = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?", re.DOTALL)

Role = Literal["", "broken", "mended"]


def prose(section: Section) -> str:
    """The section's Markdown without its code."""
    return "\n\n".join(part.markdown for part in section.parts if isinstance(part, Text))


def read_snippets(section: Section, prefix: str, report: Report) -> tuple[str, tuple[Snippet, ...]]:
    """The text before the first fence, and the snippets ``{prefix}-1``, ``{prefix}-2``, …

    The text between two snippets becomes the caption of the later one.
    """
    lead, pairs = _snippets(section, prefix, report)
    for role, snippet in pairs:
        if role:
            report(section.line, f"a {role} snippet outside 'Pitfalls'", f"remove the word '{role}' after 'python'")
        if snippet.error is not None:
            report(section.line, "an error fence outside 'Pitfalls'", "show failing code as a pitfall")
    return lead, tuple(snippet for _, snippet in pairs)


def read_pitfall(section: Section, prefix: str, report: Report) -> Pitfall | None:
    """The pitfall in ``section``: text, ``python broken``, ``error``, text, ``python mended``, perhaps ``output``."""
    lead, pairs = _snippets(section, prefix, report)
    if [role for role, _ in pairs] != ["broken", "mended"]:
        report(
            section.line,
            f"the pitfall '{section.title}' has no broken code followed by its mended form",
            "write one '```python broken' and then one '```python mended'",
        )
        return None
    (_, broken), (_, mended) = pairs
    if broken.error is None:
        report(section.line, "the broken code does not say how it fails", "add an '```error' fence: 'Type: message'")
    if mended.error is not None:
        report(section.line, "the mended code states an error", "it must pass: remove the error fence")
    if not lead:
        report(section.line, f"the pitfall '{section.title}' is not explained", "say in a sentence what goes wrong")
    return Pitfall(section.title, lead, broken, mended)


def _snippets(section: Section, prefix: str, report: Report) -> tuple[str, list[tuple[Role, Snippet]]]:
    """The lead text and each snippet with its role. A text that follows the last snippet is a fault."""
    lead, texts = "", list[str]()
    found: list[tuple[Role, Snippet]] = []
    code: Fence | None = None
    outcome: Fence | None = None

    def close() -> None:
        nonlocal code, outcome
        if code is not None:
            found.append(_snippet(code, outcome, "\n\n".join(texts), prefix, len(found) + 1, report))
            texts.clear()
        code = outcome = None

    for part in section.parts:
        if isinstance(part, Text):
            close()
            if found or lead:
                texts.append(part.markdown)
            else:
                lead = part.markdown
        elif part.language == "python":
            close()
            code = part
        elif code is None or outcome is not None:
            report(part.line, f"an {part.language} fence that follows no python fence", "put it right below its code")
        else:
            outcome = part
    close()
    if texts and found:
        report(section.line, f"text after the last code of '{section.title}'", "move it above the code")
    return lead, found


def _snippet(
    code: Fence, outcome: Fence | None, caption: str, prefix: str, number: int, report: Report
) -> tuple[Role, Snippet]:
    role: Role = ""
    for word in code.words:
        if word == "broken":
            role = "broken"
        elif word == "mended":
            role = "mended"
        elif word != "cuda":
            report(code.line, f"unknown word '{word}' after 'python'", "use broken, mended or cuda")
    if not code.content.strip():
        report(code.line, "the python fence is empty", "write the code or remove the fence")
    error = None
    if outcome is not None and outcome.language == "error":
        match = _ERROR.fullmatch(outcome.content.strip())
        if match is None:
            report(outcome.line, "the error fence is not 'Type: message'", "write it as a traceback's last line")
        else:
            error = StatedError(match["type"], (match["message"] or "").strip())
    return role, Snippet(
        id=f"{prefix}-{role or number}",
        code=code.content,
        caption=caption,
        output=outcome.content if outcome is not None and outcome.language == "output" else None,
        error=error,
        device="cuda" if "cuda" in code.words else "any",
    )
