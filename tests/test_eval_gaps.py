"""How well questions are put together is told by pairs."""

import numpy as np

from eval.gaps import pair_scores, same_asked, subjects
from eval.qrels import Query


def test_precision_and_recall_are_of_pairs() -> None:
    same = np.array([[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1]], bool)
    scores = pair_scores([1, 1, 2, 2], same)
    assert (scores.precision, scores.recall) == (1 / 2, 1 / 3)


def test_queries_ask_about_the_same_by_entry_or_by_subject() -> None:
    queries = [
        Query("a", "", {"grad": 2, "save": 1}),
        Query("b", "", {"grad": 2}),
        Query("c", "", {"save": 2}),
        Query("d", "", {}, "near"),
        Query("e", "", {}, "near"),
        Query("f", "", {}, "near"),
    ]
    same = same_asked(queries, {"d": "keras", "e": "keras"})
    pairs = {(one, other) for one in range(6) for other in range(one) if same[one, other]}
    assert pairs == {(1, 0), (4, 3)}


def test_own_uncovered_queries_have_subjects() -> None:
    assert len(subjects()) > 250
