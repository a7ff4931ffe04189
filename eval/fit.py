"""Fits ``index/calibration.json`` on the development queries, each part in turn.

1. The weights of the fusion: the grid point with the highest mean reciprocal rank of the best entries, each query set
   counting the same; among equals the one with the smallest numbers.
2. Two logistic regressions over ``index.fusion.FEATURES``: whether any entry covers the query, and whether the first
   match is right.
3. The threshold: where :data:`FALSE_REFUSALS` of the covered queries are refused.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eval.metrics import reciprocal_rank
from eval.qrels import Query
from eval.retrieval import Scored, ids, score
from index.fusion import CALIBRATION, FEATURES, Calibration, probability
from index.retriever import HybridRetriever, Ranking

SPARSE_WEIGHTS = tuple(np.round(np.arange(0.0, 0.65, 0.05), 2).tolist())
DEPTHS = (1, 2, 3, 4, 5, 6, 8)
FALSE_REFUSALS = 0.05
GRADE = 2
INVERSE_REGULARISATION = 1.0


def fit(retriever: HybridRetriever, sets: dict[str, list[Query]], model: str) -> Calibration:
    """Fit every number on ``sets`` and write them with what they were fitted on."""
    scored = {name: score(retriever, queries) for name, queries in sets.items()}
    weights = _fit_weights(retriever, [[o for o in one if o.query.grade >= GRADE] for one in scored.values()])
    fitted = _fit_confidence(retriever.calibrated(weights), [one for ones in scored.values() for one in ones])
    fitted = replace(fitted, model=model)
    _write(fitted, {name: len(queries) for name, queries in sets.items()})
    return fitted


def _fit_weights(retriever: HybridRetriever, sets: Sequence[Sequence[Scored]]) -> Calibration:
    def quality(calibration: Calibration) -> float:
        variant = retriever.calibrated(calibration)
        means = []
        for scored in filter(None, sets):
            ranked = [(one.query.relevant, one.query.grade, ids(_rank(variant, one))) for one in scored]
            means.append(np.mean([reciprocal_rank(found, relevant, grade) for relevant, grade, found in ranked]))
        return round(float(np.mean(means)), 6)

    points = [
        replace(retriever.calibration, sparse_weight=sparse, depth=depth)
        for sparse, depth in itertools.product(SPARSE_WEIGHTS, DEPTHS)
    ]
    return max(points, key=lambda point: (quality(point), -point.sparse_weight, -point.depth))


def _fit_confidence(retriever: HybridRetriever, scored: Sequence[Scored]) -> Calibration:
    rankings = [_rank(retriever, one) for one in scored]
    features = np.array([ranking.features for ranking in rankings])
    inside = np.array([one.query.grade >= GRADE for one in scored])
    right = np.array([ids(found)[0] in one.query.best for one, found in zip(scored, rankings, strict=True)])
    covered = _logistic(features, inside)
    probabilities = [probability(row, covered) for row in features[inside]]
    threshold = float(np.quantile(probabilities, FALSE_REFUSALS, method="lower"))
    return replace(
        retriever.calibration, covered=covered, right=_logistic(features, right), threshold=round(threshold, 4)
    )


def _logistic(features: NDArray[np.float32], truth: NDArray[np.bool_]) -> tuple[float, ...]:
    """The coefficients of a regularised logistic regression, the constant last."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000))
    model.fit(features, truth)
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    constant = regression.intercept_[0] - float(weights @ scaler.mean_)
    return tuple(round(float(value), 4) for value in (*weights, constant))


def _rank(retriever: HybridRetriever, one: Scored) -> Ranking:
    return retriever.rank(one.query.text, one.scores, k=10)


def _write(fitted: Calibration, sets: dict[str, int]) -> None:
    told = {
        "fitted_on": sets,
        "fitted_at": datetime.now(UTC).date().isoformat(),
        "false_refusals": FALSE_REFUSALS,
        "features": list(FEATURES),
    }
    CALIBRATION.write_text(json.dumps(told | asdict(fitted), indent=1) + "\n", encoding="utf-8")
