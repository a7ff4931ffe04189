"""How much of a lesson a whole reply says, and how much of its code is verified."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from fakes import PASSED, FakeSandbox

from corpus.entry import Entry
from eval.answers import Answered, evaluate, measure, own_tutor, paragraphs, share, whole_reply, words
from eval.evaluation import Bench
from eval.qrels import Query
from index.dense import DenseIndex
from index.encoder import HashingEncoder
from index.passage import passages
from index.retriever import HybridRetriever, KeywordRetriever
from service.memory import Memory, UnknownConversation
from service.settings import Settings
from service.tutor import Tutor
from service.verify import Verifier


@pytest.fixture
def entries(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    first, second = entries
    points = ("gradients are summed until cleared", "the sum is in .grad", "double backward needs create_graph")
    return replace(first, key_points=points), replace(
        second, key_points=("save the state_dict", "pickle the optimizer")
    )


@pytest.fixture
def tutor(entries: tuple[Entry, ...], sandbox: FakeSandbox, memory: Memory) -> Tutor:
    return Tutor(entries, KeywordRetriever(entries), Verifier(memory, sandbox), memory)


def test_words_are_cut_folded_and_rid_of_stop_words() -> None:
    assert words("The optimizers' zero_grad() is Optimized") == {"optim", "zero", "grad"}


def test_key_point_is_contained_where_half_of_its_words_stand_in_one_paragraph() -> None:
    point = words("gradients accumulate until cleared explicitly")
    assert share([point], [words("gradients accumulate and"), words("nothing")]) == 0.0
    assert share([point], [words("gradients accumulate, so they are cleared")]) == 1.0
    assert share([point, words("unrelated matter")], [words("cleared gradients accumulate")]) == 0.5


def test_words_spread_over_paragraphs_do_not_make_a_key_point() -> None:
    assert share([words("alpha beta gamma delta")], [words("alpha"), words("beta"), words("gamma")]) == 0.0


def test_whole_reply_is_the_answer_and_every_follow_up_it_offers(tutor: Tutor) -> None:
    replies = list(whole_reply(tutor, "my gradients keep growing", None))
    understood = [reply.understood_as for reply in replies[1:]]
    assert len(understood) == len(replies[0].follow_ups)
    assert all(offer in one for offer, one in zip(replies[0].follow_ups, understood, strict=True))
    assert {reply.conversation_id for reply in replies} == {replies[0].conversation_id}
    assert len(replies) == 4


def test_paragraphs_are_those_of_the_answer_and_the_snippets_with_their_captions(tutor: Tutor) -> None:
    first = next(whole_reply(tutor, "my gradients keep growing", None))
    assert paragraphs(first) == ["They are summed.", "Clear them.", "So:\nprint(1)"]


def result(tutor: Tutor, text: str, **relevant: int) -> Answered:
    return evaluate(tutor, [Query("q1", text, relevant)], None)[0]


def test_share_of_key_points_is_that_of_the_querys_entry(tutor: Tutor) -> None:
    one = result(tutor, "why do gradients keep growing?", grad=2)
    assert (one.key_points, one.by_chance) == (pytest.approx(1 / 3), 0.0)


def test_reply_about_another_entry_contains_nothing_of_it(tutor: Tutor) -> None:
    assert result(tutor, "how do you save a model?", grad=2).key_points == 0.0


def test_what_the_rule_finds_of_unrelated_entries_is_told(tutor: Tutor) -> None:
    assert result(tutor, "how do you save a model?", grad=2).by_chance == 0.5


def test_refused_query_counts_0_and_is_told(tutor: Tutor) -> None:
    one = result(tutor, "boil an egg", save=2)
    assert (one.abstained, one.key_points, one.shown) == (True, 0.0, 0)


def test_code_is_verified_where_its_run_is_as_stated_and_the_rest_is_told_with_the_reason(
    tutor: Tutor, sandbox: FakeSandbox
) -> None:
    sandbox.verdicts["mended()"] = replace(PASSED, warnings=("FutureWarning: old",))
    one = result(tutor, "why do gradients keep growing?", grad=2)
    assert (one.shown, one.verified) == (3, 2)
    assert one.unverified == {"grad#pitfall-1-mended": "it passed with a warning: FutureWarning: old"}


def test_code_that_is_not_run_here_is_not_verified(tutor: Tutor, sandbox: FakeSandbox) -> None:
    sandbox.verdicts["print(1)"] = replace(PASSED, status="refused", stderr="no sandbox")
    one = result(tutor, "why do gradients keep growing?", grad=2)
    assert one.unverified == {"grad#code-1": "not verified here: no sandbox"}


@pytest.fixture
def bench(entries: tuple[Entry, ...], sandbox: FakeSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("eval.answers.make_sandbox", lambda _: sandbox)
    found = [passage for entry in entries for passage in passages(entry)]
    encoder = HashingEncoder()
    retriever = HybridRetriever(found, DenseIndex(encoder.encode([passage.text for passage in found])), encoder)
    return Bench(Settings(home=tmp_path), entries, lambda: retriever)


def test_sets_are_measured_and_queries_named_by_their_ids_only(bench: Bench, tmp_path: Path) -> None:
    rows = [
        {"id": "q1", "text": "why do gradients keep growing?", "relevant": {"grad": 2}},
        {"id": "q2", "text": "how do you save a model?", "relevant": {"save": 1}},
        {"id": "q3", "text": "how to boil an egg", "kind": "far"},
    ]
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = measure(bench, [tmp_path / "mine.jsonl"])
    assert {metric: list(values) for metric, values in found.values["mine"].items()} == {
        "key points": ["q1"], "by chance": ["q1"], "verified": ["q1"],
    }  # fmt: skip
    summary = dict(zip(found.tables[0].columns, found.tables[0].rows[0], strict=True))
    assert (summary["queries"], summary["n"], summary["left out"]) == ("mine", "1", "1")
    assert not re.search("growing|summed", json.dumps(asdict(found)))


def test_snippets_that_are_not_verified_are_listed(bench: Bench, sandbox: FakeSandbox, tmp_path: Path) -> None:
    sandbox.verdicts["mended()"] = replace(PASSED, warnings=("FutureWarning: old",))
    row = {"id": "q1", "text": "why do gradients keep growing?", "relevant": {"grad": 2}}
    (tmp_path / "mine.jsonl").write_text(json.dumps(row))
    listed = measure(bench, [tmp_path / "mine.jsonl"]).tables[1]
    assert listed.rows == (("grad#pitfall-1-mended", "it passed with a warning: FutureWarning: old"),)


def test_own_conversations_are_thrown_away_and_the_stored_verdicts_used(bench: Bench, sandbox: FakeSandbox) -> None:
    stored = Memory(bench.settings.database)
    list(Verifier(stored, sandbox).check_all(bench.entries, at_once=1))
    sandbox.programs.clear()
    with own_tutor(bench) as tutor:
        conversation = next(whole_reply(tutor, "my gradients keep growing", None)).conversation_id
    assert sandbox.programs == []
    with pytest.raises(UnknownConversation):
        stored.conversations.open(conversation)
    stored.close()
