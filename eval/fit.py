"""Fits ``index/calibration.json`` on the development queries: the weights of the fusion, the confidence, the threshold.

1. The weights: the grid point with the most right first matches over the covered queries, each set counting the same;
   among equals the highest MRR, then the smallest weights.
2. The confidence: a logistic regression over ``index.fusion.FEATURES``; right first matches against wrong ones and
   against uncovered queries.
3. The threshold: the highest at which at most :data:`FALSE_REFUSALS` of the covered queries are refused.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eval.metrics import reciprocal_rank, success
from eval.qrels import Query
from eval.retrieval import Scored, ids, score
from index.fusion import CALIBRATION, FEATURES, Calibration, confidence
from index.retriever import HybridRetriever, Ranking

SPARSE_WEIGHTS = tuple(np.round(np.arange(0.0, 0.65, 0.05), 2).tolist())
DEPTHS = (1, 2, 3, 5)
DEPTH_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4)
FALSE_REFUSALS = 0.03
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
    def quality(calibration: Calibration) -> tuple[float, float]:
        variant = retriever.calibrated(calibration)
        right, ranks = [], []
        for scored in filter(None, sets):
            ranked = [(one.query, ids(_rank(variant, one))) for one in scored]
            right.append(np.mean([success(found, query.best, 1) for query, found in ranked]))
            ranks.append(np.mean([reciprocal_rank(found, query.relevant, GRADE) for query, found in ranked]))
        return round(float(np.mean(right)), 6), round(float(np.mean(ranks)), 6)

    points = [
        replace(retriever.calibration, sparse_weight=sparse, depth=depth, depth_weight=depth_weight)
        for sparse, depth, depth_weight in itertools.product(SPARSE_WEIGHTS, DEPTHS, DEPTH_WEIGHTS)
        if depth_weight or depth == DEPTHS[0]
    ]
    return max(points, key=lambda point: (*quality(point), -point.depth_weight, -point.sparse_weight, -point.depth))


def _fit_confidence(retriever: HybridRetriever, scored: Sequence[Scored]) -> Calibration:
    rankings = [_rank(retriever, one) for one in scored]
    features = np.array([ranking.features for ranking in rankings])
    right = np.array([ids(found)[0] in one.query.best for one, found in zip(scored, rankings, strict=True)])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000))
    model.fit(features, right)
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    constant = regression.intercept_[0] - float(weights @ scaler.mean_)
    coefficients = tuple(round(float(value), 4) for value in (*weights, constant))
    covered = [
        confidence(row, coefficients) for row, one in zip(features, scored, strict=True) if one.query.grade >= GRADE
    ]
    threshold = float(np.quantile(covered, FALSE_REFUSALS, method="lower"))
    return replace(retriever.calibration, coefficients=coefficients, threshold=round(threshold, 4))


def _rank(retriever: HybridRetriever, one: Scored) -> Ranking:
    return retriever.rank(one.query.text, one.cosines, one.bm25, k=10)


def _write(fitted: Calibration, sets: dict[str, int]) -> None:
    data = {
        "fitted_on": sets,
        "fitted_at": datetime.now(UTC).date().isoformat(),
        "false_refusals": FALSE_REFUSALS,
        "features": list(FEATURES),
        "sparse_weight": fitted.sparse_weight,
        "depth": fitted.depth,
        "depth_weight": fitted.depth_weight,
        "coefficients": list(fitted.coefficients),
        "threshold": fitted.threshold,
        "model": fitted.model,
    }
    CALIBRATION.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
