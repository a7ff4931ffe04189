"""How well the support score tells supported sentences from others: on sentences of our own; fitted on half of them.

``sentences/dev.jsonl`` and ``sentences/test.jsonl`` hold one sentence a line, as a language model might word it:
``{"id", "entry", "text", "supported", "kind"}``. ``entry`` is the lesson that it cites; no lesson is in both halves.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from corpus.entry import Entry
from eval.evaluation import Table
from eval.metrics import auroc, auroc_between
from service.grounding import Grounding
from service.support import FEATURES, FITTED

SENTENCES = Path(__file__).with_name("sentences")
INVERSE_REGULARISATION = 0.1
FOLDS = 7
CAUGHT = 0.8
"""The share of unsupported sentences (development half, held out by lesson) that the threshold must mark."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, the lesson that it cites, and whether that supports it."""

    id: str
    entry: str
    text: str
    supported: bool
    kind: str


def read(part: str) -> list[Labelled]:
    """The sentences of one half."""
    lines = (SENTENCES / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Labelled(**json.loads(line)) for line in lines]


def scores(grounding: Grounding, entries: Mapping[str, Entry], part: str) -> list[tuple[Labelled, float]]:
    """Each sentence of a half with its support."""
    return [(one, grounding.support(one.text, [entries[one.entry]])) for one in read(part)]


def table(grounding: Grounding, entries: Mapping[str, Entry]) -> tuple[Table, dict[str, dict[str, float]]]:
    """AUROC of both halves, what the threshold marks; and the values of each sentence of the test half."""
    rows: list[tuple[str, ...]] = []
    threshold = grounding.fitted.threshold
    values: dict[str, dict[str, float]] = {}
    for part in ("dev", "test"):
        found = scores(grounding, entries, part)
        good = [score for one, score in found if one.supported]
        bad = [score for one, score in found if not one.supported]
        marked, spared = np.mean(np.array(bad) < threshold), np.mean(np.array(good) >= threshold)
        rows.append((part, str(len(found)), str(auroc_between(good, bad)), f"{marked:.2f}", f"{spared:.2f}"))
        values = {"support": {one.id: score for one, score in found}}
        if part == "test":
            rows += _kinds(found, threshold)
    columns = ("sentences", "n", "AUROC", "unsupported, marked", "supported, not marked")
    return Table("Does the support score tell supported sentences from others?", columns, tuple(rows)), values


def _kinds(found: list[tuple[Labelled, float]], threshold: float) -> list[tuple[str, ...]]:
    kinds = sorted({one.kind for one, _ in found if not one.supported})
    rows: list[tuple[str, ...]] = []
    for kind in kinds:
        marked = [score < threshold for one, score in found if one.kind == kind]
        rows.append((f"test, {kind}", str(len(marked)), "", f"{np.mean(marked):.2f}", ""))
    return rows


def fit(grounding: Grounding, entries: Mapping[str, Entry]) -> str:
    """Fit the logistic model on the development half and write ``service/support.json``; tells how well it fits."""
    rows = read("dev")
    found = np.array([grounding.features(one.text, [entries[one.entry]]) for one in rows])
    labels = np.array([one.supported for one in rows])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_REGULARISATION))
    lessons = [one.entry for one in rows]
    folds = GroupKFold(FOLDS)
    held_out = cross_val_predict(model, found, labels, groups=lessons, cv=folds, method="predict_proba")[:, 1]
    threshold = float(np.quantile(held_out[~labels], CAUGHT))
    scaler, logistic = model.fit(found, labels).named_steps.values()
    measured = auroc(held_out[labels], held_out[~labels])
    told = {
        "features": FEATURES,
        "fitted_on": len(rows),
        "held_out_auroc": round(measured, 3),
        "means": scaler.mean_.round(4).tolist(),
        "scales": scaler.scale_.round(4).tolist(),
        "weights": logistic.coef_[0].round(4).tolist(),
        "bias": round(float(logistic.intercept_[0]), 4),
        "threshold": round(threshold, 3),
    }
    FITTED.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return f"{FITTED.name} has been written: AUROC {measured:.3f} held out by lesson, threshold {threshold:.3f}."
