"""Running once more what a conversation has shown."""

import pytest
from fakes import FakeSandbox

from corpus.entry import Snippet
from service.asked import Said
from service.dialogue import PITFALLS, PastTurn, resolve
from service.events import Done, Matched, Reply, Running
from service.wiring import Parts

QUESTION = "gradients keep growing"
OWN = "gradients keep growing, why?\n```python\nbroken()\n```"


def reply(parts: Parts, message: str, conversation_id: str | None = None, *, may_run: bool = True) -> Reply:
    *_, done = parts.tutor.answer(message, conversation_id, may_run=may_run)
    assert isinstance(done, Done)
    return done.reply


@pytest.mark.parametrize(
    "message",
    ["run it again", "Run it!", "can you run that please?", "re-run the code", "ok, run my program once more"],
)
def test_it_is_the_program_that_was_shown_last(message: str) -> None:
    first, second = Snippet("grad#code-1", "1"), Snippet("grad#code-2", "2")
    topic = PastTurn("q", spoken=(("grad", "Why?"),), programs=(first, second))
    thanks = PastTurn("thanks", outcome="small_talk")
    meant = resolve(message, (thanks, topic))
    assert (meant.intent, meant.program, meant.entries) == ("run", second, ("grad",))


def test_ones_own_program_goes_before_the_lessons() -> None:
    own = Snippet("pasted-1", "mine")
    past = (PastTurn("q", programs=(own, Snippet("grad#code-1", "1"))),)
    assert resolve("run it again", past).program is own


def test_my_program_is_ones_own_even_after_a_lessons() -> None:
    own, lessons = Snippet("pasted-1", "mine"), Snippet("grad#code-1", "1")
    past = (PastTurn("q", programs=(lessons,)), PastTurn("q", programs=(own, lessons)))
    assert resolve("run my code again", past).program is own
    assert resolve("run it again", past).program is lessons


def test_where_nothing_was_shown_there_is_nothing_to_run(parts: Parts) -> None:
    assert reply(parts, "run it again").outcome == "small_talk"
    greeted = reply(parts, "hello")
    told = reply(parts, "run it", greeted.conversation_id)
    assert ("no program to run yet" in told.answer, told.follow_ups) == (True, greeted.follow_ups)


def test_a_lessons_code_is_run_anew_and_its_stored_verdict_stays(parts: Parts, sandbox: FakeSandbox) -> None:
    first = reply(parts, QUESTION)
    sandbox.fails("print(1)", "RuntimeError", "not today")
    (event, *_, done) = parts.tutor.answer("run it again", first.conversation_id)
    assert isinstance(event, Running)
    assert event.code == "print(1)"
    assert isinstance(done, Done)
    (snippet,) = done.reply.snippets
    assert (snippet.id, snippet.origin, snippet.as_stated) == ("grad#code-1", "corpus", False)
    assert "I ran it again: it stops in line 1 with `RuntimeError: not today`" in done.reply.answer
    assert reply(parts, QUESTION).snippets[0].as_stated is True


def test_ones_own_program_is_run_as_a_strangers(parts: Parts, sandbox: FakeSandbox) -> None:
    first = reply(parts, OWN)
    again = reply(parts, "run it again", first.conversation_id)
    assert [(one.id, one.origin, one.code) for one in again.snippets] == [("pasted-1", "learner", "broken()\n")]
    assert not sandbox.programs[-1].curated
    assert reply(parts, "and run it again", first.conversation_id).snippets[0].id == "pasted-1"


def test_the_topic_goes_on_after_a_run(parts: Parts) -> None:
    first = reply(parts, QUESTION)
    again = reply(parts, "run it again", first.conversation_id)
    assert [match.entry_id for match in again.matches] == ["grad"]
    assert again.follow_ups
    assert reply(parts, "why?", first.conversation_id).answer == "The chain rule sums."


def test_after_a_mistake_its_mended_form_is_run(parts: Parts, sandbox: FakeSandbox) -> None:
    first = reply(parts, QUESTION)
    reply(parts, PITFALLS, first.conversation_id)
    assert [one.code for one in reply(parts, "run it", first.conversation_id).snippets] == ["mended()"]


def test_who_may_not_run_programs_gets_no_run_and_is_told(parts: Parts, sandbox: FakeSandbox) -> None:
    first = reply(parts, QUESTION)
    ran = len(sandbox.programs)
    (event, *_, done) = parts.tutor.answer("run it again", first.conversation_id, may_run=False)
    assert isinstance(event, Matched)
    assert isinstance(done, Done)
    assert ("not run" in done.reply.answer, len(sandbox.programs)) == (True, ran)


def test_conversation_that_a_client_keeps_knows_its_programs(parts: Parts) -> None:
    lesson, own = parts.tutor.recall([Said(QUESTION)]), parts.tutor.recall([Said(OWN), Said("run it again")])
    assert [one.id for one in lesson[0].programs] == ["grad#code-1"]
    assert [one.id for one in own[0].programs] == ["pasted-1"]
