"""Fits ``index/calibration.json`` on the development queries, each part in turn.

1. The weights of the fusion and its sharpness: the logistic choice among the entries (the right ones against all
   others) under which the development queries are most likely, for each depth; the depth that is best where each query
   is held out with all others of its entry.
2. Two logistic regressions over ``index.fusion.FEATURES``: whether any entry covers the query, and whether the first
   match is right.
3. The threshold: where :data:`FALSE_REFUSALS` of the covered queries are refused, each by a regression without it.

What the same numbers give on queries held out (:data:`FOLDS` folds over the entries) is written beside them.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from eval.metrics import auroc
from eval.qrels import Query
from eval.retrieval import Scored, ids, score
from index.fusion import CALIBRATION, FEATURES, Calibration, scaled
from index.retriever import HybridRetriever, Ranking

DEPTHS = (1, 2, 3, 4, 5, 6, 8)
FALSE_REFUSALS = 0.03
"""Less than the 5 % that may be: whoever wrote the phrasings and the background had seen development queries."""
SURE = 0.5
GRADE = 2
FOLDS = 10
SEED = 20_26
INVERSE_REGULARISATION = 1.0
PENALTY = 5.0
"""On the squares of the fusion's weights, each part brought to the same spread."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def fit(retriever: HybridRetriever, sets: dict[str, list[Query]], model: str) -> Calibration:
    """Fit every number on ``sets`` and write them with what they were fitted on."""
    scored = [one for queries in sets.values() for one in score(retriever, queries)]
    weights, likelihood, success = _fit_weights(retriever, [one for one in scored if one.query.grade >= GRADE])
    fitted, separation = _fit_confidence(retriever.calibrated(weights), [o for o in scored if o.query.grade != 1])
    fitted = replace(fitted, model=model)
    evidence = {"log-likelihood": round(likelihood, 3), "success@1": round(success, 3), **separation}
    _write(fitted, {name: len(queries) for name, queries in sets.items()}, evidence)
    return fitted


def _fit_weights(retriever: HybridRetriever, scored: Sequence[Scored]) -> tuple[Calibration, float, float]:
    """The weights, with the log-likelihood and success@1 of the queries held out."""
    entries = retriever.entry_ids()
    folds = _folds(scored)
    best: tuple[float, float, Calibration] | None = None
    for depth in DEPTHS:
        variant = retriever.calibrated(replace(retriever.calibration, depth=depth))
        parts = np.stack([_parts(variant, one) for one in scored])
        right = np.array([[entry in one.query.best for entry in entries] for one in scored])
        chances, first = np.empty(len(scored)), np.empty(len(scored))
        for held in np.unique(folds):
            out = folds == held
            choice = _choice(parts[out] @ _choose(parts[~out], right[~out]))
            chances[out] = (choice * right[out]).sum(axis=1)
            first[out] = right[out][np.arange(out.sum()), choice.argmax(axis=1)]
        likelihood = float(np.log(np.maximum(chances, 1e-9)).mean())
        if best is None or likelihood > best[0]:
            weights = _choose(parts, right)
            total = max(float(weights.sum()), 1e-6)
            fitted = replace(
                variant.calibration,
                sparse_weight=round(float(weights[1]) / total, 4),
                taught_weight=round(float(weights[2]) / total, 4),
                sharpness=round(total, 4),
            )
            best = likelihood, float(first.mean()), fitted
    assert best is not None
    return best[2], best[0], best[1]


def _parts(retriever: HybridRetriever, one: Scored) -> Floats:
    """The three parts of every entry: shape (entries, 3)."""
    parts = retriever.parts(one.scores)
    found: Floats = np.stack([parts.whitened, scaled(parts.bm25), parts.taught], axis=1).astype(np.float64)
    return found


def _choice(logits: Floats) -> Floats:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    chosen: Floats = odds / odds.sum(axis=1, keepdims=True)
    return chosen


