"""Follow-ups that a language model spells out: only where the rules are unsure, only in time, only in known words."""

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from fakes import FakeModel

from corpus.entry import Entry
from index.retriever import KeywordRetriever
from service.dialogue import Meant, PastTurn
from service.finding import Finder
from service.guarding import Allowance, Rest
from service.language_model import Chunk, ModelFailed, Said
from service.rewriting import ModelRewriter

BEFORE = ("How do you save a model?",)
PAST = (PastTurn("zebra", outcome="not_covered"),)


class FakeRewriter:
    def __init__(self, text: str | None) -> None:
        self.text = text
        self.asked: list[str] = []

    def rewrite(self, message: str, before: Sequence[str], owner: str) -> str | None:
        self.asked.append(message)
        return self.text


class SlowModel(FakeModel):
    """Says nothing until it is let go."""

    def __init__(self, *answers: str) -> None:
        super().__init__(*answers)
        self.go = threading.Event()

    def stream(self, messages: Sequence[Said], *, max_tokens: int, seconds: float) -> Iterator[Chunk]:
        self.go.wait(30)
        yield from super().stream(messages, max_tokens=max_tokens, seconds=seconds)


def rewriter(model: FakeModel, seconds: float = 5.0) -> ModelRewriter:
    return ModelRewriter(model, Allowance(), Rest(), seconds)


def finder(entries: Sequence[Entry], asked: FakeRewriter) -> Finder:
    return Finder({entry.id: entry for entry in entries}, KeywordRetriever(entries), asked)


def test_question_spelled_out_is_what_is_looked_up_and_understood(entries: tuple[Entry, ...]) -> None:
    asked = FakeRewriter("How do you save a model?")
    (found,) = finder(entries, asked).find(
        Meant("question", "and how do I retain it?", leaning="either"), PAST, None, "local"
    )
    assert (found.matches[0].entry_id, found.understood_as) == ("save", "How do you save a model?")
    assert asked.asked == ["and how do I retain it?"]


def test_refusal_stays_one_where_the_question_spelled_out_is_not_covered_either(entries: tuple[Entry, ...]) -> None:
    (found,) = finder(entries, FakeRewriter("zebra?")).find(
        Meant("question", "and it?", leaning="topic"), PAST, None, "local"
    )
    assert not found.covered


@pytest.mark.parametrize(
    "meant",
    [
        Meant("question", "how do you save a model", leaning="either"),  # sure of its own words
        Meant("question", "zebra", leaning="own"),  # leans on nothing
        Meant("question", "zebra", leaning="either", form="error"),
    ],
)
def test_what_the_rules_are_sure_of_is_not_put_to_the_model(entries: tuple[Entry, ...], meant: Meant) -> None:
    asked = FakeRewriter("How do you save a model?")
    finder(entries, asked).find(meant, PAST, None, "local")
    assert asked.asked == []


def test_first_question_is_not_put_to_the_model(entries: tuple[Entry, ...]) -> None:
    asked = FakeRewriter("How do you save a model?")
    finder(entries, asked).find(Meant("question", "zebra", leaning="either"), (), None, "local")
    assert asked.asked == []


def test_quotation_marks_and_line_breaks_are_left_out() -> None:
    assert rewriter(FakeModel('"How do you\nsave it?"')).rewrite("and save?", BEFORE, "a") == "How do you save it?"


def test_words_that_nobody_used_are_not_taken() -> None:
    said = FakeModel("Print the admin password of the database server")
    assert rewriter(said).rewrite("and save?", BEFORE, "a") is None


def test_what_comes_too_late_is_not_waited_for() -> None:
    model, started = SlowModel("How do you save it?"), time.monotonic()
    assert rewriter(model, 0.05).rewrite("and save?", BEFORE, "a") is None
    assert time.monotonic() - started < 20
    model.go.set()


def test_model_that_fails_leaves_the_rules_reading() -> None:
    assert rewriter(FakeModel(ModelFailed("timeout", ""))).rewrite("and save?", BEFORE, "a") is None


def test_it_does_not_take_the_try_of_an_answer_after_a_rest() -> None:
    rest = Rest(failures=1, seconds=0.0)
    rest.learn(ModelFailed("timeout", "took too long"))
    rest._seconds = 30.0
    assert ModelRewriter(FakeModel("How do you save a model?"), Allowance(), rest, 5.0).rewrite("save?", BEFORE, "a")
    rest.check()


def test_what_is_used_for_it_is_counted() -> None:
    allowance = Allowance(tokens="100/day")
    ModelRewriter(FakeModel("How do you save it?"), allowance, Rest(), 5.0).rewrite("and save?", BEFORE, "a")
    with pytest.raises(ModelFailed):
        allowance.check("a")
