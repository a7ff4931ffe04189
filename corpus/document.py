"""A question-and-answer document somebody already has → entry files.

What an item has that cannot be used is told as ``file:line``, and its entry is written as a draft, which is not served.
An entry is named by collection and number, so that importing the document again finds it under the same name, whatever
became of the question's wording.

::

    TutorError
    ├── DocumentUnusable    nothing could be read; the message says why
    └── FilesInTheWay       files would be overwritten, or cannot be written
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from corpus.entry import Entry, Snippet
from corpus.errors import Fault, TutorError
from corpus.items import Item, Trouble, cut
from corpus.markdown import Fence, Text
from corpus.parsing import syntax_faults
from corpus.prose import fenced
from corpus.reading import SLUG, read_source
from corpus.rendering import render
from corpus.writing import write_whole

MAX_DOCUMENT_BYTES = 4_000_000
MAX_ITEM_CHARACTERS = 100_000
MAX_ITEMS = 2_000
FORM = "write each as '1. **The question?**' with its answer below"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ANNOUNCED = re.compile(r"(?P<before>.*[.!?])\s+(?P<announced>[^.!?]*:)", re.DOTALL)
_NO_ANSWER = "*The document has no answer that could be used.*"


class DocumentUnusable(TutorError):
    """Nothing of the document could be read."""


class FilesInTheWay(TutorError):
    """The entries cannot be written into the folder."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written: the entries, drafts included, and what could not be used of the document."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]

    @property
    def drafts(self) -> int:
        return sum(entry.draft for entry in self.entries)


def collection_name(path: Path) -> str:
    """A name for the collection that a document becomes, from that of its file: ``Team FAQ.md`` is ``team-faq``."""
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "imported"


def import_document(path: Path, folder: Path, collection: str, *, force: bool = False) -> Imported:
    """Write an entry file into ``folder`` for each item of the document; all of them or none.

    Raises:
        DocumentUnusable: nothing could be read, or ``collection`` is no name of a collection.
        FilesInTheWay: files exist and ``force`` is not set, or the folder cannot be written.
    """
    if not SLUG.fullmatch(collection):
        raise DocumentUnusable(f"the collection {collection!r} cannot be used; write lower-case words joined by '-'")
    imported = read_document(path, collection)
    files = {folder / f"{entry.id}.md": render(entry).encode() for entry in imported.entries}
    there = [str(file) for file in files if file.exists() or file.is_symlink()]
    if there and not force:
        named = f"{there[0]} and {len(there) - 1} more files exist" if len(there) > 1 else f"{there[0]} exists"
        raise FilesInTheWay(f"{named} already; name another folder with --out, or overwrite with --force")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(files, replace=force)
    except OSError as error:
        raise FilesInTheWay(f"cannot write into {folder}: {error.strerror}; name another folder with --out") from error
    return imported


def read_document(path: Path, collection: str) -> Imported:
    """The entries that the document's items become, and what could not be used of it.

    Raises:
        DocumentUnusable: nothing could be read.
    """
    source, controls = _without_controls(_source(path))
    items, troubles = cut(source)
    if not items:
        raise DocumentUnusable(f"{path}:1: no numbered question is found; {FORM}")
    if len(items) > MAX_ITEMS:
        raise DocumentUnusable(f"{path}:1: it has {len(items):,} items, more than {MAX_ITEMS:,}; split it")
    for trouble in controls:
        _item_at(items, trouble.line).troubles.append(trouble)
    _check_code(items)
    entries = [_entry(item, number, collection) for item, number in zip(items, numbered(items), strict=True)]
    troubles += [trouble for item in items for trouble in item.troubles]
    faults = sorted(Fault(path, trouble.line, trouble.what, trouble.mend) for trouble in troubles)
    return Imported(tuple(entries), tuple(faults))


def _source(path: Path) -> str:
    try:
        if not path.is_file():
            raise DocumentUnusable(f"{path}: no such file; name a Markdown file")
        with path.open("rb") as file:
            content = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise DocumentUnusable(f"{path} cannot be read: {error.strerror}; name a Markdown file") from error
    if len(content) > MAX_DOCUMENT_BYTES:
        raise DocumentUnusable(f"{path}:1: it is larger than {MAX_DOCUMENT_BYTES:,} bytes; split it")
    try:
        source = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DocumentUnusable(f"{path}:{line}: the file is not UTF-8; save it as UTF-8") from error
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _without_controls(source: str) -> tuple[str, list[Trouble]]:
    """``source`` without characters that can deceive or drive a terminal, and the lines that had any."""
    lines = [n for n, line in enumerate(source.split("\n"), 1) if _CONTROL.search(line)]
    troubles = [Trouble(n, "an invisible control character", "remove it") for n in lines]
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", source), troubles


