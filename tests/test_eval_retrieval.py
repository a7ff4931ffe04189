"""The evaluation over a small retriever: what is counted, what is left out, what is fitted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.entry import Entry
from eval import abstention, fit, retrieval
from eval.abstention import Report, judge, report
from eval.evaluation import Bench, Found
from eval.metrics import mean
from eval.qrels import QUERIES, Query, own_sets, read_sets
from eval.results import Result, as_json, read_result, releases, result
from eval.retrieval import METRICS, evaluate, score
from index.dense import DenseIndex
from index.encoder import HashingEncoder
from index.fusion import FEATURES
from index.passage import passages
from index.retriever import HybridRetriever, Ranking
from service.settings import Settings
from service.wiring import corpus_entries

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


@pytest.fixture
def bench(retriever: HybridRetriever, entries: tuple[Entry, ...]) -> Bench:
    return Bench(Settings(), entries, lambda: retriever)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The queries above, as an outside file."""
    path = tmp_path / "asked.jsonl"
    rows = [
        {"id": q.id, "text": q.text, "kind": q.kind} | ({"relevant": q.relevant} if q.relevant else {})
        for q in [*COVERED, *UNCOVERED]
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_each_system_is_measured_on_the_same_queries(retriever: HybridRetriever) -> None:
    rows = evaluate(retriever, "set", score(retriever, COVERED), min_grade=2, collection=None)
    assert [row.system for row in rows] == ["dense", "BM25", "fused", "shipped"]
    assert all(tuple(row.means) == METRICS and row.means["MRR"].n == 3 for row in rows)


def test_shipped_is_what_a_search_finds(retriever: HybridRetriever, monkeypatch: pytest.MonkeyPatch) -> None:
    scored = score(retriever, COVERED)
    monkeypatch.setattr(HybridRetriever, "search", lambda *_, **__: Ranking((), 0.0, covered=False))
    fused, shipped = evaluate(retriever, "set", scored, min_grade=2, collection=None)[-2:]
    assert fused.means["MRR"].value > 0
    assert shipped.means["MRR"].value == 0


def test_queries_below_the_asked_grade_are_left_out_and_counted(retriever: HybridRetriever) -> None:
    strict, lenient = (
        evaluate(retriever, "set", score(retriever, COVERED), min_grade=grade, collection=None)[-1] for grade in (2, 1)
    )
    assert (strict.left_out, strict.means["success@1"].n) == (1, 3)
    assert (lenient.left_out, lenient.means["success@1"].n) == (0, 4)


def test_a_wrong_first_match_is_a_miss_with_its_id(retriever: HybridRetriever) -> None:
    shipped = evaluate(retriever, "set", score(retriever, COVERED), min_grade=2, collection=None)[-1]
    assert shipped.missed == ("wrong",)
    assert shipped.means["success@1"].value == pytest.approx(2 / 3)


def test_what_a_collection_does_not_hold_counts_zero(retriever: HybridRetriever) -> None:
    rows = evaluate(retriever, "set", score(retriever, COVERED), min_grade=2, collection="sailing")
    assert {mean.value for row in rows for mean in row.means.values()} == {0.0}


def test_which_entry_came_in_place_of_which_is_told(bench: Bench, file: Path) -> None:
    found = retrieval.measure(bench, [file])
    assert found.details["confusions"] == [{"part": "outside", "wanted": "grad", "found": "save", "queries": ["wrong"]}]
    assert [miss.query_id for miss in found.worst] == ["wrong"]
    assert "grad at 2; first is save" in found.worst[0].told


def test_every_topic_and_kind_of_query_has_its_row(bench: Bench, file: Path) -> None:
    kinds, topics = retrieval.measure(bench, [file]).tables[1:]
    assert [row[:3] for row in kinds.rows] == [("outside", "not told", "3")]
    assert [row[:3] for row in topics.rows] == [("outside", "Basics", "2"), ("outside", "Files", "1")]


def test_every_stage_is_timed(bench: Bench, file: Path) -> None:
    times = retrieval.measure(bench, [file]).milliseconds
    assert set(times) == {"encode and score all passages", "rank the entries", "the whole search"}
    assert all(value > 0 for value in times.values())


def test_the_machine_readable_form_holds_no_text_of_a_query(bench: Bench, file: Path) -> None:
    both = {"retrieval": retrieval.measure(bench, [file]), "abstention": abstention.measure(bench, [file])}
    printed = as_json(result(bench, both))
    assert '"wrong"' in printed
    assert not any(query.text in printed for query in [*COVERED, *UNCOVERED])


def reported(retriever: HybridRetriever, *queries: Query) -> Report:
    return report("part", judge(retriever, "set", queries, None), min_grade=2)


def test_wrong_refusals_and_answers_are_counted_apart_for_covered_far_and_near(retriever: HybridRetriever) -> None:
    found = reported(retriever, *COVERED, *UNCOVERED)
    assert found.false_refusals is not None
    assert (found.false_refusals.n, found.left_out) == (3, 1)
    assert {kind: one.n for kind, one in found.false_answers.items()} == {"far": 1, "near": 1}
    wrong = {one.query.id for one in found.judged if one.wrong}
    expected = {one.query.id for one in found.judged if one.ranking.covered != bool(one.query.relevant)}
    assert wrong == expected
    assert found.false_answers["far"].value == ("egg" in wrong)


def test_an_uncovered_query_of_another_kind_is_counted_as_such(retriever: HybridRetriever) -> None:
    assert set(reported(retriever, *COVERED, Query("odd", "sail a boat", {}, "nautical")).false_answers) == {"other"}


def test_a_part_without_one_side_has_no_figure_for_it(retriever: HybridRetriever) -> None:
    assert reported(retriever, *COVERED).auroc == {}
    assert reported(retriever, *UNCOVERED).false_refusals is None
    assert reported(retriever).calibration_error is None


def test_a_set_without_uncovered_queries_is_set_against_those_of_its_part(bench: Bench, tmp_path: Path) -> None:
    rows = [{"id": q.id, "text": q.text, "relevant": q.relevant} for q in COVERED[:3]]
    (tmp_path / "inside.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "beside.jsonl").write_text(json.dumps({"id": "egg", "text": "boil an egg", "kind": "far"}))
    part, per_set = abstention.measure(bench, [tmp_path / "inside.jsonl", tmp_path / "beside.jsonl"]).tables
    at = part.columns.index("AUROC far")
    assert [row[0] for row in per_set.rows] == ["inside", "beside"]
    assert {row[at] for row in per_set.rows} == {part.rows[0][at]}
    assert [row[2].endswith("of 3") for row in per_set.rows] == [True, False]


def test_the_trade_off_answers_everything_at_zero_and_nothing_beyond_one(bench: Bench, file: Path) -> None:
    curves = abstention.measure(bench, [file]).details["parts"][0]["trade_off"]
    assert set(curves) == {"covered", "far", "near"}
    assert all(curve[0] == 1.0 and curve == sorted(curve, reverse=True) for curve in curves.values())


def test_the_worst_refusals_are_furthest_from_the_threshold(bench: Bench, file: Path) -> None:
    found = abstention.measure(bench, [file])
    wrong = found.details["parts"][0]["wrong"]
    assert sorted(miss.query_id for miss in found.worst) == wrong
    ranked = [bench.retriever.search(text(miss.query_id), k=1).coverage for miss in found.worst]
    apart = [abs(one - found.details["threshold"]) for one in ranked]
    assert apart == sorted(apart, reverse=True)


def text(query_id: str) -> str:
    return next(query.text for query in [*COVERED, *UNCOVERED] if query.id == query_id)


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
    found = reported(retriever.calibrated(fitted), *COVERED[:3], *UNCOVERED)
    assert {kind: one.value for kind, one in found.auroc.items()} == {"far": 1.0, "near": 1.0}
    assert found.false_refusals is not None
    assert found.false_refusals.value <= 1 / 3


# The gate: the own test part against the newest release


@pytest.fixture(scope="module")
def released() -> Result:
    return releases()[-1]


@pytest.fixture(scope="module")
def now(state_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The own test part, evaluated by the command line."""
    files = sorted(map(str, QUERIES.glob("test_*.jsonl")))
    done = subprocess.run(
        [sys.executable, "-m", "eval", "all", "--json", "--collection", "interview", "--queries", *files],
        env={**os.environ, "TUTOR_HOME": str(state_folder)},
        capture_output=True,
        check=True,
    )
    path = tmp_path_factory.mktemp("result") / "now.json"
    path.write_bytes(done.stdout)
    return read_result(path)


def pooled(found: Found, metric: str) -> list[float]:
    """The values of all queries of the own test part."""
    sets = [metrics for name, metrics in found.values.items() if name.startswith("test_")]
    return [value for metrics in sets for value in metrics.get(metric, {}).values()]


GATED = [
    ("retrieval", "success@1", 1),
    ("retrieval", "success@3", 1),
    ("retrieval", "nDCG@10", 1),
    ("abstention", "refused though covered", -1),
    ("abstention", "answered though far", -1),
    ("abstention", "answered though near", -1),
]


@pytest.mark.integration
@pytest.mark.parametrize(("evaluation", "metric", "better"), GATED)
def test_the_held_out_part_is_no_worse_than_in_the_newest_release(
    evaluation: str, metric: str, better: int, released: Result, now: Result
) -> None:
    """The margin is the whole width of the release's 95 % interval, and so about twice the noise to one side."""
    before = mean(pooled(released.evaluations[evaluation], metric))
    found = mean(pooled(now.evaluations[evaluation], metric))
    assert before.n > 0
    assert found.n >= 0.9 * before.n
    assert better * (found.value - before.value) >= -(before.high - before.low), (str(before), str(found))


@pytest.mark.integration
def test_the_parts_together_find_more_than_each_alone(now: Result) -> None:
    """Pooled over the held-out part: what is shipped against dense and BM25."""
    totals: dict[str, float] = {}
    for row in now.evaluations["retrieval"].details["rows"]:
        found = row["means"]["MRR"]
        totals[row["system"]] = totals.get(row["system"], 0.0) + found["value"] * found["n"]
    assert totals["shipped"] > max(totals["dense"], totals["BM25"])


@pytest.mark.integration
def test_what_was_released_tells_of_the_held_out_part_and_of_no_text(released: Result) -> None:
    printed = as_json(released)
    texts = [query.text for queries in read_sets(own_sets(), corpus_entries()).values() for query in queries]
    assert len(pooled(released.evaluations["retrieval"], "success@1")) >= 200
    assert [text for text in texts if len(text) > 25 and text in printed] == []
