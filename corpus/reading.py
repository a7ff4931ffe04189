"""A folder of Markdown files → entries; every fault of every file told at once.

The format is described for authors in ``corpus/README.md``. Run ``python -m corpus.reading [FOLDER]`` to check a
folder while writing: it prints the number of entries, or every fault as ``file:line: what is wrong; how to mend it``.
"""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from corpus.entry import Entry, FollowUp, Snippet
from corpus.errors import CorpusError, Fault
from corpus.markdown import Document, Fence, Report, Section, parse
from corpus.snippets import prose, read_pitfall, read_snippets

BUNDLED = Path(__file__).parent / "questions"
"""The entries that come with torchtutor."""

MAX_FILE_BYTES = 1_000_000
SECTIONS = ("Answer", "Explanation", "Code", "Pitfalls", "Follow-ups")
_WITH_CHILDREN = ("Pitfalls", "Follow-ups")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""The form of ids and of the names of collections: safe in a URL and as a file's name."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


@dataclass(frozen=True, slots=True)
class _Field:
    required: bool
    fits: Callable[[Any], bool]
    must_be: str


_SLUG_FIELD = _Field(True, lambda v: isinstance(v, str) and bool(SLUG.fullmatch(v)), "lower-case words joined by '-'")
_TEXTS_FIELD = _Field(False, _is_texts, "a list of texts ('- ' lines; quote those that hold ': ')")
_FIELDS = {
    "id": _SLUG_FIELD,
    "number": _Field(True, lambda v: type(v) is int and v >= 1, "a whole number from 1"),
    "collection": _SLUG_FIELD,
    "topic": _Field(True, _is_text, "a text"),
    **dict.fromkeys(("also_asked", "symptoms", "see_also", "key_points", "versions", "references"), _TEXTS_FIELD),
    "draft": _Field(False, lambda v: isinstance(v, bool), "true or false"),
}


def bundled_ids() -> frozenset[str]:
    """The ids of the entries that come with torchtutor."""
    return frozenset(path.stem for path in BUNDLED.rglob("*.md"))


def read_entries(*folders: Path) -> tuple[Entry, ...]:
    """Read every ``*.md`` file below ``folders``, sorted by collection and number.

    Raises:
        CorpusError: with all the faults of all the files, if there is one.
    """
    faults: list[Fault] = []
    read: list[tuple[Path, Entry]] = []
    for folder in folders:
        paths = sorted(folder.rglob("*.md"))
        if not paths:
            faults.append(Fault(folder, 1, "no entry files here", "name a folder that holds *.md files"))
        for path in paths:
            entry = _read_file(path, faults)
            if entry is not None:
                read.append((path, entry))
    _check_together(read, faults)
    if faults:
        raise CorpusError(faults)
    return tuple(sorted((entry for _, entry in read), key=lambda e: (e.collection, e.number)))


def _read_file(path: Path, faults: list[Fault]) -> Entry | None:
    """The entry in ``path``, or ``None`` where a fault keeps it from being made."""
    if path.stat().st_size > MAX_FILE_BYTES:
        what = f"the file is larger than {MAX_FILE_BYTES:,} bytes"
        faults.append(Fault(path, 1, what, "split it into several entries"))
        return None
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        faults.append(Fault(path, line, "the file is not UTF-8", "save it as UTF-8"))
        return None
    return read_source(source, path, faults)


def read_source(source: str, path: Path, faults: list[Fault]) -> Entry | None:
    """The entry in the text of the file ``path``; ``None``, and its ``faults``, where there are any."""
    before = len(faults)

    def report(line: int, what: str, mend: str) -> None:
        faults.append(Fault(path, line, what, mend))

    document = parse(source.replace("\r\n", "\n"), report)
    fields = _read_fields(document, path.stem, report)
    sections = _read_sections(document, str(fields.get("id", path.stem)), report)
    return None if len(faults) > before else Entry(**fields, **sections)


def _read_fields(document: Document, stem: str, report: Report) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, (value, line) in document.fields.items():
        rule = _FIELDS.get(name)
        if rule is None:
            report(line, f"unknown field '{name}'", f"use one of: {', '.join(_FIELDS)}")
        elif not rule.fits(value):
            report(line, f"the field '{name}' is not {rule.must_be}", "change its value")
        else:
            fields[name] = tuple(v.strip() for v in value) if isinstance(value, list) else value
    for name, rule in _FIELDS.items():
        if rule.required and name not in document.fields:
            report(1, f"the field '{name}' is missing", f"add '{name}: …' ({rule.must_be}) to the front matter")
    if fields.get("id", stem) != stem:
        report(document.fields["id"][1], f"the id is not the file's name '{stem}'", "make the two the same")
    return fields


