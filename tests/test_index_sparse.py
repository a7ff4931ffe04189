"""BM25 and a cosine over character grams."""

import pytest

from index.sparse import GramCosines, SparseIndex, grams

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


@pytest.mark.parametrize("text", TEXTS)
def test_the_cosine_of_a_text_with_itself_is_one_and_with_others_less(text: str) -> None:
    scores = GramCosines(TEXTS).scores(text)
    assert scores[TEXTS.index(text)] == pytest.approx(1.0, abs=1e-5)
    assert sorted(scores)[-2] < 0.9


def test_rare_words_weigh_more_in_the_cosine_than_common_ones() -> None:
    scores = GramCosines(("model alpha", "model omega", "model gamma")).scores("model omega")
    assert scores[0] < 0.5


def test_the_cosine_of_a_query_that_shares_nothing_is_zero() -> None:
    assert GramCosines(TEXTS).scores("日本語 ?").tolist() == [0, 0, 0]


def test_the_grams_of_a_word_are_the_same_the_second_time() -> None:
    first = grams("optimizer optimizer")
    assert grams("optimizer optimizer") == first == [*grams("optimizer")] * 2
