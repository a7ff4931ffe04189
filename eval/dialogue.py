"""Whether a conversation keeps its thread: dialogues played turn by turn through the tutor itself.

A dialogue is a line of a file::

    {"id": "…", "turns": ["…", "…"], "relevant": [{"no-grad": 2}, {"q23": 2}], "kind": "follow_up"}
    {"id": "…", "turns": ["…", "…"], "relevant_last": {"q23": 2}}

``relevant`` has one item for each turn: grades by entry, ``{}`` where the tutor must abstain, ``null`` where it does
not matter. ``relevant_last`` is for files that grade the last turn only. ``kind`` says what the last turn is to those
before it: ``follow_up``, ``topic_change``, or ``uncovered``. ``forms`` may say, turn by turn, with which intent it must
be understood: ``[null, "code"]``.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.entry import Entry
from corpus.errors import Fault
from eval.metrics import Mean, mean
from eval.qrels import NUMBERED_COLLECTION, QUERIES, QueriesUnusable
from service.events import Done, Reply
from service.memory import Memory
from service.sandbox import Limits, Program, Verdict
from service.tutor import Tutor

KINDS = ("follow_up", "topic_change", "uncovered")
MEASURES = {
    "last turn in context": "the reply to the last turn speaks about one of its highest-graded entries",
    "last turn, any grade": "… or about an entry that is graded at all",
    "first follow-ups": "the second turn of dialogues that go on, in the same sense as the first line",
    "later follow-ups": "the turns after it",
    "topic changes": "the last turn of dialogues that change the topic, answered about the new one",
    "uncovered, refused": "the last turn of dialogues that leave the lessons",
    "form": "the turn was understood as what was asked for: code, an explanation …",
}

Grades = dict[str, int] | None
MakeTutor = Callable[[Memory], Tutor]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Turns, and for each what is relevant to it: grades by entry, empty where it is uncovered, ``None`` where open."""

    id: str
    turns: tuple[str, ...]
    relevant: tuple[Grades, ...]
    kind: str = "follow_up"
    forms: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """A turn with what the tutor made of it.

    Args:
        entry_id: what the reply speaks about; ``None`` where it abstained or was small talk.
    """

    dialogue: Dialogue
    number: int
    entry_id: str | None
    abstained: bool
    intent: str

    @property
    def grades(self) -> Grades:
        return self.dialogue.relevant[self.number]

    @property
    def is_last(self) -> bool:
        return self.number == len(self.dialogue.turns) - 1

    @property
    def right(self) -> bool:
        """Whether the reply is about one of the best entries, or abstains where none is relevant."""
        if not self.grades:
            return self.abstained
        return self.grades.get(self.entry_id or "", 0) == max(self.grades.values())

    @property
    def related(self) -> bool:
        return bool(self.grades) and (self.grades or {}).get(self.entry_id or "", 0) > 0


@dataclass(frozen=True, slots=True)
class Report:
    """The means of one set of dialogues, and the ids of those whose last turn went wrong."""

    dialogue_set: str
    means: dict[str, Mean]
    missed: tuple[str, ...]
    turns: tuple[PlayedTurn, ...]


def own_sets(pattern: str = "*") -> list[Path]:
    """The project's own dialogues."""
    return sorted((QUERIES / "dialogues").glob(f"{pattern}.jsonl"))


