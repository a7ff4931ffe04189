"""Query sets: JSON lines, each a query with its graded relevance, or one that no entry covers.

::

    {"id": "…", "text": "…", "relevant": {"optimizer-setup": 2, "q10": 1}, "kind": "typo"}
    {"id": "…", "text": "…", "kind": "near"}

An entry is named by its id, or as ``q1`` or ``q01`` … by its number in the collection ``interview``.

::

    TutorError
    └── QueriesUnusable    the faults of all files of queries, as ``file:line: what is wrong; how to mend it``
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.entry import Entry
from corpus.errors import Fault, TutorError

QUERIES = Path(__file__).parent / "queries"
NUMBERED_COLLECTION = "interview"


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


def query_sets(pattern: str) -> list[Path]:
    """The project's own query files whose names match ``pattern``, ``"dev_*"`` say."""
    return sorted(QUERIES.glob(f"{pattern}.jsonl"))


def read_sets(paths: Sequence[Path], entries: Sequence[Entry]) -> dict[str, list[Query]]:
    """The queries of each file, by the file's stem.

    Raises:
        QueriesUnusable: with every broken line, unknown entry and duplicate id.
    """
    names = {entry.id: entry.id for entry in entries}
    numbered = [entry for entry in entries if entry.collection == NUMBERED_COLLECTION]
    names |= {name: entry.id for entry in numbered for name in (f"q{entry.number}", f"q{entry.number:02}")}
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    sets: dict[str, list[Query]] = {}
    for path in paths:
        queries = sets.setdefault(path.stem, [])
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(path, 1, f"cannot be read: {error}", "name a file of JSON lines in UTF-8"))
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            query = _query(line, names)
            if isinstance(query, tuple):
                faults.append(Fault(path, number, *query))
            elif query.id in seen:
                faults.append(Fault(path, number, f"the id '{query.id}' is also in {seen[query.id]}", "rename one"))
            else:
                seen[query.id] = f"{path.name}:{number}"
                queries.append(query)
    if faults:
        raise QueriesUnusable("\n".join(["the queries cannot be used:", *map(str, sorted(faults))]))
    return sets


def _query(line: str, names: dict[str, str]) -> Query | tuple[str, str]:
    """The query, or what is wrong with the line and how to mend it."""
    try:
        row: Any = json.loads(line)
    except ValueError as error:
        return f"the line is not JSON: {error}", "write one JSON object a line"
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) and row[key] for key in ("id", "text")):
        return "the line has no 'id' and 'text'", "give both as texts"
    relevant = row.get("relevant", {})
    if not isinstance(relevant, dict) or not all(type(grade) is int and grade > 0 for grade in relevant.values()):
        return "'relevant' does not map entries to grades", 'write {"entry-id": 2}'
    unknown = [name for name in relevant if name not in names]
    if unknown:
        return f"no entry '{unknown[0]}'", "use an entry's id, or q1 … for its number"
    return Query(
        row["id"], row["text"], {names[name]: grade for name, grade in relevant.items()}, str(row.get("kind", ""))
    )
