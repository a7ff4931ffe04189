"""Scores of passages → one score an entry, and how sure the first match is; pure.

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

FEATURES = (
    "whitened cosine of the first entry",
    "BM25 of the first entry, log(1 + x)",
    "lead of the first entry over the second",
    "best plain cosine of a passage",
    "coverage of the query by the first entry",
    "length of the query in grams, log(1 + x)",
)


@dataclass(frozen=True, slots=True)
class Scores:
    """What each part says of every passage, in the order of the passages: three arrays of shape (passages,).

    Args:
        cosines: of the plain vectors.
        whitened: cosines of the whitened vectors.
        bm25: 0 or more, without an upper bound.
    """

    cosines: Floats
    whitened: Floats
    bm25: Floats


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted numbers.

    Args:
        sparse_weight: BM25's share in an entry's score; the whitened cosine has the rest.
        depth: how many of an entry's best passages make its score.
        covered: coefficients of the logistic function over :data:`FEATURES`, the constant last, that tells whether any
            entry covers the query.
        right: the same for whether the first match is right.
        threshold: from this probability of being covered on, a query is answered.
        model: the embedding model that the numbers were fitted for.
    """

    sparse_weight: float
    depth: int
    covered: tuple[float, ...]
    right: tuple[float, ...]
    threshold: float
    model: str


@cache
def shipped_calibration() -> Calibration:
    """The calibration that comes with torchtutor."""
    fitted = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    fields = {name: fitted[name] for name in Calibration.__dataclass_fields__}
    return Calibration(**fields | {name: tuple(fitted[name]) for name in ("covered", "right")})


def pooled(scores: Floats, owners: NDArray[np.intp], depth: int) -> Floats:
    """One score an entry: the mean of its ``depth`` best passages, or of all where it has fewer.

    Args:
        scores: of passages.
        owners: the number of the entry that each of them belongs to, from 0 without gaps.
    """
    order = np.lexsort((-scores, owners))
    sizes = np.bincount(owners)
    rank = np.arange(len(owners)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    best = order[rank < depth]
    sums = np.bincount(owners[best], weights=scores[best])
    return (sums / np.minimum(sizes, depth)).astype(np.float32)


def fuse(whitened: Floats, bm25: Floats, sparse_weight: float) -> Floats:
    """The weighted sum of the cosine and of BM25 over its maximum, for passages or for entries."""
    highest = bm25.max(initial=0.0)
    scaled = bm25 / highest if highest > 0 else bm25
    fused: Floats = (1 - sparse_weight) * whitened + sparse_weight * scaled
    return fused


def features(
    order: NDArray[np.intp], fused: Floats, whitened: Floats, bm25: Floats, cosines: Floats, coverage: float, grams: int
) -> Floats:
    """What tells whether the query is covered and the first match right: see :data:`FEATURES`.

    Args:
        order: numbers of the entries, best first; at least one.
        fused, whitened, bm25: scores of the entries.
        cosines: of their passages.
        coverage: share of the query's grams, weighted by how rare they are, that the first entry holds.
        grams: how many the query has.
    """
    first = order[0]
    lead = fused[first] - fused[order[1]] if len(order) > 1 else fused[first]
    found = [whitened[first], math.log1p(float(bm25[first])), lead, cosines.max(), coverage, math.log1p(grams)]
    return np.array(found, np.float32)


def probability(found: Floats, coefficients: Sequence[float]) -> float:
    """The logistic function of ``found`` (see :func:`features`)."""
    *weights, constant = coefficients
    return 1 / (1 + math.exp(-(float(np.dot(found, weights)) + constant)))