def play(make_tutor: MakeTutor, dialogues: Sequence[Dialogue]) -> Iterator[PlayedTurn]:
    """Have every dialogue with a tutor that remembers nothing but it."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "dialogues.sqlite3")
        tutor = make_tutor(memory)
        for dialogue in dialogues:
            conversation_id = None
            for number, message in enumerate(dialogue.turns):
                reply = _reply(tutor, message, conversation_id)
                conversation_id = reply.conversation_id
                entry_id = reply.matches[0].entry_id if reply.matches else None
                yield PlayedTurn(dialogue, number, entry_id, reply.abstained, reply.intent)
        memory.close()


def not_run(program: Program, limits: Limits) -> Verdict:
    """Takes the place of the sandbox: what is measured here does not depend on runs."""
    return Verdict(
        status="refused",
        stdout="",
        stderr="the evaluation of dialogues runs no code",
        error=None,
        warnings=(),
        duration_ms=0.0,
        queue_ms=0.0,
        peak_memory_mb=0.0,
        device="cpu",
        device_name="",
        torch_version="",
        python_version="",
        isolation="none",
        stand_ins=(),
        artifacts=(),
        truncated=False,
        verified_at="",
    )


def _reply(tutor: Tutor, message: str, conversation_id: str | None) -> Reply:
    *_, done = tutor.answer(message, conversation_id, may_run=False)
    assert isinstance(done, Done)
    return done.reply


def report(name: str, turns: Sequence[PlayedTurn]) -> Report:
    """What the turns of one set show."""
    last = [turn for turn in turns if turn.is_last and turn.grades is not None]
    covered = [turn for turn in last if turn.grades]
    following = [t for t in turns if t.number > 0 and t.grades and (t.dialogue.kind == "follow_up" or not t.is_last)]
    values: dict[str, list[bool]] = {
        "last turn in context": [turn.right for turn in covered],
        "last turn, any grade": [turn.related for turn in covered],
        "first follow-ups": [turn.right for turn in following if turn.number == 1],
        "later follow-ups": [turn.right for turn in following if turn.number > 1],
        "topic changes": [turn.right for turn in covered if turn.dialogue.kind == "topic_change"],
        "uncovered, refused": [turn.right for turn in last if turn.dialogue.kind == "uncovered"],
        "form": [
            turn.intent == wanted
            for turn in turns
            if turn.dialogue.forms and (wanted := turn.dialogue.forms[turn.number]) is not None
        ],
    }
    means = {measure: mean([float(value) for value in found]) for measure, found in values.items() if found}
    return Report(name, means, tuple(turn.dialogue.id for turn in last if not turn.right), tuple(turns))


def as_json(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """The reports as data; of dialogues only the ids."""
    return [
        {
            "dialogues": one.dialogue_set,
            "means": {measure: asdict(value) for measure, value in one.means.items()},
            "missed": one.missed,
            "turns": [
                {"id": turn.dialogue.id, "turn": turn.number + 1, "right": turn.right, "intent": turn.intent}
                for turn in one.turns
                if turn.grades is not None
            ],
        }
        for one in reports
    ]


def read_dialogues(paths: Sequence[Path], entries: Sequence[Entry]) -> dict[str, list[Dialogue]]:
    """The dialogues of each file, by the file's folder and stem.

    Raises:
        QueriesUnusable: with every broken line, unknown entry and duplicate id.
    """
    names = {entry.id: entry.id for entry in entries}
    numbered = [entry for entry in entries if entry.collection == NUMBERED_COLLECTION]
    names |= {name: entry.id for entry in numbered for name in (f"q{entry.number}", f"q{entry.number:02}")}
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    sets: dict[str, list[Dialogue]] = {}
    for path in paths:
        dialogues = sets.setdefault(f"{path.parent.name}/{path.stem}", [])
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(path, 1, f"cannot be read: {error}", "name a file of JSON lines in UTF-8"))
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            dialogue = _dialogue(line, names)
            if isinstance(dialogue, tuple):
                faults.append(Fault(path, number, *dialogue))
            elif dialogue.id in seen:
                faults.append(
                    Fault(path, number, f"the id '{dialogue.id}' is also in {seen[dialogue.id]}", "rename one")
                )
            else:
                seen[dialogue.id] = f"{path.name}:{number}"
                dialogues.append(dialogue)
    if faults:
        raise QueriesUnusable("\n".join(["the dialogues cannot be used:", *map(str, sorted(faults))]))
    return sets


def _dialogue(line: str, names: dict[str, str]) -> Dialogue | tuple[str, str]:
    """The dialogue, or what is wrong with the line and how to mend it."""
    try:
        row: Any = json.loads(line)
    except ValueError as error:
        return f"the line is not JSON: {error}", "write one JSON object a line"
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
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
