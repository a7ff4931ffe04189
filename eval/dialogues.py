"""Sets of dialogues: JSON lines, each a conversation with what is relevant to its turns.

::

    {"id": "…", "turns": ["…", "…"], "relevant": [{"no-grad": 2}, {"q23": 2}], "kind": "follow_up"}
    {"id": "…", "turns": ["…", "…"], "relevant_last": {"q23": 2}}

``relevant`` has one item for each turn: grades by entry, ``{}`` where the tutor must abstain, ``null`` where it does
not matter. ``relevant_last`` is for files that grade the last turn only. ``kind`` says what the last turn is to those
before it: ``follow_up``, ``topic_change``, or ``uncovered``. ``forms`` may say, turn by turn, with which intent it must
be understood: ``[null, "code"]``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.entry import Entry
from eval.qrels import QUERIES, json_object, read_lines

KINDS = ("follow_up", "topic_change", "uncovered")

Grades = dict[str, int] | None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Turns, and for each what is relevant to it: grades by entry, empty where it is uncovered, ``None`` where open."""

    id: str
    turns: tuple[str, ...]
    relevant: tuple[Grades, ...]
    kind: str = "follow_up"
    forms: tuple[str | None, ...] = ()


def own_dialogues(pattern: str = "*") -> list[Path]:
    """The project's own dialogues."""
    return sorted((QUERIES / "dialogues").glob(f"{pattern}.jsonl"))


def read_dialogues(paths: Sequence[Path], entries: Sequence[Entry]) -> dict[str, list[Dialogue]]:
    """The dialogues of each file, by the name of :func:`eval.qrels.set_names`.

    Raises:
        QueriesUnusable: with every broken line, unknown entry, duplicate id and file without a dialogue.
    """
    return read_lines(paths, entries, _dialogue, one="dialogue", all_of_them="dialogues")


def _dialogue(line: str, names: dict[str, str]) -> Dialogue | tuple[str, str]:
    """The dialogue, or what is wrong with the line and how to mend it."""
    row = json_object(line)
    if isinstance(row, tuple):
        return row
    if not isinstance(row.get("id"), str) or not row["id"]:
        return "the line has no 'id'", "give one as a text"
    turns = row.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) and turn.strip() for turn in turns):
        return "'turns' is no list of texts", 'write ["first message", "second message"]'
    relevant = row.get("relevant", [None] * (len(turns) - 1) + [row.get("relevant_last")])
    if not isinstance(relevant, list) or len(relevant) != len(turns):
        return "'relevant' does not fit the turns", "give one item for each turn, or 'relevant_last'"
    for grades in relevant:
        if grades is not None and not _are_grades(grades):
            return "'relevant' does not map entries to grades", 'write {"entry-id": 2}, {} or null for each turn'
        unknown = [name for name in grades or {} if name not in names]
        if unknown:
            return f"no entry '{unknown[0]}'", "use an entry's id, or q1 … for its number"
    forms, kind = row.get("forms", []), row.get("kind", "follow_up")
    if kind not in KINDS:
        return f"the kind '{kind}' is unknown", f"use one of {', '.join(KINDS)}"
    if not isinstance(forms, list) or (forms and len(forms) != len(turns)):
        return "'forms' does not fit the turns", "give one item for each turn"
    graded = tuple(None if grades is None else {names[n]: g for n, g in grades.items()} for grades in relevant)
    return Dialogue(row["id"], tuple(turns), graded, kind, tuple(forms))


def _are_grades(grades: Any) -> bool:
    return isinstance(grades, dict) and all(type(grade) is int and grade > 0 for grade in grades.values())
