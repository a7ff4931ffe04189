"""Dialogues: how files are read, how turns are counted, and what the project's own ones hold."""

import json
import re
from pathlib import Path

import pytest
from test_eval_qrels import is_copied, runs, words

from corpus.entry import Entry
from corpus.reading import BUNDLED, read_entries
from eval.dialogue import PlayedTurn, measure, play, scores
from eval.dialogues import Dialogue, own_dialogues, read_dialogues
from eval.evaluation import Bench
from eval.qrels import QueriesUnusable
from index.passage import passages
from index.retriever import KeywordRetriever
from service.settings import Settings

GOES_ON = Dialogue("a", ("gradients keep growing", "why?"), ({"grad": 2}, {"grad": 2, "save": 1}), forms=(None, "code"))
LEAVES = Dialogue("b", ("gradients keep growing", "zebra"), (None, {}), kind="uncovered")


def write(folder: Path, *lines: object) -> Path:
    path = folder / "some.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def test_both_ways_of_grading_are_read(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    path = write(
        tmp_path,
        {"id": "a", "turns": ["x", "y"], "relevant_last": {"q01": 2}, "source": "…"},
        {"id": "b", "turns": ["x", "y"], "relevant": [{"save": 1}, {}], "kind": "uncovered", "forms": [None, "code"]},
    )
    assert read_dialogues([path], entries) == {
        "some": [
            Dialogue("a", ("x", "y"), (None, {"grad": 2})),
            Dialogue("b", ("x", "y"), ({"save": 1}, {}), "uncovered", (None, "code")),
        ]
    }


FAULTS = {
    "{": "not JSON",
    '{"turns": ["x"]}': "no 'id'",
    '{"id": "a", "turns": "x"}': "no list of texts",
    '{"id": "a", "turns": []}': "no list of texts",
    '{"id": "a", "turns": ["x", ""]}': "no list of texts",
    '{"id": "a", "turns": ["x"], "relevant": [{}, {}]}': "does not fit the turns",
    '{"id": "a", "turns": ["x"], "relevant_last": {"grad": true}}': "does not map entries to grades",
    '{"id": "a", "turns": ["x"], "relevant_last": {"nix": 2}}': "no entry 'nix'",
    '{"id": "a", "turns": ["x"], "kind": "odd"}': "the kind 'odd' is unknown",
    '{"id": "a", "turns": ["x"], "forms": ["code", "code"]}': "'forms' does not fit",
    '{"id": "a", "id": "b", "turns": ["x"]}': "the key 'id' comes twice",
    '{"id": "first", "turns": ["x"]}': "the id 'first' is also in some.jsonl:1",
}


@pytest.mark.parametrize(("line", "told"), FAULTS.items())
def test_a_broken_line_is_told_with_its_place(line: str, told: str, tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    path = write(tmp_path, {"id": "first", "turns": ["x"]}, line)
    with pytest.raises(QueriesUnusable, match=rf"{re.escape(str(path))}:2: .*{re.escape(told)}.*; \w"):
        read_dialogues([path], entries)


def test_an_absent_file_is_told(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    with pytest.raises(QueriesUnusable, match="cannot be read"):
        read_dialogues([tmp_path / "absent.jsonl"], entries)


def test_dialogues_are_played_turn_by_turn_and_each_on_its_own(entries: tuple[Entry, ...]) -> None:
    first, why, again, zebra = play(entries, KeywordRetriever(entries), [GOES_ON, LEAVES])
    assert (first.entry_id, why.entry_id, why.intent) == ("grad", "grad", "explanation")
    assert (again.entry_id, zebra.abstained) == ("grad", True)


def test_turns_are_counted_under_what_they_are(entries: tuple[Entry, ...]) -> None:
    assert scores(tuple(play(entries, KeywordRetriever(entries), [GOES_ON, LEAVES]))) == {
        "last turn in context": {"a": 1.0},
        "last turn, any grade": {"a": 1.0},
        "first follow-ups": {"a": 1.0},
        "uncovered, refused": {"b": 1.0},
        "form": {"a/2": 0.0},
    }


def test_only_the_highest_grade_is_right() -> None:
    turn = PlayedTurn(GOES_ON, 1, "save", abstained=False, intent="question")
    assert (turn.right, turn.related) == (False, True)


def test_what_is_found_holds_ids_and_no_texts(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    line = {"id": "a", "turns": ["gradients keep growing", "zebra"], "relevant_last": {"save": 2}}
    bench = Bench(Settings(), entries, lambda: KeywordRetriever(entries))  # type: ignore[arg-type,return-value]
    found = measure(bench, [write(tmp_path, line)])
    assert found.values["some"]["last turn in context"] == {"a": 0.0}
    assert found.worst[0].told == "follow_up: wanted save; found a refusal"
    assert "growing" not in str(found)


# The project's own dialogues


@pytest.fixture(scope="module")
def bundled() -> tuple[Entry, ...]:
    return read_entries(BUNDLED)


@pytest.fixture(scope="module")
def own(bundled: tuple[Entry, ...]) -> dict[str, list[Dialogue]]:
    return read_dialogues(own_dialogues(), bundled)


def test_each_side_has_dialogues_of_every_kind(own: dict[str, list[Dialogue]]) -> None:
    assert list(own) == ["dev_dialogues", "test_dialogues"]
    assert sum(map(len, own.values())) >= 60
    for dialogues in own.values():
        assert {dialogue.kind for dialogue in dialogues} == {"follow_up", "topic_change", "uncovered"}


def test_last_turns_of_the_two_sides_ask_for_different_entries(own: dict[str, list[Dialogue]]) -> None:
    def best(name: str) -> set[str]:
        graded = [dialogue.relevant[-1] for dialogue in own[name]]
        return {entry for grades in graded if grades for entry in grades if grades[entry] == max(grades.values())}

    assert not best("dev_dialogues") & best("test_dialogues")


def test_no_turn_is_copied_from_a_passage(own: dict[str, list[Dialogue]], bundled: tuple[Entry, ...]) -> None:
    known = runs(words(passage.text) for entry in bundled for passage in passages(entry))
    turns = [turn for dialogues in own.values() for dialogue in dialogues for turn in dialogue.turns]
    assert [turn for turn in turns if is_copied(words(turn), known)] == []
