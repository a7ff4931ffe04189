"""Metrics of one query, and their means with intervals; pure.

``ranked`` is always the ids of the entries found, best first. A query without a ranking counts 0.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = Sequence[float] | NDArray[np.float64]

RESAMPLES = 2000
PERMUTATIONS = 10_000
SEED = 20_26


def success(ranked: Sequence[str], best: set[str], k: int) -> float:
    """1 if one of the query's highest-graded entries is among the first ``k``, else 0."""
    return float(bool(best & set(ranked[:k])))


def recall(ranked: Sequence[str], relevant: Mapping[str, int], k: int, min_grade: int) -> float:
    """The fraction of the entries graded ``min_grade`` or more among the first ``k``."""
    wanted = {entry_id for entry_id, grade in relevant.items() if grade >= min_grade}
    return len(wanted & set(ranked[:k])) / len(wanted) if wanted else 0.0


def reciprocal_rank(ranked: Sequence[str], relevant: Mapping[str, int], min_grade: int) -> float:
    """1 / the rank of the first entry graded ``min_grade`` or more; 0 if there is none."""
    for rank, entry_id in enumerate(ranked, 1):
        if relevant.get(entry_id, 0) >= min_grade:
            return 1 / rank
    return 0.0


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Discounted gain over the first ``k``, the grade as gain, over the best that is possible."""

    def gain(grades: Sequence[int]) -> float:
        return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))

    ideal = gain(sorted(relevant.values(), reverse=True)[:k])
    return gain([relevant.get(entry_id, 0) for entry_id in ranked[:k]]) / ideal if ideal else 0.0


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over ``n`` queries, with its 95 % interval by bootstrap (percentiles, seeded)."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def mean(values: Sequence[float]) -> Mean:
    """The mean of ``values`` with its interval; all 0 where there are none."""
    if not values:
        return Mean(0.0, 0.0, 0.0, 0)
    found = np.asarray(values, float)
    chosen = np.random.default_rng(SEED).integers(0, len(found), (RESAMPLES, len(found)))
    low, high = np.percentile(found[chosen].mean(axis=1), [2.5, 97.5])
    return Mean(float(found.mean()), float(low), float(high), len(found))


def resampled(rows: np.ndarray, statistic: Callable[[np.ndarray], float]) -> Mean:
    """``statistic`` of ``rows`` with its interval over resamples of the rows."""
    generator = np.random.default_rng(SEED)
    found = [statistic(rows[generator.integers(0, len(rows), len(rows))]) for _ in range(RESAMPLES)]
    low, high = np.percentile(found, [2.5, 97.5])
    return Mean(float(statistic(rows)), float(low), float(high), len(rows))


def auroc(inside: Numbers, outside: Numbers) -> float:
    """The probability that a covered query has a higher confidence than an uncovered one; ties count half."""
    ordered = np.sort(np.asarray(outside))
    below, up_to = (np.searchsorted(ordered, inside, side=side) for side in ("left", "right"))
    return float((below + up_to).mean() / 2 / len(ordered))


def auroc_between(inside: Sequence[float], outside: Sequence[float]) -> Mean:
    """:func:`auroc` with its interval over resamples of both sides, each by itself; ``n`` counts both."""
    a, b = np.asarray(inside), np.asarray(outside)
    generator = np.random.default_rng(SEED)
    found = [
        auroc(a[generator.integers(0, len(a), len(a))], b[generator.integers(0, len(b), len(b))])
        for _ in range(RESAMPLES)
    ]
    low, high = np.percentile(found, [2.5, 97.5])
    return Mean(auroc(a, b), float(low), float(high), len(a) + len(b))


@dataclass(frozen=True, slots=True)
class Difference:
    """How a mean changed from a baseline to now, on the same queries.

    Args:
        p: of a two-sided permutation test: how often a difference as large comes about if the two were the same.
    """

    before: float
    now: float
    low: float
    high: float
    p: float
    n: int

    @property
    def value(self) -> float:
        return self.now - self.before


def difference(before: Sequence[float], now: Sequence[float]) -> Difference:
    """The change between paired values: 95 % bootstrap interval, and a permutation test that swaps pairs at random."""
    a, b = np.asarray(before, float), np.asarray(now, float)
    change = b - a
    generator = np.random.default_rng(SEED)
    signs = generator.choice((-1.0, 1.0), (PERMUTATIONS, len(change)))
    as_large = np.abs(signs @ change) >= abs(change.sum()) - 1e-9
    interval = mean(change.tolist())
    p = (1 + int(as_large.sum())) / (1 + PERMUTATIONS)
    return Difference(float(a.mean()), float(b.mean()), interval.low, interval.high, p, len(change))


@dataclass(frozen=True, slots=True)
class Bin:
    """The confidences between two bounds: their number, their mean, and how often the first match was right."""

    n: int
    confidence: float
    right: float


def reliability(confidences: Numbers, right: Numbers, bins: int = 10) -> list[Bin]:
    """The bins, equally wide, that hold anything."""
    sure, truth = np.asarray(confidences), np.asarray(right, float)
    places = np.minimum((sure * bins).astype(int), bins - 1)
    inside = [places == place for place in np.unique(places)]
    return [Bin(int(own.sum()), float(sure[own].mean()), float(truth[own].mean())) for own in inside]


def calibration_error(confidences: Numbers, right: Numbers, bins: int = 10) -> float:
    """The expected calibration error: the mean distance of confidence and accuracy over equally wide bins."""
    sure = np.asarray(confidences)
    places = np.minimum((sure * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(places, weights=sure - np.asarray(right, float))).sum() / len(sure))
