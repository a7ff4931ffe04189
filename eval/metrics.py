"""Metrics of one query, and their means with intervals; pure.

``ranked`` is always the ids of the entries found, best first. A query without a ranking counts 0.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
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
    return resampled(np.asarray(values, float), np.mean) if values else Mean(0.0, 0.0, 0.0, 0)


def resampled(rows: np.ndarray, statistic: Callable[[np.ndarray], float]) -> Mean:
    """``statistic`` of ``rows`` with its interval over resamples of the rows."""
    generator = np.random.default_rng(SEED)
    found = [statistic(rows[generator.integers(0, len(rows), len(rows))]) for _ in range(RESAMPLES)]
    low, high = np.percentile(found, [2.5, 97.5])
    return Mean(float(statistic(rows)), float(low), float(high), len(rows))


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """The probability that a covered query has a higher confidence than an uncovered one; ties count half."""
    a, b = np.asarray(inside)[:, None], np.asarray(outside)[None, :]
    return float((a > b).mean() + 0.5 * (a == b).mean())


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """The expected calibration error: the mean distance of confidence and accuracy over equally wide bins."""
    sure, truth = np.asarray(confidences), np.asarray(right, float)
    places = np.minimum((sure * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(sure[places == place].mean() - truth[places == place].mean()) * (places == place).mean()
            for place in np.unique(places)
        )
    )