def _item_at(items: Sequence[Item], line: int) -> Item:
    return next((item for item in reversed(items) if item.line <= line), items[0])


def numbered(items: Sequence[Item]) -> list[int]:
    """A number for each item, no two the same: the document's own, where they can be used.

    Numbers that are all the same under a heading (``1.``) count on; those that start at 1 anew continue the earlier.
    """
    numbers: list[int] = []
    lines: dict[int, int] = {}
    for _, section in groupby(items, key=lambda item: item.section):
        group = list(section)
        raw = [item.number for item in group]
        if len(set(raw)) == 1:
            raw = list(range(raw[0], raw[0] + len(raw)))
        shift = max(numbers, default=0) if raw[0] == 1 else 0
        for item, number in zip(group, raw, strict=True):
            own = number + shift
            if own < 1 or own in lines:
                of = f"that of the item in line {lines[own]}" if own in lines else "less than 1"
                item.trouble(item.line, f"the number {item.number} is {of}", "give each item one of its own")
                own = max(*numbers, *(one.number for one in items), 0) + 1
            numbers.append(own)
            lines[own] = item.line
    return numbers


def _check_code(items: Sequence[Item]) -> None:
    fences = [(item, part) for item in items for part in item.parts if _is_code(part)]
    faults = syntax_faults([part.content for _, part in fences if isinstance(part, Fence)])
    for (item, part), fault in zip(fences, faults, strict=True):
        if fault is not None:
            line, what = fault
            item.trouble(part.line + line, f"the code is no Python: {what}", "mend it, or name another language")


def _entry(item: Item, number: int, collection: str) -> Entry:
    """The item as an entry; a draft where it has troubles. Never one that its file would not give back."""
    name = f"{collection}-{number:02}"
    answer, code = _answer_and_code(item, name)
    if (
        sum(len(part.content if isinstance(part, Fence) else part.markdown) for part in item.parts)
        > MAX_ITEM_CHARACTERS
    ):
        item.trouble(item.line, f"the item is longer than {MAX_ITEM_CHARACTERS:,} characters", "split it")
        answer, code = _NO_ANSWER, ()
    entry = Entry(name, number, collection, item.topic or collection, item.question, answer or _NO_ANSWER, code=code)
    if not _comes_back(entry):
        item.trouble(item.line, "the answer's Markdown has a form that an entry cannot hold", "make it plainer")
        quoted = "\n\n".join(p.content if isinstance(p, Fence) else p.markdown for p in item.parts)
        entry = replace(
            entry, question=_plain(item.question), topic=_plain(entry.topic), answer=fenced(quoted), code=()
        )
    return replace(entry, draft=bool(item.troubles))


def _comes_back(entry: Entry) -> bool:
    faults: list[Fault] = []
    return read_source(render(entry), Path(f"{entry.id}.md"), faults) == entry


def _plain(text: str) -> str:
    return re.sub(r"[^\w\s?.,:;()-]", " ", text).strip() or "A question"


def _answer_and_code(item: Item, name: str) -> tuple[str, tuple[Snippet, ...]]:
    """The prose and the programs. Prose below the last program joins the answer, since code comes after it."""
    answer: list[str] = []
    texts: list[str] = []
    snippets: list[Snippet] = []
    for part in item.parts:
        if isinstance(part, Text):
            texts.append(part.markdown)
        elif part.language == "output":
            snippets[-1] = replace(snippets[-1], output=part.content)
        else:
            if not snippets:
                answer, texts = texts, []
            caption = "\n\n".join(texts)
            snippets.append(Snippet(f"{name}#code-{len(snippets) + 1}", part.content, caption))
            texts = []
    if snippets and texts:
        answer, caption = _without_announcement(answer)
        snippets[0] = replace(snippets[0], caption=caption)
    joined = "\n\n".join([*answer, *texts])
    return joined or ("In code:" if snippets else ""), tuple(snippets)


def _without_announcement(answer: list[str]) -> tuple[list[str], str]:
    """The answer without the words right before its code, ``"Example:"`` say, and these words."""
    match = _ANNOUNCED.fullmatch(answer[-1]) if answer else None
    return (answer, "") if match is None else ([*answer[:-1], match["before"]], match["announced"])


def _is_code(part: Text | Fence) -> bool:
    return isinstance(part, Fence) and part.language == "python"
