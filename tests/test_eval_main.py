"""The command line of the evaluation, with small parts in place of the real ones."""

import json
from pathlib import Path

import pytest
from fakes import FakeSandbox

from corpus.entry import Entry
from eval import __main__ as command_line
from eval.evaluation import Bench
from eval.results import read_result
from index.dense import DenseIndex
from index.encoder import HashingEncoder
from index.passage import passages
from index.retriever import HybridRetriever
from service.settings import Settings

QUERIES = [
    {"id": "grow", "text": "why are my gradients growing", "relevant": {"grad": 2}},
    {"id": "save", "text": "save a model", "relevant": {"save": 2}, "best_grade": 2, "source": "a forum"},
    {"id": "egg", "text": "boil an egg", "kind": "far"},
]
DIALOGUES = [{"id": "d", "turns": ["save a model", "and load it?"], "relevant_last": {"save": 2}}]


SENTENCES = [
    {"id": "s1", "entry": "grad", "text": "They are summed.", "supported": True, "kind": "said"},
    {"id": "s2", "entry": "grad", "text": "They are halved every epoch.", "supported": False, "kind": "invented"},
]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], entries: tuple[Entry, ...], tmp_path: Path
) -> "Run":
    found = [passage for entry in entries for passage in passages(entry)]
    encoder = HashingEncoder()
    retriever = HybridRetriever(found, DenseIndex(encoder.encode([passage.text for passage in found])), encoder)
    monkeypatch.setattr(command_line, "corpus_entries", lambda: entries)
    monkeypatch.setattr(command_line, "ensure_index", lambda *_, **__: None)
    monkeypatch.setattr(command_line, "open_index", lambda *_, **__: retriever)
    monkeypatch.setattr("eval.answers.make_sandbox", lambda _: FakeSandbox())
    for part in ("dev", "test"):
        (tmp_path / "sentences").mkdir(exist_ok=True)
        (tmp_path / "sentences" / f"{part}.jsonl").write_text("\n".join(map(json.dumps, SENTENCES)))
    monkeypatch.setattr("eval.support.SENTENCES", tmp_path / "sentences")
    return Run(monkeypatch, capsys)


class Run:
    """Runs the command line in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        """Exit status, output, errors."""
        self._monkeypatch.setattr("sys.argv", ["eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        printed = self._capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Half of the queries in ``one``, half in ``two``, and dialogues."""
    held = {"one": QUERIES[:2], "two": QUERIES[2:], "talks": DIALOGUES}
    for name, rows in held.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return {name: tmp_path / f"{name}.jsonl" for name in held}


@pytest.mark.parametrize("name", [one.name for one in command_line.EVALUATIONS] + ["all", "report", "fit"])
def test_every_evaluation_is_a_command(name: str, run: Run) -> None:
    status, out, _ = run(name, "--help")
    assert status == 0
    assert "Usage" in out


def test_files_follow_the_option_one_after_the_other_or_each_its_own(run: Run, files: dict[str, Path]) -> None:
    together = run("abstention", "--json", "--queries", files["one"], files["two"])
    apart = run("abstention", "--queries", files["one"], "--queries", files["two"], "--json")
    values = [json.loads(out)["evaluations"]["abstention"]["values"] for _, out, _ in (together, apart)]
    assert values[0] == values[1]
    assert set(values[0]) == {"one", "two"}


def test_all_runs_each_evaluation_that_reads_the_files(run: Run, files: dict[str, Path]) -> None:
    status, out, _ = run("all", "--json", "--queries", files["one"], files["two"])
    assert status == 0
    assert list(json.loads(out)["evaluations"]) == [one.name for one in command_line.EVALUATIONS if not one.dialogues]


def test_files_of_another_format_are_left_aside_with_a_word(run: Run, files: dict[str, Path]) -> None:
    status, out, err = run("retrieval", "--json", "--queries", files["one"], files["talks"])
    assert status == 0
    assert list(json.loads(out)["evaluations"]["retrieval"]["values"]) == ["one"]
    assert "holds dialogues and is left aside; run: python -m eval dialogue" in " ".join(err.split())


def test_only_files_of_another_format_are_an_error(run: Run, files: dict[str, Path]) -> None:
    status, _, err = run("retrieval", "--queries", files["talks"])
    assert status == 1
    assert "none of the files is of a format that is read here" in " ".join(err.split())


def test_an_unknown_collection_is_told_with_those_there_are(run: Run, files: dict[str, Path]) -> None:
    status, _, err = run("retrieval", "--collection", "sailing", "--queries", files["one"])
    assert (status, err.strip()) == (1, "eval: there is no collection 'sailing'; there are: interview")


def test_a_table_is_printed_with_the_worst_queries_and_the_times(run: Run, files: dict[str, Path]) -> None:
    status, out, _ = run("all", "--queries", files["one"], files["two"])
    assert status == 0
    assert "| one     | 2 | 0        | shipped |" in out
    assert "Time for one query (median)" in out
    assert "boil an egg" not in out  # an outside text


def test_what_is_printed_as_json_serves_as_a_baseline(run: Run, files: dict[str, Path], tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(run("all", "--json", "--queries", files["one"], files["two"])[1])
    assert read_result(saved).about["entries"] == 2
    status, out, _ = run("retrieval", "--queries", files["one"], "--baseline", saved)
    assert status == 0
    assert "Against" in out
    assert "+0.000 [+0.000, +0.000] | 1.0000 |" in out


@pytest.mark.parametrize("name", [one.name for one in command_line.EVALUATIONS if not one.dialogues])
def test_faults_of_the_queries_are_told_before_the_index_is_built(
    name: str, run: Run, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "ensure_index", lambda *_, **__: pytest.fail("built"))
    files["one"].write_text("{")
    status, _, err = run(name, "--queries", files["one"])
    assert status == 1
    assert "one.jsonl:1: the line is not JSON" in err


def test_a_broken_baseline_is_told_before_anything_is_measured(
    run: Run, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "_open", lambda *_: pytest.fail("measured"))
    status, _, err = run("retrieval", "--baseline", files["one"])
    assert status == 1
    assert "one.jsonl: cannot be read as a result" in err


def test_a_report_is_drawn_of_a_saved_result(run: Run, files: dict[str, Path], tmp_path: Path) -> None:
    saved, drawn = tmp_path / "saved.json", tmp_path / "drawn.html"
    saved.write_text(run("all", "--json", "--queries", files["one"], files["two"])[1])
    status, out, _ = run("report", saved, "--output", drawn)
    assert (status, "has been written" in out) == (0, True)
    assert "Reliability, outside" in drawn.read_text()


def test_the_bench_holds_what_was_asked_for(run: Run, entries: tuple[Entry, ...]) -> None:
    bench = command_line._open("interview", 1)
    assert isinstance(bench, Bench)
    assert (bench.entries, bench.collection, bench.min_grade) == (entries, "interview", 1)
    assert isinstance(bench.settings, Settings)
