"""Scores of passages → one score an entry, and the confidence in the first; pure.

The numbers in ``calibration.json`` are fitted on the development queries by ``python -m eval fit``.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CALIBRATION = Path(__file__).with_name("calibration.json")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted numbers.

    Args:
        sparse_weight: BM25's share in a passage's score; the cosine has the rest.
        depth: how many of an entry's best passages count besides the best one.
        depth_weight: the share of their mean in the entry's score.
        coefficients: of the logistic function over :func:`features`, the constant last.
        threshold: from this confidence on a question counts as covered.
        model: the embedding model that the numbers were fitted for.
    """

    sparse_weight: float
    depth: int
    depth_weight: float
    coefficients: tuple[float, ...]
    threshold: float
    model: str


@cache
def shipped_calibration() -> Calibration:
    """The calibration that comes with torchtutor."""
    fitted = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    fields = {name: fitted[name] for name in Calibration.__dataclass_fields__}
    return Calibration(**fields | {"coefficients": tuple(fitted["coefficients"])})


def fuse(cosines: Floats, bm25: Floats, sparse_weight: float) -> Floats:
    """One score a passage: the weighted sum of the cosine and of BM25 over its maximum."""
    highest = bm25.max(initial=0.0)
    scaled = bm25 / highest if highest > 0 else bm25
    fused: Floats = (1 - sparse_weight) * cosines + sparse_weight * scaled
    return fused


def entry_scores(scores: Floats, owners: Sequence[NDArray[np.intp]], depth: int, depth_weight: float) -> Floats:
    """One score an entry: its best passage, and to ``depth_weight`` the mean of its ``depth`` next best.

    Args:
        scores: of all passages.
        owners: for each entry the places of its passages.
    """
    found = np.empty(len(owners), np.float32)
    for row, places in enumerate(owners):
        own = np.sort(scores[places])[::-1]
        following = own[1 : 1 + depth]
        mean = following.mean() if len(following) else own[0]
        found[row] = (1 - depth_weight) * own[0] + depth_weight * mean
    return found


def features(entries: Floats, cosines: Floats, bm25: Floats, coverage: float, words: int) -> Floats:
    """What tells whether the first match is right: see :data:`FEATURES`.

    Args:
        entries: scores of all entries, highest first.
        cosines, bm25: of all passages.
        coverage: share of the query's words, weighted by how rare they are, that the first entry holds.
        words: how many words the query has.
    """
    second = entries[1] if len(entries) > 1 else 0.0
    best = np.sort(cosines)[-3:]
    bm25_best = math.log1p(float(bm25.max(initial=0.0)))
    found = [entries[0], entries[0] - second, best[-1], best.mean(), bm25_best, coverage, math.log1p(words)]
    return np.array(found, np.float32)


FEATURES = (
    "score of the first entry",
    "its lead over the second",
    "best cosine of a passage",
    "mean of the three best cosines",
    "log(1 + best BM25 of a passage)",
    "coverage of the query's words by the first entry",
    "log(1 + number of words)",
)


def confidence(found: Floats, coefficients: Sequence[float]) -> float:
    """The logistic function of ``found`` (see :func:`features`)."""
    *weights, constant = coefficients
    return 1 / (1 + math.exp(-(float(np.dot(found, weights)) + constant)))
