"""Who wrote a snippet, and what is said of it."""

import pytest
from fakes import PASSED

from corpus.entry import Snippet
from service.events import Done, Matched, Reply, Sentence, Supported, Turn, show
from service.replay import replay


def whole(**more: object) -> Reply:
    turn = Turn(
        conversation_id="c",
        message_id="m",
        outcome="answered",
        abstained=False,
        confidence=1.0,
        understood_as="why?",
        matches=[],
        nearest=[],
        follow_ups=[],
    )
    return Reply(**turn.model_dump() | {"answer": "So.", "snippets": []} | more)


@pytest.mark.parametrize("origin", ["learner", "model"])
def test_only_code_of_the_corpus_is_as_stated(origin: str) -> None:
    assert show(Snippet("a#code-1", "1"), PASSED, None).as_stated is True
    assert show(Snippet("generated-1", "1"), PASSED, None, origin=origin).as_stated is None


def test_replayed_reply_tells_its_support_before_it_is_done() -> None:
    sentence = Sentence(start=0, end=3, citations=[1], support=0.9, supported=True)
    events = list(replay(whole(sentences=[sentence], worded_by="openai:m")))
    assert events[-2] == Supported(sentences=[sentence])
    assert isinstance(events[0], Matched)
    assert events[0].worded_by == "openai:m"


def test_replayed_reply_of_the_lessons_tells_no_support() -> None:
    kinds = [type(event) for event in replay(whole())]
    assert Supported not in kinds
    assert kinds[-1] is Done
