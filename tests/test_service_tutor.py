"""One turn of conversation as a stream of events."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import FakeSandbox

from corpus.entry import Entry
from index.retriever import KeywordRetriever, Ranking
from service.dialogue import PITFALLS
from service.events import Done, Event, Matched, Reply, Running, Text, Verified
from service.memory import Memory, UnknownConversation
from service.reply import NOT_COVERED
from service.sandbox import Busy, Limits, Program, Verdict
from service.settings import Settings
from service.tutor import UnknownCollection
from service.wiring import Parts, build_tutor

QUESTION = "gradients keep growing"


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


def test_follow_up_after_thanks_is_still_about_the_topic(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    thanked = reply(parts, "thanks", first.conversation_id)
    assert thanked.follow_ups == first.follow_ups
    assert reply(parts, "why?", thanked.conversation_id).answer == "The chain rule sums."


def test_what_was_shown_is_not_shown_again(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    shown = [first.shown, *(reply(parts, "more", first.conversation_id).shown for _ in range(4))]
    assert len({piece for pieces in shown for piece in pieces}) == sum(map(len, shown)) == 5


def test_a_changed_topic_leaves_the_old_one_behind(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    changed = reply(parts, "how do you save a model to disk", first.conversation_id)
    assert changed.matches[0].entry_id == "save"
    assert "gradients" not in changed.understood_as


def test_the_other_one_compares_both_topics(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    reply(parts, "how do you save a model?", first.conversation_id)
    compared = reply(parts, "how is that different from the other one?", first.conversation_id)
    assert [match.entry_id for match in compared.matches] == ["save", "grad"]
    assert "Save its state_dict." in compared.answer
    assert "They are summed." in compared.answer


def test_several_questions_get_several_answers_and_their_offers_lead_to_the_right_entry(parts: Parts) -> None:
    both = reply(parts, "How do you save a model? Do gradients keep growing?")
    assert [match.entry_id for match in both.matches] == ["save", "grad"]
    assert "**2. Do gradients keep growing?**" in both.answer
    followed = reply(parts, "Where is the sum kept?", both.conversation_id)
    assert (followed.answer, followed.matches[0].entry_id) == ("In .grad.", "grad")


def test_question_that_no_lesson_covers_is_said_so_beside_one_that_is_answered(parts: Parts) -> None:
    both = reply(parts, "How do you save a model? What do zebras eat?")
    assert (both.outcome, [match.entry_id for match in both.matches]) == ("partly", ["save", "grad"])
    assert f"**2. What do zebras eat?**\n\n{NOT_COVERED}" in both.answer
    assert "Save its state_dict." in both.answer


def test_follow_up_of_a_question_that_said_little_is_looked_up_with_its_lesson(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = reply(parts, "gradients")
    search = parts.tutor._finder._retriever.search

    def unsure_of_what_was_asked(query: str, **how: Any) -> Ranking:
        found = search(query, **how)
        said_little = "Why do gradients keep growing?" not in query
        return replace(found, covered=False, matches=found.matches[::-1]) if said_little else found

    monkeypatch.setattr(parts.tutor._finder, "_retriever", SimpleNamespace(search=unsure_of_what_was_asked))
    followed = reply(parts, "so what do I need to call?", first.conversation_id)
    assert (followed.outcome, followed.matches[0].entry_id) == ("answered", "grad")


def test_nearest_questions_of_a_refusal_are_picked_by_number(parts: Parts) -> None:
    refused = reply(parts, "zebra")
    picked = reply(parts, "2", refused.conversation_id)
    assert picked.matches[0].entry_id == refused.nearest[1].entry_id


def test_a_pasted_program_is_run_and_answered_from_its_real_exception(parts: Parts, sandbox: FakeSandbox) -> None:
    sandbox.fails("import torch\nx = torch.ones(3)\nx.backward()\n", "RuntimeError", "x does not require grad")
    told = reply(parts, "why?\n```python\nimport torch\nx = torch.ones(3)\nx.backward()\n```")
    assert told.answer.startswith(
        "I ran your program: it stops in line 1 with `RuntimeError: x does not require grad`."
    )
    assert told.matches[0].entry_id == "grad"
    own, broken, _ = told.snippets
    assert own.verdict is not None
    assert (own.id, own.as_stated, own.verdict.status) == ("pasted-1", None, "failed")
    assert broken.id == "grad#pitfall-1-broken"
    assert "```" not in told.understood_as


def test_a_pasted_program_is_not_run_where_it_may_not_be(parts: Parts, sandbox: FakeSandbox) -> None:
    message = "gradients keep growing?\n```python\nloss.backward()\nopt.step()\n```"
    *_, done = parts.tutor.answer(message, may_run=False)
    assert isinstance(done, Done)
    assert done.reply.answer.startswith("Your program was not run: you may not")
    assert done.reply.matches[0].entry_id == "grad"
    assert not any("opt.step" in program.code for program in sandbox.programs)


def test_a_pasted_program_is_told_before_it_runs(parts: Parts, sandbox: FakeSandbox) -> None:
    events = parts.tutor.answer("gradients keep growing?\n```python\nx = 1\nprint(x)\n```")
    running = next(events)
    assert isinstance(running, Running)
    assert (running.code, sandbox.programs) == ("x = 1\nprint(x)\n", [])
    *_, done = events
    assert isinstance(done, Done)
    assert (done.reply.message_id, done.reply.conversation_id) == (running.message_id, running.conversation_id)


def test_a_pasted_program_that_finds_no_slot_is_answered_by_its_words(parts: Parts, sandbox: FakeSandbox) -> None:
    def busy(program: Program, *_: object, **how: object) -> Verdict:
        raise Busy(16, 10)

    sandbox.run = busy  # type: ignore[method-assign]
    told = reply(parts, "gradients keep growing?\n```python\nloss.backward()\nopt.step()\n```")
    assert told.answer.startswith("Your program was not run now: 16 programs wait to be run already")
    assert (told.matches[0].entry_id, told.snippets[0].verdict) == ("grad", None)


def test_a_pasted_program_gets_the_time_that_the_settings_give_learners(
    entries: tuple[Entry, ...], memory: Memory
) -> None:
    given: list[Limits] = []

    class Noting(FakeSandbox):
        def run(self, program: Program, limits: Limits, **how: object) -> Verdict:
            given.append(limits)
            return super().run(program, limits)

    settings, retriever = Settings(verify_in_background=False, run_seconds=3), KeywordRetriever(entries)
    parts = build_tutor(settings, entries=entries, retriever=retriever, sandbox=Noting(), memory=memory)
    reply(parts, "zebra?\n```python\nx = 1\nprint(x)\n```")
    assert given[0].seconds == 3


def test_a_pasted_traceback_is_answered_without_a_run(parts: Parts, sandbox: FakeSandbox) -> None:
    message = 'Traceback (most recent call last):\n  File "a.py", line 1\nRuntimeError: x does not require grad'
    told = reply(parts, message)
    assert told.snippets[0].id == "grad#pitfall-1-broken"
    assert all(program.code in ("broken()", "mended()") for program in sandbox.programs)


@pytest.mark.parametrize(
    "message", ["🙂🙂", "the of and", "¿por qué mi modelo no aprende?", "как дела", "\u202e", "who are you?"]
)
def test_what_is_no_question_gets_a_fitting_reply(parts: Parts, message: str) -> None:
    told = reply(parts, message)
    assert (told.outcome, told.matches) == ("small_talk", [])
    assert told.answer


@pytest.mark.parametrize(
    "message", ["\x00", "\ud800", "a" * 20_000, "?" * 20_000, "why " * 5000, "```" * 6000, "1) " * 6000]
)
def test_hostile_messages_get_a_reply(parts: Parts, message: str) -> None:
    first = reply(parts, QUESTION)
    assert list(parts.tutor.answer(message.encode(errors="replace").decode(), first.conversation_id))


def test_unknown_conversation_and_collection_are_refused_before_the_first_event(parts: Parts) -> None:
    with pytest.raises(UnknownConversation, match="no conversation 'nix'"):
        next(parts.tutor.answer("q", "nix"))
    with pytest.raises(UnknownCollection, match="there are: interview"):
        next(parts.tutor.answer("q", collection="nix"))


def test_search_never_abstains(parts: Parts) -> None:
    assert len(parts.tutor.search("zebra", k=2)) == 2
