"""The hybrid retriever over the hashing encoder: no model."""

from dataclasses import replace

import numpy as np
import pytest

from corpus.entry import Entry
from index.dense import DenseIndex
from index.encoder import HashingEncoder
from index.fusion import shipped_calibration
from index.passage import Passage, passages
from index.retriever import UNFITTED_THRESHOLD, HybridRetriever, KeywordRetriever, Ranking
from index.teaching import teach

OTHER = Entry("rope", 1, "sailing", "Knots", "Tying a bowline: which way round?", "The rabbit comes out of its hole.")


@pytest.fixture
def retriever(entries: tuple[Entry, ...]) -> HybridRetriever:
    found = [passage for entry in (*entries, OTHER) for passage in passages(entry)]
    encoder = HashingEncoder()
    return HybridRetriever(found, DenseIndex(encoder.encode([passage.text for passage in found])), encoder)


def ids(retriever: HybridRetriever | KeywordRetriever, query: str, k: int = 3, collection: str | None = None) -> list:
    return [match.entry_id for match in retriever.search(query, k=k, collection=collection).matches]


@pytest.mark.parametrize(
    ("query", "entry_id"),
    [("my gradients are growing", "grad"), ("save the model", "save"), ("tie a bowline knot", "rope")],
)
def test_the_entry_that_is_meant_comes_first(retriever: HybridRetriever, query: str, entry_id: str) -> None:
    assert ids(retriever, query)[0] == entry_id


def test_it_gives_k_entries_where_there_are_that_many(retriever: HybridRetriever) -> None:
    assert [len(ids(retriever, "anything at all", k)) for k in (1, 2, 3, 10)] == [1, 2, 3, 3]


def test_every_entry_comes_once_and_the_best_first(retriever: HybridRetriever) -> None:
    matches = retriever.search("why do gradients grow", k=3).matches
    assert len({match.entry_id for match in matches}) == 3
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)


def test_a_match_shows_the_passage_that_is_nearest_to_the_query(retriever: HybridRetriever) -> None:
    best = retriever.search("Where is the sum kept?", k=1).matches[0]
    assert (best.entry_id, best.passage.kind) == ("grad", "follow_up")


def test_a_match_names_further_passages_of_its_entry_once_each(retriever: HybridRetriever) -> None:
    best = retriever.search("Where is the sum kept?", k=1).matches[0]
    named = [best.passage, *best.others]
    assert len({passage.text for passage in named}) == len(named) > 1
    assert {passage.entry_id for passage in named} == {"grad"}


def test_a_collection_limits_what_is_found(retriever: HybridRetriever) -> None:
    assert ids(retriever, "tie a bowline", collection="interview") == ids(retriever, "tie a bowline")[1:]
    assert ids(retriever, "why do gradients grow", collection="sailing") == ["rope"]


def test_an_unknown_collection_has_no_match_and_covers_nothing(retriever: HybridRetriever) -> None:
    ranking = retriever.search("save the model", k=3, collection="cooking")
    assert (ranking.matches, ranking.covered, ranking.confidence) == ((), False, 0.0)


@pytest.mark.parametrize("query", ["", " ", "?", "日本語", "\x00", "\ud800", "a" * 50_000])
def test_no_query_breaks_it(retriever: HybridRetriever, query: str) -> None:
    ranking = retriever.search(query, k=2)
    assert len(ranking.matches) == 2
    assert 0 <= ranking.confidence <= 1


def test_matches_are_given_also_where_nothing_is_covered(retriever: HybridRetriever) -> None:
    strict = retriever.calibrated(replace(shipped_calibration(), threshold=1.0))
    ranking = strict.search("save the model", k=2)
    assert not ranking.covered
    assert len(ranking.matches) == 2


def test_the_threshold_alone_decides_whether_a_query_is_covered(retriever: HybridRetriever) -> None:
    coverage = retriever.search("save the model", k=1).coverage
    for threshold, covered in ((coverage, True), (coverage + 1e-6, False)):
        variant = retriever.calibrated(replace(shipped_calibration(), threshold=threshold))
        assert variant.search("save the model", k=1).covered is covered


def test_other_numbers_leave_the_retriever_itself_as_it_was(retriever: HybridRetriever) -> None:
    before = retriever.search("save the model", k=3)
    retriever.calibrated(replace(shipped_calibration(), sparse_weight=1.0, taught_weight=0.0, depth=1)).search(
        "save the model", k=3
    )
    after = retriever.search("save the model", k=3)
    assert before.matches == after.matches


