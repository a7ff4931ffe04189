"""Whether a conversation keeps its thread: dialogues played turn by turn through the tutor itself; no code is run."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.entry import Entry
from eval.dialogues import Dialogue, Grades
from eval.metrics import Mean, mean
from index.retriever import Retriever
from service.events import Done, Reply
from service.memory import Memory
from service.sandbox import Isolation, Limits, Program, Verdict
from service.sandbox.outcome import refused
from service.tutor import Tutor
from service.verify import Verifier

NOWHERE = Isolation("cold", "nowhere: the evaluation of dialogues runs no code", complete=False)

MEASURES = {
    "last turn in context": "the reply to the last turn speaks about one of its highest-graded entries",
    "last turn, any grade": "… or about an entry that is graded at all",
    "first follow-ups": "the second turn of dialogues that go on, in the same sense as the first line",
    "later follow-ups": "the turns after it",
    "topic changes": "the last turn of dialogues that change the topic, answered about the new one",
    "uncovered, refused": "the last turn of dialogues that leave the lessons",
    "form": "the turn was understood as what was asked for: code, an explanation …",
}


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


def play(entries: Sequence[Entry], retriever: Retriever, dialogues: Sequence[Dialogue]) -> Iterator[PlayedTurn]:
    """Have every dialogue with a tutor that remembers nothing but it."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "dialogues.sqlite3")
        tutor = Tutor(entries, retriever, Verifier(memory, not_run), memory)
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
    return refused(NOWHERE.name, NOWHERE)


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
