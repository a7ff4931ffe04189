"""The support score on sentences of our own, and what a model's answers are measured by."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import PASSED

from corpus.entry import Entry, Snippet
from corpus.reading import BUNDLED, bundled_ids, read_entries
from eval.grounding import _code
from eval.support import read, table
from index.encoder import HashingEncoder, OnnxEncoder
from service.events import show
from service.grounding import Grounding
from service.support import FEATURES, shipped


def test_sentences_are_many_different_and_of_lessons_that_there_are() -> None:
    dev, test = read("dev"), read("test")
    assert len({one.text for one in (*dev, *test)}) == len(dev) + len(test) >= 150
    assert {one.entry for one in (*dev, *test)} <= bundled_ids()
    assert all({one.supported for one in part} == {True, False} for part in (dev, test))


def test_no_lesson_is_in_both_halves() -> None:
    assert not {one.entry for one in read("dev")} & {one.entry for one in read("test")}


def test_fitted_numbers_are_as_many_as_the_features() -> None:
    fitted = shipped()
    assert len(fitted.means) == len(fitted.scales) == len(fitted.weights) == len(FEATURES)


def test_sentence_of_the_lesson_is_better_supported_than_one_of_elsewhere(entries: tuple[Entry, ...]) -> None:
    grounding = Grounding(HashingEncoder())
    own, other = (
        grounding.support(text, entries[:1])
        for text in ("Gradients keep growing, they are summed.", "A zebra eats 17 `torch.zebra()` daily.")
    )
    assert own > other


def test_sentence_without_a_citation_is_held_against_all_lessons(entries: tuple[Entry, ...]) -> None:
    grounding = Grounding(HashingEncoder())
    text = "Save the state_dict of a model."
    (cited_wrong,) = grounding.judge(f"{text[:-1]} [1].", 0, 100, entries)
    (uncited,) = grounding.judge(text, 0, len(text), entries)
    assert uncited.support is not None
    assert cited_wrong.support is not None
    assert uncited.support > cited_wrong.support


def test_code_is_counted_by_the_try_that_ran() -> None:
    failed = replace(PASSED, status="failed")
    runs = [show(Snippet("generated-1", "1"), verdict, None, origin="model") for verdict in (PASSED, failed)]
    passed, broken = runs
    assert [_code([]), _code([passed]), _code([broken, passed]), _code([broken, broken])] == [
        None,
        "first",
        "repaired",
        "never",
    ]


@pytest.mark.integration
def test_score_tells_supported_sentences_of_lessons_it_was_not_fitted_on(state_folder: Path) -> None:
    grounding = Grounding(OnnxEncoder(state_folder / "index" / "encoder"))
    told, values = table(grounding, {entry.id: entry for entry in read_entries(BUNDLED)})
    found = {row[0]: row for row in told.rows}
    assert float(found["test"][2].split()[0]) > 0.8
    assert len(values["support"]) == 87
