"""Entries are cut into passages that each stand alone."""

from collections import Counter
from dataclasses import replace

from corpus.entry import Entry
from index.passage import passages


def test_every_part_of_an_entry_becomes_a_passage(entries: tuple[Entry, ...]) -> None:
    entry = replace(entries[0], also_asked=("Why twice as large?",), symptoms=("loss is nan",), key_points=("sums",))
    found = Counter(passage.kind for passage in passages(entry))
    kinds = ("question", "also_asked", "symptom", "answer", "explanation", "key_point", "code", "pitfall", "follow_up")
    assert found == dict.fromkeys(kinds, 1)


def test_each_paragraph_of_an_explanation_is_a_passage_of_its_own(entries: tuple[Entry, ...]) -> None:
    entry = replace(entries[0], explanation="First.\n\n\n\nSecond.")
    assert [passage.text for passage in passages(entry) if passage.kind == "explanation"] == ["First.", "Second."]


def test_an_answer_is_searched_together_with_its_question(entries: tuple[Entry, ...]) -> None:
    answer = next(passage for passage in passages(entries[1]) if passage.kind == "answer")
    assert "How do you save a model?" in answer.text
    assert "state_dict" in answer.text


def test_a_pitfall_is_found_by_the_error_it_ends_with(entries: tuple[Entry, ...]) -> None:
    pitfall = next(passage for passage in passages(entries[0]) if passage.kind == "pitfall")
    assert "RuntimeError: does not require grad" in pitfall.text


def test_every_passage_names_its_entry_and_collection(entries: tuple[Entry, ...]) -> None:
    assert {(passage.entry_id, passage.collection) for passage in passages(entries[0])} == {("grad", "interview")}


def test_no_passage_is_empty(entries: tuple[Entry, ...]) -> None:
    assert all(passage.text.strip() for entry in entries for passage in passages(entry))
