"""Entry → the Markdown of its file; pure. ``reading.py`` reads the same entry from it."""

from collections.abc import Iterator

import yaml

from corpus.entry import Entry, Snippet
from corpus.prose import marks

_TEXTS = ("also_asked", "symptoms", "see_also", "key_points", "versions", "references")


def render(entry: Entry) -> str:
    """The file of ``entry``, which has answer, explanation and code only.

    Raises:
        ValueError: it has pitfalls or follow-ups.
    """
    if entry.pitfalls or entry.follow_ups:
        raise ValueError("pitfalls and follow-ups are written by hand")
    return "\n\n".join(_blocks(entry)) + "\n"


def _blocks(entry: Entry) -> Iterator[str]:
    names = ("id", "number", "collection", "topic", *_TEXTS, "draft")
    fields = {name: getattr(entry, name) for name in names}
    said = {name: list(v) if isinstance(v, tuple) else v for name, v in fields.items() if v not in ((), False)}
    front_matter = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=1000)
    yield f"---\n{front_matter}---"
    yield f"# {entry.question}"
    yield "## Answer"
    yield entry.answer
    if entry.explanation:
        yield "## Explanation"
        yield entry.explanation
    if entry.code:
        yield "## Code"
    for snippet in entry.code:
        if snippet.caption:
            yield snippet.caption
        yield _code(snippet)


def _code(snippet: Snippet) -> str:
    code = _block("python", snippet.code)
    return code if snippet.output is None else f"{code}\n{_block('output', snippet.output)}"


def _block(language: str, content: str) -> str:
    """A fence that holds exactly ``content``, which ends with a line break or is empty."""
    return f"{marks(content)}{language}\n{content}{marks(content)}"