def test_each_part_can_rank_alone(retriever: HybridRetriever) -> None:
    scores = retriever.scores("bowline")
    no_bm25 = replace(scores, bm25=np.zeros_like(scores.bm25))
    dense = retriever.calibrated(replace(shipped_calibration(), sparse_weight=0.0, taught_weight=0.0))
    assert dense.rank("bowline", scores, k=3).matches == dense.rank("bowline", no_bm25, k=3).matches


def test_what_is_beside_the_entries_is_named_where_it_explains_the_query_better(entries: tuple[Entry, ...]) -> None:
    found = [passage for entry in (*entries, OTHER) for passage in passages(entry)]
    encoder = HashingEncoder()
    vectors = encoder.encode([passage.text for passage in found])
    texts = ("boil an egg", "fry an egg")
    background = [("cooking", text, vector) for text, vector in zip(texts, encoder.encode(texts), strict=True)]
    taught = teach(found, vectors, background)
    retriever = HybridRetriever(found, DenseIndex(vectors), encoder, classifiers=taught)
    assert retriever.search("boil an egg", k=1).beside == "cooking"
    assert retriever.search("tie a bowline", k=1, collection="interview").beside == "entry:rope"
    assert retriever.search("save a model", k=1, collection="interview").beside is None


def test_a_long_message_is_searched_by_what_matters_in_it(retriever: HybridRetriever) -> None:
    pasted = "Traceback (most recent call last):\n" + '  File "/usr/lib/x.py", line 3, in f\n    g()\n' * 40
    scores = retriever.scores(pasted + "ValueError: gradients keep growing")
    assert "gradients keep growing" in scores.text
    assert len(scores.text) < 200


def test_a_model_that_the_calibration_was_not_fitted_for_is_told_and_answers_more_rarely(
    retriever: HybridRetriever,
) -> None:
    found = list(passages(OTHER))
    encoder = HashingEncoder()
    dense = DenseIndex(encoder.encode([passage.text for passage in found]))
    fitted = replace(shipped_calibration(), model="small", threshold=0.5)
    other = HybridRetriever(found, dense, encoder, fitted, model="other")
    same = HybridRetriever(found, dense, encoder, fitted, model="small")
    assert (other.is_calibrated, same.is_calibrated) == (False, True)
    assert other.threshold == UNFITTED_THRESHOLD > same.threshold == 0.5


@pytest.mark.parametrize(
    ("covered", "confidence", "outcome"),
    [(True, 0.9, "answered"), (True, 0.3, "partly"), (False, 0.9, "not_covered")],
)
def test_the_outcome_follows_from_the_two_thresholds(
    retriever: HybridRetriever, covered: bool, confidence: float, outcome: str
) -> None:
    ranking = retriever.search("save the model", k=1)
    assert replace(ranking, covered=covered, confidence=confidence, sure=0.5).outcome == outcome


def test_a_ranking_without_a_match_covers_nothing() -> None:
    assert Ranking((), 1.0, covered=True).outcome == "not_covered"


def test_one_entry_alone_can_be_searched() -> None:
    found = list(passages(OTHER))
    encoder = HashingEncoder()
    dense = DenseIndex(encoder.encode([passage.text for passage in found]))
    assert ids(HybridRetriever(found, dense, encoder), "anything") == ["rope"]


def test_the_small_retriever_counts_words_and_abstains_without_any(entries: tuple[Entry, ...]) -> None:
    small = KeywordRetriever(entries)
    assert ids(small, "growing gradients")[0] == "grad"
    assert not small.search("boil an egg", k=2).covered
    assert len(small.search("boil an egg", k=2).matches) == 2


def test_a_phrasing_finds_its_entry_and_is_never_shown(entries: tuple[Entry, ...]) -> None:
    hidden = Passage("grad", "interview", "phrasing", "the slope piles up forever")
    found = [*(passage for entry in entries for passage in passages(entry)), hidden]
    encoder = HashingEncoder()
    retriever = HybridRetriever(found, DenseIndex(encoder.encode([passage.text for passage in found])), encoder)
    match = retriever.search("slope piles up", k=1).matches[0]
    assert match.entry_id == "grad"
    assert "phrasing" not in {passage.kind for passage in (match.passage, *match.others)}
