"""Whether a conversation keeps its thread: dialogues played turn by turn through the tutor itself; no code is run."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.entry import Entry
from eval.dialogues import Dialogue, Grades, own_dialogues, read_dialogues
from eval.evaluation import WORST, Bench, Evaluation, Found, Miss, Stopwatch, Table
from eval.metrics import mean
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
"""What is measured; each is 1 for a turn that is right and 0 for one that is not."""

_LAST = {"topic_change": "topic changes", "uncovered": "uncovered, refused"}


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
    def wanted_form(self) -> str | None:
        return self.dialogue.forms[self.number] if self.dialogue.forms else None

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


def play(
    entries: Sequence[Entry],
    retriever: Retriever,
    dialogues: Sequence[Dialogue],
    collection: str | None = None,
    watch: Stopwatch | None = None,
) -> Iterator[PlayedTurn]:
    """Have every dialogue with a tutor that remembers nothing but it."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "dialogues.sqlite3")
        tutor = Tutor(entries, retriever, Verifier(memory, not_run), memory)
        for dialogue in dialogues:
            conversation_id = None
            for number, message in enumerate(dialogue.turns):
                with (watch or Stopwatch()).stage("a turn"):
                    reply = _reply(tutor, message, conversation_id, collection)
                conversation_id = reply.conversation_id
                entry_id = reply.matches[0].entry_id if reply.matches else None
                yield PlayedTurn(dialogue, number, entry_id, reply.abstained, reply.intent)
        memory.close()


def not_run(program: Program, limits: Limits, **_: object) -> Verdict:
    """Takes the place of the sandbox: what is measured here does not depend on runs."""
    return refused(NOWHERE.name, NOWHERE)


def _reply(tutor: Tutor, message: str, conversation_id: str | None, collection: str | None) -> Reply:
    *_, done = tutor.answer(message, conversation_id, collection, may_run=False)
    assert isinstance(done, Done)
    return done.reply


def scores(turns: Sequence[PlayedTurn]) -> dict[str, dict[str, float]]:
    """The turns of one set by measure (see :data:`MEASURES`) and id; from the second follow-up on with its number."""
    found: dict[str, dict[str, float]] = {measure: {} for measure in MEASURES}
    for turn in turns:
        name, numbered = turn.dialogue.id, f"{turn.dialogue.id}/{turn.number + 1}"
        if turn.wanted_form is not None:
            found["form"][numbered] = float(turn.intent == turn.wanted_form)
        if turn.grades is None:
            continue
        goes_on = turn.dialogue.kind == "follow_up" or not turn.is_last
        if turn.grades and turn.number and goes_on:
            measure, key = ("first follow-ups", name) if turn.number == 1 else ("later follow-ups", numbered)
            found[measure][key] = float(turn.right)
        if not turn.is_last:
            continue
        if turn.grades:
            found["last turn in context"][name] = float(turn.right)
            found["last turn, any grade"][name] = float(turn.related)
        if turn.dialogue.kind in _LAST:
            found[_LAST[turn.dialogue.kind]][name] = float(turn.right)
    return {measure: values for measure, values in found.items() if values}


def measure(bench: Bench, paths: Sequence[Path]) -> Found:
    """All sets of dialogues."""
    sets = read_dialogues(paths, bench.entries)
    watch = Stopwatch()
    played = {
        name: tuple(play(bench.entries, bench.retriever, dialogues, bench.collection, watch))
        for name, dialogues in sets.items()
    }
    values = {name: scores(turns) for name, turns in played.items()}
    rows = tuple(
        (name, measure, str(len(found)), str(mean(list(found.values()))))
        for name, measures in values.items()
        for measure, found in measures.items()
    )
    return Found(
        values=values,
        tables=(
            Table("Turns that keep the thread, per set of dialogues", ("dialogues", "measure", "n", "value"), rows),
        ),
        worst=tuple(_misses(played))[:WORST],
        milliseconds=watch.milliseconds,
    )


def _misses(played: dict[str, tuple[PlayedTurn, ...]]) -> Iterator[Miss]:
    """The last turns that went wrong."""
    for name, turns in played.items():
        for turn in turns:
            if turn.is_last and turn.grades is not None and not turn.right:
                best = max(turn.grades.values(), default=0)
                wanted = " or ".join(sorted(e for e, grade in turn.grades.items() if grade == best)) or "a refusal"
                found = turn.entry_id or ("a refusal" if turn.abstained else "small talk")
                yield Miss(name, turn.dialogue.id, f"{turn.dialogue.kind}: wanted {wanted}; found {found}")


EVALUATION = Evaluation(
    "dialogue",
    "Whether conversations keep their thread, turn by turn through the tutor itself; no code is run.",
    own_dialogues,
    measure,
    dialogues=True,
)
