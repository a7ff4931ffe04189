"""Query sets: JSON lines, each a query with its graded relevance, or one that no entry covers.

::

    {"id": "…", "text": "…", "relevant": {"optimizer-setup": 2, "q10": 1}, "kind": "typo"}
    {"id": "…", "text": "…", "kind": "near"}

An entry is named by its id, or as ``q1`` or ``q01`` … by its number in the collection ``interview``. Other keys of a
line are not read. A file whose lines have ``turns`` holds dialogues, which ``python -m eval dialogue`` reads.

::

    TutorError
    └── QueriesUnusable    the faults of all files of queries, as ``file:line: what is wrong; how to mend it``
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from corpus.entry import Entry
from corpus.errors import Fault, TutorError

QUERIES = Path(__file__).parent / "queries"
NUMBERED_COLLECTION = "interview"
UNCOVERED_KINDS = ("far", "near")
OTHER_KIND = "other"
OUTSIDE = "outside"


class QueriesUnusable(TutorError):
    """Query files cannot be used; the message lists everything that is wrong with them."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query and what is relevant to it.

    Args:
        relevant: grade by entry id (2 answers it, 1 is related); empty where no entry covers the query.
        kind: how it was put, or ``"far"`` and ``"near"`` for uncovered ones.
    """

    id: str
    text: str
    relevant: dict[str, int]
    kind: str = ""

    @property
    def best(self) -> set[str]:
        """The entries of the highest grade."""
        highest = max(self.relevant.values(), default=0)
        return {entry_id for entry_id, grade in self.relevant.items() if grade == highest}

    @property
    def grade(self) -> int:
        return max(self.relevant.values(), default=0)

    @property
    def uncovered(self) -> str:
        """``"far"``, ``"near"`` or ``"other"`` where no entry covers the query, else empty."""
        if self.relevant:
            return ""
        return self.kind if self.kind in UNCOVERED_KINDS else OTHER_KIND


def query_sets(pattern: str = "*") -> list[Path]:
    """The project's own query files whose names match ``pattern``, ``"dev_*"`` say."""
    return sorted(QUERIES.glob(f"{pattern}.jsonl"))


def own_sets() -> list[Path]:
    """All of the project's own files of single queries."""
    return query_sets()


def is_own(path: Path) -> bool:
    """Whether the file is one of the project's: only of such queries are texts told."""
    return path.resolve().is_relative_to(QUERIES)


def side(path: Path) -> str:
    """``"dev"`` or ``"test"`` for the project's own files, else ``"outside"``."""
    return path.stem.partition("_")[0] if is_own(path) else OUTSIDE


def set_names(paths: Sequence[Path]) -> dict[Path, str]:
    """What the set of each file is called: its stem, with the folder before it where two files share the stem."""
    stems = [path.stem for path in paths]
    return {
        path: path.stem if stems.count(path.stem) == 1 else f"{path.resolve().parent.name}/{path.stem}"
        for path in paths
    }


def query_texts(paths: Sequence[Path]) -> dict[str, str]:
    """By id, the texts in the files; of a dialogue its last turn. What cannot be read is left out."""
    found = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").split("\n"):
            with suppress(ValueError, LookupError, TypeError):
                row = json.loads(line)
                found[str(row["id"])] = str(row["text"] if "text" in row else row["turns"][-1])
    return found


