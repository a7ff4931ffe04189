"""Metrics: by hand, and against ir_measures."""

import random

import ir_measures
import numpy as np
import pytest
from ir_measures import RR, R, Success, nDCG
from scipy.stats import permutation_test
from sklearn.metrics import roc_auc_score

from eval.metrics import (
    auroc,
    auroc_between,
    calibration_error,
    difference,
    mean,
    ndcg,
    recall,
    reciprocal_rank,
    reliability,
    success,
)

ENTRIES = [f"e{number}" for number in range(15)]


def cases() -> list[tuple[dict[str, int], list[str]]]:
    """Random grades and rankings, among them some that find little."""
    chance = random.Random(7)
    return [
        (
            {entry: chance.choice([1, 1, 2, 3]) for entry in chance.sample(ENTRIES, chance.randint(1, 6))},
            chance.sample(ENTRIES, chance.choice([1, 3, 10])),
        )
        for _ in range(200)
    ]


@pytest.mark.parametrize("min_grade", [1, 2, 3])
def test_every_metric_agrees_with_ir_measures(min_grade: int) -> None:
    wanted = [nDCG @ 10, RR(rel=min_grade), R(rel=min_grade) @ 5]
    for relevant, ranked in cases():
        run = {"q": {entry: -float(rank) for rank, entry in enumerate(ranked)}}
        theirs = ir_measures.calc_aggregate(wanted, {"q": relevant}, run)
        assert ndcg(ranked, relevant, 10) == pytest.approx(theirs[nDCG @ 10])
        assert reciprocal_rank(ranked, relevant, min_grade) == pytest.approx(theirs[RR(rel=min_grade)])
        if max(relevant.values()) >= min_grade:
            assert recall(ranked, relevant, 5, min_grade) == pytest.approx(theirs[R(rel=min_grade) @ 5])


@pytest.mark.parametrize("k", [1, 3])
def test_success_counts_only_the_highest_grade_and_agrees_with_ir_measures(k: int) -> None:
    for relevant, ranked in cases():
        highest = max(relevant.values())
        best = {entry for entry, grade in relevant.items() if grade == highest}
        run = {"q": {entry: -float(rank) for rank, entry in enumerate(ranked)}}
        measure = Success(rel=highest) @ k
        theirs = ir_measures.calc_aggregate([measure], {"q": relevant}, run)[measure]
        assert success(ranked, best, k) == theirs


def test_a_query_without_a_ranking_counts_zero() -> None:
    relevant = {"a": 2}
    assert success([], {"a"}, 3) == recall([], relevant, 5, 2) == reciprocal_rank([], relevant, 2) == 0
    assert ndcg([], relevant, 10) == 0


def test_a_related_entry_alone_is_no_success() -> None:
    assert success(["related", "best"], {"best"}, 1) == 0
    assert success(["related", "best"], {"best"}, 3) == 1


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [0.0, 1.0, 1.0, 1.0, 0.5, 1.0, 0.0, 1.0]
    found = mean(values)
    assert found.value == pytest.approx(np.mean(values))
    assert found.low < found.value < found.high
    assert (found.n, found) == (8, mean(values))


def test_the_interval_gets_narrower_with_more_queries() -> None:
    few, many = mean([0.0, 1.0] * 10), mean([0.0, 1.0] * 1000)
    assert many.high - many.low < (few.high - few.low) / 5


def test_no_query_gives_zero_and_no_error() -> None:
    assert (mean([]).value, mean([]).n) == (0.0, 0)


@pytest.mark.parametrize(
    ("inside", "outside", "expected"),
    [([0.9, 0.8], [0.1], 1.0), ([0.1], [0.9], 0.0), ([0.5], [0.5], 0.5), ([0.9, 0.2], [0.5, 0.1], 0.75)],
)
def test_auroc_is_the_chance_that_a_covered_query_is_surer(
    inside: list[float], outside: list[float], expected: float
) -> None:
    assert auroc(inside, outside) == expected


def test_a_calibrated_confidence_has_no_error_and_a_boastful_one_has() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0.0)
    assert calibration_error([1.0] * 4, [False] * 4) == pytest.approx(1.0)


def test_auroc_agrees_with_scikit_learn_also_where_values_are_equal() -> None:
    chance = np.random.default_rng(3)
    inside, outside = chance.integers(2, 10, 80) / 10, chance.integers(0, 8, 60) / 10
    theirs = roc_auc_score([1] * 80 + [0] * 60, [*inside, *outside])
    assert auroc(inside.tolist(), outside.tolist()) == pytest.approx(theirs)


def test_the_interval_of_auroc_holds_its_value_and_gets_narrower() -> None:
    chance = np.random.default_rng(3)
    few, many = (auroc_between(chance.normal(1, 1, n).tolist(), chance.normal(0, 1, n).tolist()) for n in (20, 500))
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 3


def test_the_paired_test_agrees_with_scipy() -> None:
    chance = np.random.default_rng(11)
    before = chance.integers(0, 2, 60).astype(float)
    now = np.where(chance.random(60) < 0.25, 1.0, before)
    theirs = permutation_test(
        (now, before), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=20_000, rng=1
    )
    found = difference(before.tolist(), now.tolist())
    assert found.value == pytest.approx(theirs.statistic)
    assert found.p == pytest.approx(theirs.pvalue, abs=0.005)
    assert found.low <= found.value <= found.high


def test_no_change_is_no_significant_change() -> None:
    found = difference([0.0, 1.0, 1.0], [0.0, 1.0, 1.0])
    assert (found.value, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_the_bins_of_the_reliability_curve_hold_every_query_once() -> None:
    bins = reliability([0.05, 0.07, 0.55, 1.0], [False, True, True, True])
    assert [(one.n, one.right) for one in bins] == [(2, 0.5), (1, 1.0), (1, 1.0)]
    assert bins[0].confidence == pytest.approx(0.06)
