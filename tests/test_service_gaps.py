"""Gaps are put together by likeness, and a draft is accepted only when its code is as stated."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes import PASSED, FakeSandbox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.entry import Entry
from corpus.errors import CorpusError
from corpus.reading import BUNDLED, read_entries
from index.embedder import BUNDLED_MODEL
from index.encoder import HashingEncoder
from index.likeness import described
from index.retriever import KeywordRetriever
from index.store import open_index
from service.channels.gaps import page
from service.drafts import DraftUnusable, accept, write_draft
from service.gaps import Gap, Shortfall, gaps, shortfalls
from service.memory import Memory
from service.wiring import Parts

QUANTIZE = ("how do I quantize a model", "quantize a model to int8", "how to quantize my model")


def found(*questions: str) -> list[Shortfall]:
    return [Shortfall(question, ("refused",)) for question in questions]


@pytest.fixture
def retriever(entries: tuple[Entry, ...]) -> KeywordRetriever:
    return KeywordRetriever(entries)


def reply(**changes: Any) -> str:
    made = {
        "conversation_id": "c",
        "message_id": "m",
        "outcome": "answered",
        "abstained": False,
        "confidence": 1.0,
        "understood_as": "the question, spelled out",
        "matches": [],
        "nearest": [],
        "follow_ups": [],
        "answer": "",
        "snippets": [],
    }
    return json.dumps(made | changes)


def snippet(status: str, as_stated: bool | None) -> dict[str, Any]:
    verdict = {name: getattr(PASSED, name) for name in PASSED.__dataclass_fields__} | {"status": status}
    return {"id": "x", "code": "", "as_stated": as_stated, "verdict": verdict}


def test_refused_disliked_and_failed_turns_are_shortfalls_and_no_others(memory: Memory) -> None:
    stored = {
        "fine": reply(snippets=[snippet("passed", True), snippet("failed", True)]),
        "refused": reply(abstained=True, outcome="not_covered"),
        "not as stated": reply(snippets=[snippet("passed", False)]),
        "own code failed": reply(snippets=[snippet("failed", None)]),
        "disliked": reply(),
        "liked": reply(),
    }
    for name, text in stored.items():
        memory.conversations.save("c", name, name, text)
    memory.feedback.give("disliked", False, "too long")
    memory.feedback.give("liked", True, None)
    kinds = [(shortfall.kinds, shortfall.comment) for shortfall in shortfalls(memory.feedback.messages())]
    assert kinds == [
        (("refused",), None),
        (("code failed",), None),
        (("code failed",), None),
        (("disliked",), "too long"),
    ]


def test_follow_up_counts_as_it_was_understood(memory: Memory) -> None:
    memory.conversations.save("c", "m", "why?", reply(abstained=True, understood_as="Why do\n gradients grow?"))
    assert [s.question for s in shortfalls(memory.feedback.messages())] == ["Why do gradients grow?"]


def test_questions_that_ask_the_same_are_one_gap_and_the_largest_comes_first(retriever: KeywordRetriever) -> None:
    several = gaps(found("serve with nginx", *QUANTIZE), HashingEncoder().encode, retriever)
    assert [len(gap.shortfalls) for gap in several] == [3, 1]
    assert several[0].question in QUANTIZE
    assert set(several[0].nearest) == {"grad", "save"}


def test_no_shortfall_makes_no_gap_and_one_makes_one(retriever: KeywordRetriever) -> None:
    assert gaps([], HashingEncoder().encode, retriever) == []
    assert [gap.question for gap in gaps(found("one"), HashingEncoder().encode, retriever)] == ["one"]


@pytest.mark.integration
def test_real_index_tells_topics_apart(state_folder: Path) -> None:
    everything = read_entries(BUNDLED)
    index = open_index(everything, state_folder / "index", model=BUNDLED_MODEL)
    asked = [
        "how do I quantize a model to int8",
        "post-training quantization of my network",
        "quantization aware training, how?",
        "train on several GPUs with DistributedDataParallel",
        "how to use DDP for multi gpu training",
        "what is the weather in Berlin",
        "how long do I boil an egg",
    ]
    several = gaps(found(*asked), partial(described, retriever=index), index)
    together = {frozenset(asked.index(s.question) for s in gap.shortfalls) for gap in several}
    assert together == {frozenset({0, 1, 2}), frozenset({3, 4}), frozenset({5}), frozenset({6})}


def test_html_report_shows_what_learners_wrote_as_text(entries: tuple[Entry, ...]) -> None:
    gap = Gap("<script>alert(1)</script>", (Shortfall("<b>x</b>", ("disliked",), "<img src=x>"),), ("grad",))
    shown = page([gap], {entry.id: entry for entry in entries})
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown
    assert "Why do gradients keep growing?" in shown


def write_corpus(folder: Path) -> Path:
    folder.mkdir()
    front = "---\nid: grad\nnumber: 1\ncollection: interview\ntopic: Basics\n---\n"
    (folder / "grad.md").write_text(f"{front}\n# Why?\n\n## Answer\n\nBecause.\n")
    return folder


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8")), st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1))
def test_draft_of_any_questions_is_a_sound_entry_that_is_not_served(
    tmp_path_factory: pytest.TempPathFactory, question: str, asked: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("draft")
    corpus = write_corpus(folder / "corpus")
    entries = read_entries(corpus)
    gap = Gap(question, tuple(found(*asked)), ("grad",))
    path = write_draft(gap, entries, folder / "drafts")
    draft = next(entry for entry in read_entries(corpus, folder / "drafts") if entry.id == path.stem)
    assert draft.draft
    assert draft.see_also == ("grad",)


def test_draft_never_overwrites_an_authors_work(entries: tuple[Entry, ...], tmp_path: Path) -> None:
    gap = Gap("one", tuple(found("one")), ())
    write_draft(gap, entries, tmp_path).write_text("my work")
    with pytest.raises(DraftUnusable, match="there already"):
        write_draft(gap, entries, tmp_path)
    assert (tmp_path / "one.md").read_text() == "my work"


def completed(tmp_path: Path, code: str) -> Path:
    """A draft whose author has written ``code``."""
    gap = Gap("how to quantize", tuple(found(*QUANTIZE)), ("grad",))
    path = write_draft(gap, read_entries(tmp_path / "corpus"), tmp_path / "drafts")
    text = path.read_text()
    placeholder = text[text.index("raise NotImplementedError") :].splitlines()[0]
    path.write_text(text.replace(placeholder, code))
    return path


def test_draft_is_accepted_only_when_its_code_is_as_stated(tmp_path: Path, parts: Parts, sandbox: FakeSandbox) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    sandbox.fails("broken()\n", "RuntimeError", "no")
    path = completed(tmp_path, "broken()")
    with pytest.raises(DraftUnusable, match=r"code-1: it must pass, but the run ended as 'failed'"):
        accept(path, corpus, parts.verifier)
    assert [entry.id for entry in read_entries(corpus)] == ["grad"]
    path.write_text(path.read_text().replace("broken()", "print(1)"))
    accept(path, corpus, parts.verifier)
    taken = {entry.id: entry.draft for entry in read_entries(corpus)}
    assert taken == {"grad": False, "how-to-quantize": False}


def test_draft_for_a_folder_of_ones_own_may_name_the_entries_beside_it(tmp_path: Path, parts: Parts) -> None:
    corpus, own = write_corpus(tmp_path / "corpus"), tmp_path / "own"
    own.mkdir()
    path = completed(tmp_path, "print(1)")
    with pytest.raises(CorpusError, match="see_also names 'grad'"):
        accept(path, own, parts.verifier)
    accept(path, own, parts.verifier, beside=[corpus])
    assert [file.stem for file in own.iterdir()] == ["how-to-quantize"]


def test_draft_that_cannot_be_run_here_is_not_accepted(tmp_path: Path, parts: Parts, sandbox: FakeSandbox) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    sandbox.verdicts["print(2)\n"] = replace(PASSED, status="refused", stderr="no sandbox")
    with pytest.raises(DraftUnusable, match="no sandbox"):
        accept(completed(tmp_path, "print(2)"), corpus, parts.verifier)


def test_draft_without_code_or_with_a_fault_is_not_accepted(tmp_path: Path, parts: Parts) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    path = completed(tmp_path, "print(1)")
    whole = path.read_text()
    path.write_text(whole[: whole.index("## Code")])
    with pytest.raises(DraftUnusable, match="no code"):
        accept(path, corpus, parts.verifier)
    path.write_text(whole.replace("## Answer", "## Anwser"))
    with pytest.raises(CorpusError, match="unknown section"):
        accept(path, corpus, parts.verifier)
    with pytest.raises(DraftUnusable, match="cannot be read"):
        accept(tmp_path / "nix.md", corpus, parts.verifier)


@pytest.mark.integration
def test_gaps_are_reported_drafted_and_refused_until_written(tmp_path: Path, state_folder: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["cp", "-r", str(state_folder / "index"), str(home)], check=True)

    def torchtutor(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "TUTOR_HOME": str(home), "COLUMNS": "120"}
        command = [sys.executable, "-m", "service", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)

    assert "Nothing that we know of" in torchtutor("gaps").stdout
    for question in ("how do I boil an egg?", "how long to boil an egg"):
        assert torchtutor("ask", question).returncode == 3
    report = torchtutor("gaps").stdout
    assert "2 refused" in report
    assert "<li>how do I boil an egg?</li>" in torchtutor("gaps", "--html").stdout
    drafted = torchtutor("gaps", "draft", "1")
    path = Path(drafted.stdout.strip())
    assert (drafted.returncode, path.parent) == (0, home / "drafts")
    refused = torchtutor("gaps", "accept", str(path))
    assert refused.returncode == 1
    assert "NotImplementedError" in refused.stderr
    assert "no gap 9" in torchtutor("gaps", "draft", "9").stderr
