"""One entry file, cut into front matter, sections and fences, each with its line; no meaning yet.

Covered: YAML front matter, one ``#`` title, ``##`` sections, ``###`` subsections, and the fences that carry code
(``python``, ``output``, ``error``). Everything between them stays Markdown source, other fences included.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

CODE_FENCES = ("python", "output", "error")

Report = Callable[[int, str, str], None]
"""Takes a fault: line, what is wrong, how to mend it."""


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown source between two fences or headings."""

    markdown: str
    line: int


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block whose language is one of :data:`CODE_FENCES`; ``words`` follow the language."""

    language: str
    words: tuple[str, ...]
    content: str
    line: int


@dataclass(slots=True)
class Section:
    title: str
    line: int
    parts: list[Text | Fence] = field(default_factory=list)
    subsections: list["Section"] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """``fields`` maps each front matter key to its value and line."""

    fields: dict[str, tuple[Any, int]]
    title: str = ""
    title_line: int = 1
    sections: list[Section] = field(default_factory=list)


def parse(source: str, report: Report) -> Document:
    """Cut ``source`` into a :class:`Document`, reporting what cannot be read."""
    lines = source.split("\n")
    body_start = _front_matter_end(lines, report)
    fields = _front_matter(lines[1 : body_start - 1], report) if body_start else {}
    document = Document(fields)
    # Blank lines in place of the front matter keep the parser's line numbers the file's own.
    body = [""] * body_start + lines[body_start:]
    _cut(body, document, report)
    return document


def _front_matter_end(lines: list[str], report: Report) -> int:
    """The index of the first line after the closing ``---``, or 0 where there is no front matter."""
    if lines[0].strip() != "---":
        report(1, "no front matter", "start the file with a line '---', the fields, and another '---'")
        return 0
    for index, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return index + 1
    report(1, "the front matter does not end", "close it with a line '---'")
    return 0


def _front_matter(lines: list[str], report: Report) -> dict[str, tuple[Any, int]]:
    try:
        node = yaml.compose("\n".join(lines), Loader=yaml.SafeLoader)
        values = yaml.safe_load("\n".join(lines))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 2
        report(
            line,
            f"the front matter is not YAML: {getattr(error, 'problem', error)}",
            "quote texts that hold ': ' or '#'",
        )
        return {}
    if not isinstance(node, yaml.MappingNode):
        report(2, "the front matter is not a list of fields", "write one 'name: value' a line")
        return {}
    fields: dict[str, tuple[Any, int]] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 2
        if key.value in fields:
            report(line, f"the field '{key.value}' stands twice", "keep one of them")
        fields[key.value] = (values.get(key.value), line)
    return fields


def _cut(lines: list[str], document: Document, report: Report) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse("\n".join(lines))
    target: Section | None = None
    text_start = 0

    def close_text(end: int) -> None:
        source = "\n".join(lines[text_start:end])
        if target is not None and source.strip():
            first = next(i for i in range(text_start, end) if lines[i].strip())
            target.parts.append(Text(source.strip("\n"), first + 1))
        elif target is None and document.title and source.strip():
            report(text_start + 1, "text before the first section", "move it under a '## ' heading")

    for index, token in enumerate(tokens):
        if token.map is None:
            continue
        start, end = token.map
        if token.type == "fence":
            _check_fence(token, lines, report)
            language, *words = token.info.split() or [""]
            if token.level == 0 and language in CODE_FENCES:
                close_text(start)
                text_start = end
                if target is not None:
                    target.parts.append(Fence(language, tuple(words), token.content, start + 1))
        elif token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2", "h3"):
            close_text(start)
            text_start = end
            target = _open_heading(token, tokens[index + 1].content, document, report)
    close_text(len(lines))


def _open_heading(token: Token, title: str, document: Document, report: Report) -> Section | None:
    """Add the heading's section to ``document`` and return it; ``None`` for the title, which holds no text."""
    assert token.map is not None
    line = token.map[0] + 1
    if token.tag == "h1":
        if document.title:
            report(line, "a second '# ' title", "keep the question as the only one; sections start with '## '")
        document.title, document.title_line = title, line
        return None
    section = Section(title, line)
    if token.tag == "h2":
        document.sections.append(section)
    elif document.sections:
        document.sections[-1].subsections.append(section)
    else:
        report(line, f"the heading '### {title}' stands outside a section", "put a '## ' section above it")
    return section


def is_closed(markup: str, lines: list[str]) -> bool:
    """Whether the last of a fence's ``lines`` closes what ``markup`` opened on the first."""
    last = lines[-1].strip() if len(lines) > 1 else ""
    return len(last) >= len(markup) and set(last) == {markup[0]}


def _check_fence(token: Token, lines: list[str], report: Report) -> None:
    assert token.map is not None
    start, end = token.map
    if not is_closed(token.markup, lines[start:end]):
        report(start + 1, "the code fence is never closed", f"add a line '{token.markup}' where it ends")
    elif token.level and token.info.split()[:1] == ["python"]:
        report(start + 1, "a python fence inside a list or quotation", "move it out, to the start of the line")
