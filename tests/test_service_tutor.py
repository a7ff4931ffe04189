"""One turn of conversation as a stream of events."""

import pytest

from service.dialogue import PITFALLS
from service.events import Done, Event, Matched, Reply, Text, Verified
from service.memory import UnknownConversation
from service.tutor import UnknownCollection
from service.wiring import Parts

QUESTION = "why do my gradients keep growing"


def turn(parts: Parts, message: str, conversation_id: str | None = None) -> list[Event]:
    return list(parts.tutor.answer(message, conversation_id))


def reply(parts: Parts, message: str, conversation_id: str | None = None) -> Reply:
    done = turn(parts, message, conversation_id)[-1]
    assert isinstance(done, Done)
    return done.reply


def test_events_come_as_matched_texts_verified_done(parts: Parts) -> None:
    kinds = [type(event) for event in turn(parts, QUESTION)]
    assert kinds == [Matched, Text, Text, Verified, Done]


def test_texts_joined_are_the_answer(parts: Parts) -> None:
    events = turn(parts, QUESTION)
    texts = "".join(event.markdown for event in events if isinstance(event, Text))
    assert isinstance(events[-1], Done)
    assert texts == events[-1].reply.answer == "They are summed.\n\nClear them."


def test_reply_speaks_about_its_first_match(parts: Parts) -> None:
    answered = reply(parts, QUESTION)
    assert (answered.matches[0].entry_id, answered.abstained) == ("grad", False)
    assert answered.outcome in ("answered", "partly")
    assert answered.nearest == []


def test_snippet_comes_with_the_verdict_of_its_run(parts: Parts) -> None:
    (snippet,) = reply(parts, QUESTION).snippets
    assert snippet.verdict is not None
    assert (snippet.caption, snippet.as_stated, snippet.verdict.stdout) == ("So:", True, "1\n")


def test_uncovered_question_abstains_and_offers_the_nearest(parts: Parts) -> None:
    refused = reply(parts, "zebra")
    assert (refused.outcome, refused.abstained, refused.matches, refused.snippets) == ("not_covered", True, [], [])
    assert len(refused.nearest) == 2
    assert refused.nearest[0].question in refused.answer


def test_small_talk_shows_no_sources(parts: Parts) -> None:
    greeted = reply(parts, "hello")
    assert (greeted.outcome, greeted.matches, greeted.nearest) == ("small_talk", [], [])
    assert greeted.follow_ups


def test_first_follow_up_stays_with_the_entry(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    why = reply(parts, "why?", first.conversation_id)
    assert (why.answer, why.conversation_id) == ("The chain rule sums.", first.conversation_id)
    assert "Why do gradients keep growing?" in why.understood_as


def test_every_offered_follow_up_is_answered_about_the_same_entry(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    for offer in first.follow_ups:
        followed = reply(parts, offer, reply(parts, QUESTION).conversation_id)
        assert (followed.outcome, followed.matches[0].entry_id) == ("answered", "grad")


def test_pitfalls_are_shown_failing_as_stated(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    broken, mended = reply(parts, PITFALLS, first.conversation_id).snippets
    assert broken.verdict is not None
    assert (broken.verdict.status, broken.as_stated, mended.as_stated) == ("failed", True, True)


def test_follow_up_after_thanks_does_not_crash(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    thanked = reply(parts, "thanks", first.conversation_id)
    assert reply(parts, "why?", thanked.conversation_id).outcome in ("answered", "partly", "not_covered")


def test_unknown_conversation_and_collection_are_refused_before_the_first_event(parts: Parts) -> None:
    with pytest.raises(UnknownConversation, match="no conversation 'nix'"):
        next(parts.tutor.answer("q", "nix"))
    with pytest.raises(UnknownCollection, match="there are: interview"):
        next(parts.tutor.answer("q", collection="nix"))


def test_search_never_abstains(parts: Parts) -> None:
    assert len(parts.tutor.search("zebra", k=2)) == 2
