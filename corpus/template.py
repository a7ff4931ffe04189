"""The file that a new lesson starts from: ``template.md``, which has every part of the format and is a draft.

::

    TutorError
    └── EntryNotMade    the file cannot be made; the message says why
"""

from pathlib import Path
from string import Template

import yaml

from corpus.errors import CorpusError, TutorError
from corpus.reading import SLUG, read_entries
from corpus.writing import write_whole

TEMPLATE = Path(__file__).with_name("template.md")


class EntryNotMade(TutorError):
    """The file cannot be made; the message says why."""


def new_entry(entry_id: str, folder: Path, *, number: int | None, collection: str, topic: str) -> Path:
    """Write the template into ``folder``, never over a file that is there; the path of what was written.

    Args:
        number: the next one of the collection in ``folder``, if none is given.

    Raises:
        EntryNotMade: a name is not of the form, the number or the file is taken, or the folder cannot be written.
    """
    for what, name in (("id", entry_id), ("collection", collection)):
        if not SLUG.fullmatch(name):
            raise EntryNotMade(f"the {what} {name!r} cannot be used; write lower-case words joined by '-'")
    if not topic.strip():
        raise EntryNotMade("the topic is empty; name one, as in --topic 'Training and optimization'")
    number = _number(folder, collection, number)
    fields = {"id": entry_id, "number": number, "collection": collection, "topic": _yaml(topic.strip())}
    path = folder / f"{entry_id}.md"
    if path.exists() or path.is_symlink():
        raise EntryNotMade(f"{path} exists already; choose another id")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole({path: Template(TEMPLATE.read_text(encoding="utf-8")).substitute(fields).encode()})
    except OSError as error:
        raise EntryNotMade(f"cannot write into {folder}: {error.strerror}; name another folder with --out") from error
    return path


def _number(folder: Path, collection: str, number: int | None) -> int:
    """``number``, if no entry of the folder has it; the next one, if it is ``None``."""
    try:
        entries = read_entries(folder) if any(folder.rglob("*.md")) else ()
    except CorpusError as error:
        if number is None:
            raise EntryNotMade(f"the next number cannot be told; name one with --number: {error}") from error
        return number
    taken = {entry.number: entry.id for entry in entries if entry.collection == collection}
    if number in taken:
        raise EntryNotMade(f"number {number} of '{collection}' is that of '{taken[number]}'; leave --number out")
    return number if number is not None else max(taken, default=0) + 1


def _yaml(text: str) -> str:
    """``text`` as YAML writes it on one line."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).partition("\n")[0]