def _read_sections(document: Document, entry_id: str, report: Report) -> dict[str, Any]:
    if not document.title:
        report(1, "no question", "write it as '# …' below the front matter")
    found = _known_sections(document, report)
    if "Answer" not in found:
        report(document.title_line, "the section 'Answer' is missing", "add '## Answer' with two to six sentences")
    sections: dict[str, Any] = {"question": document.title}
    for title in ("Answer", "Explanation"):
        sections[title.lower()] = _read_text(found[title], report) if title in found else ""
    sections["code"] = _read_code(found["Code"], f"{entry_id}#code", report) if "Code" in found else ()
    pitfalls = [
        read_pitfall(section, f"{entry_id}#pitfall-{number}", report)
        for number, section in _children(found, "Pitfalls", report)
    ]
    sections["pitfalls"] = tuple(pitfall for pitfall in pitfalls if pitfall is not None)
    sections["follow_ups"] = tuple(
        _read_follow_up(section, f"{entry_id}#follow-up-{number}", report)
        for number, section in _children(found, "Follow-ups", report)
    )
    return sections


def _known_sections(document: Document, report: Report) -> dict[str, Section]:
    found: dict[str, Section] = {}
    for section in document.sections:
        if section.title not in SECTIONS:
            report(section.line, f"unknown section '{section.title}'", f"use one of: {', '.join(SECTIONS)}")
        elif section.title in found:
            report(section.line, f"a second section '{section.title}'", "join the two")
        elif section.title not in _WITH_CHILDREN and section.subsections:
            report(section.subsections[0].line, f"a '###' heading in '{section.title}'", "use bold text instead")
        else:
            found[section.title] = section
    return found


def _children(found: dict[str, Section], title: str, report: Report) -> list[tuple[int, Section]]:
    """The '###' subsections of a section, numbered from 1."""
    if title not in found:
        return []
    if found[title].parts:
        report(found[title].line, f"text in '{title}' outside a '###' heading", "give each one a '###' heading")
    return list(enumerate(found[title].subsections, 1))


def _read_text(section: Section, report: Report) -> str:
    for part in section.parts:
        if isinstance(part, Fence):
            report(part.line, f"a {part.language} fence in '{section.title}'", "move code to 'Code', where it is run")
    text = prose(section)
    if not text:
        report(section.line, f"the section '{section.title}' is empty", "write it or remove the heading")
    return text


def _read_code(section: Section, prefix: str, report: Report) -> tuple[Snippet, ...]:
    lead, snippets = read_snippets(section, prefix, report)
    if not snippets:
        report(section.line, "the section 'Code' has no python fence", "add one or remove the heading")
        return ()
    return (replace(snippets[0], caption=lead), *snippets[1:])


def _read_follow_up(section: Section, snippet_id: str, report: Report) -> FollowUp:
    answer, snippets = read_snippets(section, f"{snippet_id}-code", report)
    if not prose(section):
        report(section.line, f"the follow-up '{section.title}' has no answer", "write one below the question")
    return FollowUp(section.title, answer, snippets)


def _check_together(read: Sequence[tuple[Path, Entry]], faults: list[Fault]) -> None:
    """Faults that show only between files: ids, numbers and links."""
    ids: dict[str, Path] = {}
    numbers: dict[tuple[str, int], Path] = {}
    for path, entry in read:
        fault = partial(Fault, path, 1)
        if entry.id in ids:
            faults.append(fault(f"the id '{entry.id}' is also that of {ids[entry.id]}", "rename one of the files"))
        key = (entry.collection, entry.number)
        if key in numbers:
            what = f"number {entry.number} of '{entry.collection}' is also that of {numbers[key]}"
            faults.append(fault(what, "give one of them another number or collection"))
        ids.setdefault(entry.id, path)
        numbers.setdefault(key, path)
    if faults:
        return  # links into files that could not be read would be told as dangling
    for path, entry in read:
        faults.extend(
            Fault(path, 1, f"see_also names '{link}', which is no other entry", "use the id of an entry")
            for link in entry.see_also
            if link not in ids or link == entry.id
        )


def main(arguments: Sequence[str]) -> int:
    """Check the folders named in ``arguments``; 0 if they are sound."""
    try:
        entries = read_entries(*(map(Path, arguments) if arguments else [BUNDLED]))
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(entries)} entries, {sum(len(tuple(e.snippets())) for e in entries)} snippets: no fault")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