def _choose(parts: Floats, right: Bools) -> Floats:
    """The weights, none below 0, under which the right entries are most likely."""
    spread = parts.std(axis=(0, 1)) + 1e-9
    even = (parts - parts.mean(axis=1, keepdims=True)) / spread

    def loss(weights: Floats) -> tuple[float, Floats]:
        choice = _choice(even @ weights)
        chance = (choice * right).sum(axis=1)
        wanted = choice * right / np.maximum(chance, 1e-12)[:, None]
        slope = ((choice - wanted)[:, :, None] * even).sum(axis=(0, 1))
        return float(-np.log(chance + 1e-12).sum() + PENALTY * (weights**2).sum()), slope + 2 * PENALTY * weights

    start = np.full(parts.shape[2], 0.1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    weights: Floats = found.x / spread
    return weights


def _folds(scored: Sequence[Scored]) -> NDArray[np.intp]:
    """The fold of each query; queries with the same best entry are in the same."""
    named = [min(one.query.best, default=one.query.id) for one in scored]
    shuffled = sorted(set(named))
    random.Random(SEED).shuffle(shuffled)  # noqa: S311
    place = {name: number % FOLDS for number, name in enumerate(shuffled)}
    return np.array([place[name] for name in named], np.intp)


def _fit_confidence(retriever: HybridRetriever, scored: Sequence[Scored]) -> tuple[Calibration, dict[str, float]]:
    rankings = [_rank(retriever, one) for one in scored]
    features = np.array([ranking.features for ranking in rankings])
    inside = np.array([one.query.grade >= GRADE for one in scored])
    right = np.array([ids(found)[0] in one.query.best for one, found in zip(scored, rankings, strict=True)])
    held_out = _held_out(features, inside, _folds(scored))
    threshold = float(np.quantile(held_out[inside], FALSE_REFUSALS, method="lower"))
    separation = {
        f"AUROC {kind}": round(auroc(held_out[inside].tolist(), held_out[own].tolist()), 3)
        for kind in ("far", "near")
        if (own := np.array([one.query.kind == kind and not one.query.relevant for one in scored])).any()
    }
    fitted = replace(
        retriever.calibration,
        covered=_coefficients(_logistic().fit(features, inside)),
        right=_coefficients(_logistic().fit(features, right)),
        threshold=round(threshold, 4),
        sure=SURE,
    )
    return fitted, separation


def _logistic() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000))


def _held_out(features: NDArray[np.float32], truth: Bools, folds: NDArray[np.intp]) -> Floats:
    """The probability of each query by a regression without its fold; by one with it where there are too few."""
    if len(np.unique(folds)) < FOLDS or min(truth.sum(), (~truth).sum()) < FOLDS:
        found: Floats = _logistic().fit(features, truth).predict_proba(features)[:, 1]
        return found
    found = cross_val_predict(_logistic(), features, truth, groups=folds, cv=GroupKFold(FOLDS), method="predict_proba")[
        :, 1
    ]
    return np.asarray(found, np.float64)


def _coefficients(fitted: Pipeline) -> tuple[float, ...]:
    """The coefficients for the features as they are, the constant last."""
    scaler, regression = fitted[0], fitted[1]
    weights = regression.coef_[0] / scaler.scale_
    constant = regression.intercept_[0] - float(weights @ scaler.mean_)
    return tuple(round(float(value), 4) for value in (*weights, constant))


def _rank(retriever: HybridRetriever, one: Scored) -> Ranking:
    return retriever.rank(one.query.text, one.scores, k=10)


def _write(fitted: Calibration, sets: dict[str, int], evidence: dict[str, float]) -> None:
    told = {
        "fitted_on": sets,
        "fitted_at": datetime.now(UTC).date().isoformat(),
        "false_refusals": FALSE_REFUSALS,
        "held_out": evidence,
        "features": list(FEATURES),
    }
    CALIBRATION.write_text(json.dumps(told | asdict(fitted), indent=1) + "\n", encoding="utf-8")
