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
    "share of the first entry",
    "best plain cosine of a passage",
    "different grams of the query, log(1 + x)",
    "highest score that the classifier gives an entry",
    "highest score that it gives what no entry covers",
)


@dataclass(frozen=True, slots=True)
class Scores:
    """What a query is like, and what each part says of every passage, in their order: arrays of shape (passages,).

    Args:
        text: the query, reduced to what is searched for.
        vector: of that, shape (dimension,).
        cosines: of the plain vectors.
        whitened: cosines of the whitened vectors.
        bm25: 0 or more, without an upper bound.
    """

    text: str
    vector: Floats
    cosines: Floats
    whitened: Floats
    bm25: Floats


@dataclass(frozen=True, slots=True)
class Parts:
    """What each part says of every entry of a collection: arrays of shape (entries,).

    Args:
        whitened, bm25: of their best passages.
        taught: what the classifier says.
        beside: the classifier's highest score for what no entry covers.
        name: what that is; see :class:`index.classifier.Judgement`.
        cosine: the best plain cosine of a passage.
        grams: how many different ones the query has.
    """

    whitened: Floats
    bm25: Floats
    taught: Floats
    beside: float
    name: str | None
    cosine: float
    grams: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted numbers.

    Args:
        sparse_weight, taught_weight: the shares of BM25 and of the classifier in an entry's score; the whitened cosine
            has the rest.
        depth: how many of an entry's best passages make its whitened cosine and its BM25.
        sharpness: the scores times this are the logarithms of the entries' odds.
        covered: coefficients of the logistic function over :data:`FEATURES`, the constant last, that tells whether any
            entry covers the query.
        right: the same for whether the first match is right.
        threshold: from this probability of being covered on, a query is answered.
        sure: from this confidence on, it is answered without reservation.
        model: the embedding model that the numbers were fitted for.
    """

    sparse_weight: float
    taught_weight: float
    depth: int
    sharpness: float
    covered: tuple[float, ...]
    right: tuple[float, ...]
    threshold: float
    sure: float
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


def scaled(bm25: Floats) -> Floats:
    """BM25 over its maximum."""
    highest = bm25.max(initial=0.0)
    return bm25 / highest if highest > 0 else bm25


def fuse(whitened: Floats, bm25: Floats, taught: Floats, calibration: Calibration) -> Floats:
    """The weighted sum of the cosine, of BM25 over its maximum and of the classifier's scores."""
    sparse, share = calibration.sparse_weight, calibration.taught_weight
    fused: Floats = (1 - sparse - share) * whitened + sparse * scaled(bm25) + share * taught
    return fused


def features(order: NDArray[np.intp], fused: Floats, parts: Parts, sharpness: float) -> Floats:
    """What tells whether the query is covered and the first match right: see :data:`FEATURES`.

    Args:
        order: numbers of the entries, best first; at least one.
        fused: their scores.
    """
    first = order[0]
    lead = fused[first] - fused[order[1]] if len(order) > 1 else fused[first]
    share = 1 / np.exp(sharpness * (fused - fused[first])).sum()
    found = [
        parts.whitened[first],
        math.log1p(float(parts.bm25[first])),
        lead,
        share,
        parts.cosine,
        math.log1p(parts.grams),
        parts.taught.max(),
        parts.beside,
    ]
    return np.array(found, np.float32)


def probability(found: Floats, coefficients: Sequence[float]) -> float:
    """The logistic function of ``found`` (see :func:`features`)."""
    *weights, constant = coefficients
    return 1 / (1 + math.exp(-(float(np.dot(found, weights)) + constant)))