def holds_dialogues(path: Path) -> bool:
    """Whether the first line of the file that is not empty is a dialogue; ``False`` where it cannot be told."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        row = json.loads(next(filter(str.strip, lines), "null"))
    except (OSError, ValueError):
        return False
    return isinstance(row, dict) and "turns" in row


class Identified(Protocol):
    """What stands on a line: it has an id."""

    @property
    def id(self) -> str: ...


_Item = TypeVar("_Item", bound=Identified)


def read_sets(paths: Sequence[Path], entries: Sequence[Entry]) -> dict[str, list[Query]]:
    """The queries of each file, by the name of :func:`set_names`.

    Raises:
        QueriesUnusable: with every broken line, unknown entry, duplicate id and file without a query.
    """
    return read_lines(paths, entries, _query, one="query", all_of_them="queries")


def read_lines(
    paths: Sequence[Path],
    entries: Sequence[Entry],
    parse: Callable[[str, dict[str, str]], _Item | tuple[str, str]],
    *,
    one: str,
    all_of_them: str,
) -> dict[str, list[_Item]]:
    """What ``parse`` makes of each line of each file, by the name of :func:`set_names`.

    Args:
        parse: takes a line and the entries' ids by every name they have; gives the item, or what is wrong and how to
            mend it.
        one, all_of_them: what a line holds, for the messages.

    Raises:
        QueriesUnusable: with every broken line, duplicate id and file without a line.
    """
    names = {entry.id: entry.id for entry in entries}
    numbered = [entry for entry in entries if entry.collection == NUMBERED_COLLECTION]
    names |= {name: entry.id for entry in numbered for name in (f"q{entry.number}", f"q{entry.number:02}")}
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    sets: dict[str, list[_Item]] = {}
    set_name = set_names(paths)
    for path in paths:
        items = sets.setdefault(set_name[path], [])
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(path, 1, f"cannot be read: {error}", "name a file of JSON lines in UTF-8"))
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            item = parse(line, names)
            if isinstance(item, tuple):
                faults.append(Fault(path, number, *item))
            elif item.id in seen:
                faults.append(Fault(path, number, f"the id '{item.id}' is also in {seen[item.id]}", "rename one"))
            else:
                seen[item.id] = f"{path.name}:{number}"
                items.append(item)
        if not any(map(str.strip, lines)):
            faults.append(Fault(path, 1, f"the file holds no {one}", "write one JSON object a line"))
    if faults:
        raise QueriesUnusable("\n".join([f"the {all_of_them} cannot be used:", *map(str, sorted(faults))]))
    return sets


def _query(line: str, names: dict[str, str]) -> Query | tuple[str, str]:
    """The query, or what is wrong with the line and how to mend it."""
    row = _row(line)
    if isinstance(row, tuple):
        return row
    relevant = row.get("relevant", {})
    if not isinstance(relevant, dict) or not all(type(grade) is int and grade > 0 for grade in relevant.values()):
        return "'relevant' does not map entries to grades", 'write {"entry-id": 2}'
    unknown = [name for name in relevant if name not in names]
    if unknown:
        return f"no entry '{unknown[0]}'", "use an entry's id, or q1 … for its number"
    graded: dict[str, int] = {}
    for name, grade in relevant.items():
        if graded.setdefault(names[name], grade) != grade:
            return f"the entry '{names[name]}' has two grades", "name it once"
    kind = row.get("kind", "")
    if not isinstance(kind, str):
        return "'kind' is no text", 'write "near", say'
    if graded and kind in UNCOVERED_KINDS:
        return f"a query of kind '{kind}' has relevant entries", "leave out one of the two"
    return Query(row["id"], row["text"], graded, kind)


def _row(line: str) -> dict[str, Any] | tuple[str, str]:
    """The object in the line with its 'id' and 'text', or what is wrong and how to mend it."""
    row = json_object(line)
    if isinstance(row, tuple):
        return row
    if "turns" in row:
        return "the line is a dialogue", "run: python -m eval dialogue"
    if not all(isinstance(row.get(key), str) and row[key] for key in ("id", "text")):
        return "the line has no 'id' and 'text'", "give both as texts"
    return row


def json_object(line: str) -> dict[str, Any] | tuple[str, str]:
    """The object in the line, or what is wrong and how to mend it; ``{}`` for other JSON."""
    try:
        row = json.loads(line, object_pairs_hook=_pairs)
    except _KeyTwiceError as error:
        return f"the key '{error}' comes twice", "write it once"
    except (ValueError, RecursionError) as error:
        return f"the line is not JSON: {error}", "write one JSON object a line"
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "the line holds half of a surrogate pair", "write the whole character"
    return row if isinstance(row, dict) else {}


class _KeyTwiceError(ValueError):
    """A JSON object holds a key twice: one of the two would be lost."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _KeyTwiceError(key)
        found[key] = value
    return found
