"""The evaluation over a small retriever: what is counted, what is left out, what is fitted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.entry import Entry
from eval import fit
from eval.abstention import judge, report
from eval.qrels import Query
from eval.retrieval import METRICS, as_json, evaluate, score
from index.dense import DenseIndex
from index.encoder import HashingEncoder
from index.fusion import FEATURES
from index.passage import passages
from index.retriever import HybridRetriever

COVERED = [
    Query("grow", "why are my gradients growing", {"grad": 2, "save": 1}),
    Query("save", "save a model", {"save": 2}),
    Query("wrong", "save a model to disk", {"grad": 2}),
    Query("related", "model files", {"save": 1}),
]
UNCOVERED = [Query("egg", "boil an egg", {}, "far"), Query("keras", "keras callbacks", {}, "near")]


@pytest.fixture
def retriever(entries: tuple[Entry, ...]) -> HybridRetriever:
    found = [passage for entry in entries for passage in passages(entry)]
    encoder = HashingEncoder()
    return HybridRetriever(found, DenseIndex(encoder.encode([passage.text for passage in found])), encoder)


def test_each_system_is_measured_on_the_same_queries(retriever: HybridRetriever) -> None:
    rows = evaluate(retriever, "set", score(retriever, COVERED), min_grade=2, collection=None)
    assert [row.system for row in rows] == ["dense", "BM25", "fused"]
    assert all(tuple(row.means) == METRICS and row.means["MRR"].n == 3 for row in rows)


def test_queries_below_the_asked_grade_are_left_out_and_counted(retriever: HybridRetriever) -> None:
    strict, lenient = (
        evaluate(retriever, "set", score(retriever, COVERED), min_grade=grade, collection=None)[-1] for grade in (2, 1)
    )
    assert (strict.left_out, strict.means["success@1"].n) == (1, 3)
    assert (lenient.left_out, lenient.means["success@1"].n) == (0, 4)


def test_a_wrong_first_match_is_a_miss_with_its_id(retriever: HybridRetriever) -> None:
    fused = evaluate(retriever, "set", score(retriever, COVERED), min_grade=2, collection=None)[-1]
    assert fused.missed == ("wrong",)
    assert fused.means["success@1"].value == pytest.approx(2 / 3)


def test_what_a_collection_does_not_hold_counts_zero(retriever: HybridRetriever) -> None:
    rows = evaluate(retriever, "set", score(retriever, COVERED), min_grade=2, collection="sailing")
    assert {mean.value for row in rows for mean in row.means.values()} == {0.0}


def test_the_machine_readable_form_holds_no_text_of_a_query(retriever: HybridRetriever) -> None:
    rows = evaluate(retriever, "set", score(retriever, COVERED), min_grade=2, collection=None)
    printed = json.dumps(as_json(rows))
    assert '"wrong"' in printed
    assert not any(query.text in printed for query in COVERED)


def test_refusals_are_counted_apart_for_covered_far_and_near(retriever: HybridRetriever) -> None:
    found = report(judge(retriever, [*COVERED, *UNCOVERED], None), min_grade=2)
    assert found.covered == 3
    assert {kind: n for kind, (_, n) in found.refused.items()} == {"far": 1, "near": 1}
    refused = {*found.refused_ids} | ({"egg", "keras"} - {*found.answered_ids})
    judged = judge(retriever, [query for query in [*COVERED, *UNCOVERED] if query.grade != 1], None)
    assert refused == {one.query.id for one in judged if not one.ranking.covered}


def test_a_fit_writes_what_it_was_fitted_on(
    retriever: HybridRetriever, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "CALIBRATION", tmp_path / "calibration.json")
    fitted = fit.fit(retriever, {"dev_a": COVERED, "dev_b": UNCOVERED}, "small")
    written = json.loads((tmp_path / "calibration.json").read_text())
    assert written["fitted_on"] == {"dev_a": 4, "dev_b": 2}
    assert written["model"] == fitted.model == "small"
    assert len(written["covered"]) == len(written["right"]) == len(FEATURES) + 1


def test_a_fit_separates_covered_from_uncovered_queries(
    retriever: HybridRetriever, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "CALIBRATION", tmp_path / "calibration.json")
    fitted = fit.fit(retriever, {"dev_a": COVERED[:3], "dev_b": UNCOVERED}, "small")
    found = report(judge(retriever.calibrated(fitted), [*COVERED[:3], *UNCOVERED], None), min_grade=2)
    assert found.auroc == {"far": 1.0, "near": 1.0}
    assert found.false_refusals <= 1 / 3


@pytest.mark.integration
def test_the_shipped_calibration_reaches_what_the_readme_states(state_folder: Path) -> None:
    """On the held-out sets, with room for the noise of a small change of the corpus."""
    rows = {(row["query_set"], row["system"]): row["means"] for row in command(state_folder, "retrieval")}
    assert rows["test_questions", "fused"]["success@1"]["value"] >= 0.80
    assert rows["test_questions", "fused"]["success@3"]["value"] >= 0.93
    assert rows["test_symptoms", "fused"]["success@1"]["value"] >= 0.82
    for name in ("dev_questions", "dev_symptoms"):
        fused = rows[name, "fused"]["MRR"]["value"]
        assert fused > max(rows[name, system]["MRR"]["value"] for system in ("dense", "BM25"))


@pytest.mark.integration
def test_the_shipped_threshold_refuses_what_is_far_and_little_that_is_covered(state_folder: Path) -> None:
    found = command(state_folder, "abstention")
    assert found["refused"]["far"][0] >= 0.9
    assert found["false_refusals"] <= 0.1
    assert found["auroc"]["far"] >= 0.95
    assert found["auroc"]["near"] >= 0.85


def command(state_folder: Path, name: str) -> list | dict:
    done = subprocess.run(
        [sys.executable, "-m", "eval", name, "--json"],
        env={**os.environ, "TUTOR_HOME": str(state_folder)},
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)
