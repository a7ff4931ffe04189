"""BM25 over character grams."""

import pytest

from index.sparse import SparseIndex, Vocabulary, grams

TEXTS = (
    "clear the gradients with optimizer.zero_grad()",
    "nn.CrossEntropyLoss takes logits",
    "save the state_dict of a model",
)


def test_a_word_gives_its_overlapping_runs() -> None:
    assert grams("Adam") == [" ada", "adam", "dam "]


def test_a_word_shorter_than_a_run_is_kept_whole() -> None:
    assert grams("lr in nn") == [" lr ", " in ", " nn "]


def test_marks_and_underscores_end_a_word() -> None:
    assert grams("zero_grad") == [*grams("zero"), *grams("grad")]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("zero grad", 0),
        ("how to call optimzer zerograd", 0),
        ("cross entropy", 1),
        ("CrossEntropyLos", 1),
        ("saving statedicts", 2),
    ],
)
def test_typos_inflections_and_parts_of_identifiers_find_their_passage(query: str, place: int) -> None:
    assert SparseIndex(TEXTS).scores(query).argmax() == place


@pytest.mark.parametrize("query", ["", "   ", "?!", "日本語", "zzz qqq"])
def test_a_query_that_shares_nothing_scores_zero_everywhere(query: str) -> None:
    assert SparseIndex(TEXTS).scores(query).tolist() == [0, 0, 0]


def test_a_passage_without_letters_does_not_break_the_index() -> None:
    assert SparseIndex(("…", *TEXTS)).scores("zero grad").argmax() == 1


def test_coverage_is_one_where_the_entry_holds_all_of_the_query() -> None:
    vocabulary = Vocabulary({"a": [TEXTS[0]], "b": [TEXTS[1]]})
    assert vocabulary.coverage("clear gradients", "a") == pytest.approx(1.0)
    assert vocabulary.coverage("clear gradients", "b") < 0.2


def test_rare_words_weigh_more_in_the_coverage_than_common_ones() -> None:
    vocabulary = Vocabulary({"a": ["model rare"], "b": ["model"], "c": ["model"]})
    assert vocabulary.coverage("model rare", "b") < 0.5


def test_a_query_without_grams_is_not_covered() -> None:
    assert Vocabulary({"a": ["model"]}).coverage("?", "a") == 0
