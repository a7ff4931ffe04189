"""Answers in a language model's words: cited, judged, their code run; the lessons' own where anything goes wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeModel, FakeSandbox

from corpus.entry import Entry
from index.retriever import KeywordRetriever
from service.events import Done, Event, Matched, Reply, Supported, Text, Turn
from service.guarding import Allowance, Allowed, Prices, Rest
from service.language_model import ModelFailed, Usage
from service.memory import Memory
from service.reply import Composed
from service.settings import Settings
from service.wiring import Parts, build_tutor
from service.wording import Brief, LessonWording

QUESTION = "why do gradients keep growing"
LESSON = "They are summed.\n\nClear them.\n\nThe chain rule sums."
WITH_CODE = "They are summed [1].\n\n```python\nprint(1)\n```\n"
BROKEN = "Like this [1].\n\n```python\nwrong()\n```\n"

Make = Callable[..., tuple[Parts, FakeModel]]


@pytest.fixture
def make(entries: tuple[Entry, ...], sandbox: FakeSandbox, memory: Memory) -> Make:
    sandbox.fails("wrong()\n", "NameError", "name 'wrong' is not defined")

    def made(*answers: str | ModelFailed, **settings: object) -> tuple[Parts, FakeModel]:
        model = FakeModel(*answers)
        parts = build_tutor(
            Settings(verify_in_background=False, **settings),
            entries=entries,
            retriever=KeywordRetriever(entries),
            sandbox=sandbox,
            memory=memory,
            model=model,
        )
        return parts, model

    return made


def turn(parts: Parts, message: str = QUESTION, conversation_id: str | None = None) -> list[Event]:
    return list(parts.tutor.answer(message, conversation_id))


def reply(parts: Parts, message: str = QUESTION, conversation_id: str | None = None) -> Reply:
    done = turn(parts, message, conversation_id)[-1]
    assert isinstance(done, Done)
    return done.reply


def test_answer_is_the_models_and_says_so(make: Make) -> None:
    parts, _ = make("They are summed [1].")
    events = turn(parts)
    assert isinstance(events[0], Matched)
    assert events[0].worded_by == "fake:model"
    answered = reply(parts)
    assert (answered.answer, answered.worded_by) == ("They are summed [1].", "fake:model")


def test_texts_joined_are_the_answer_and_support_comes_before_done(make: Make) -> None:
    events = turn(make("They are summed [1]. " * 5)[0])
    assert isinstance(events[-1], Done)
    assert "".join(event.markdown for event in events if isinstance(event, Text)) == events[-1].reply.answer
    assert isinstance(events[-2], Supported)
    assert events[-2].sentences == events[-1].reply.sentences


def test_sentences_are_found_by_their_places(make: Make) -> None:
    answered = reply(make("They are summed [1]. Bananas are always blue and sweet [1].")[0])
    texts = [answered.answer[one.start : one.end] for one in answered.sentences]
    assert texts == ["They are summed [1].", "Bananas are always blue and sweet [1]."]
    assert [one.citations for one in answered.sentences] == [[1], [1]]
    assert answered.sentences[1].supported is False


def test_invented_citation_is_marked_and_counts_for_nothing(make: Make) -> None:
    answered = reply(make("They are summed [9].")[0])
    assert answered.answer == "They are summed [9?]."
    assert answered.sentences[0].citations == []


def test_uncovered_question_and_small_talk_are_not_put_to_the_model(make: Make) -> None:
    parts, model = make("I know everything.")
    refused, greeted = reply(parts, "zebra"), reply(parts, "hello")
    assert (refused.abstained, refused.worded_by, greeted.worded_by) == (True, None, None)
    assert model.asked == []


def test_request_for_the_code_gets_the_lessons_own(make: Make) -> None:
    parts, model = make("They are summed [1].")
    first = reply(parts)
    shown = reply(parts, "show me the code", first.conversation_id)
    assert (shown.worded_by, len(model.asked)) == (None, 1)


def test_code_of_the_model_is_run_as_it_is_shown(make: Make, sandbox: FakeSandbox) -> None:
    answered = reply(make(WITH_CODE)[0])
    (snippet,) = answered.snippets
    assert (snippet.id, snippet.origin, snippet.as_stated) == ("generated-1", "model", None)
    assert f"```python\n{snippet.code}```" in answered.answer
    assert sandbox.programs[-1].code == snippet.code
    assert sandbox.programs[-1].curated is False


def test_answer_without_code_comes_with_the_lessons_code(make: Make) -> None:
    assert [one.id for one in reply(make("They are summed [1].")[0]).snippets] == ["grad#code-1"]


def test_code_that_fails_is_mended_once_with_its_traceback(make: Make) -> None:
    parts, model = make(BROKEN, WITH_CODE)
    answered = reply(parts)
    assert [(one.id, one.verdict and one.verdict.status) for one in answered.snippets] == [
        ("generated-1", "failed"),
        ("generated-2", "passed"),
    ]
    assert "NameError" in answered.answer
    assert "failed" in model.asked[1][-1].text
    assert model.asked[1][-2].text.strip() == BROKEN.strip()


def test_code_that_fails_twice_gives_way_to_the_lessons(make: Make) -> None:
    parts, model = make(BROKEN, BROKEN, "never asked")
    answered = reply(parts)
    assert [one.id for one in answered.snippets] == ["generated-1", "generated-2", "grad#code-1"]
    assert "does not run" in answered.answer
    assert answered.snippets[-1].as_stated is True
    assert len(model.asked) == 2


def test_our_own_remarks_are_not_judged_as_the_models(make: Make) -> None:
    answered = reply(make(BROKEN, BROKEN)[0])
    texts = [answered.answer[one.start : one.end] for one in answered.sentences]
    assert texts == ["Like this [1].", "Like this [1]."]


def test_program_beyond_those_that_are_run_is_shown_as_not_run(make: Make) -> None:
    programs = "".join(f"```python\nprint({number})\n```\n\n" for number in range(4))
    generated = [one for one in reply(make(programs)[0]).snippets if one.origin == "model"]
    assert [one.verdict is not None for one in generated] == [True, True, True, False]
    assert "not run" in (generated[-1].deviation or "")


def test_runs_of_several_programs_say_which_program_they_are_of(make: Make) -> None:
    two = "".join(f"```python\nprint({number})\n```\n\n" for number in range(2))
    told = [one.caption for one in reply(make(two)[0]).snippets if one.origin == "model"]
    assert told == ["What a run of program 1 above showed:", "What a run of program 2 above showed:"]
    assert [one.caption for one in reply(make(WITH_CODE)[0]).snippets] == ["What a run of the code above showed:"]


def test_who_may_not_run_code_gets_none_of_the_models_run(make: Make, sandbox: FakeSandbox) -> None:
    parts, _ = make(WITH_CODE)
    notebook = parts.memory.notebook(may_run=lambda: False)
    *_, done = parts.tutor.answer(QUESTION, notebook=notebook)
    assert isinstance(done, Done)
    assert [(one.id, one.verdict is None) for one in done.reply.snippets] == [
        ("generated-1", True),
        ("grad#code-1", False),
    ]
    assert all(program.code == "print(1)" for program in sandbox.programs)


@pytest.mark.parametrize("kind", ["timeout", "rate_limit", "refusal", "malformed", "key", "unreachable"])
def test_failure_is_followed_by_the_lessons_own_answer_with_one_line(make: Make, kind: str) -> None:
    parts, _ = make(ModelFailed(kind, "took too long"))
    answered = reply(parts)
    line, _, rest = answered.answer.partition("\n\n")
    assert line == "*The language model took too long. This is the lesson's own answer:*"
    assert (rest, answered.worded_by, answered.sentences) == (LESSON, None, [])
    assert [one.id for one in answered.snippets] == ["grad#code-1"]
    assert f'torchtutor_model_fallbacks_total{{reason="{kind}"}} 1.0' in parts.metrics.text().decode()


def test_program_in_an_answer_that_was_not_finished_is_shown_as_not_run(make: Make, sandbox: FakeSandbox) -> None:
    parts, _ = make(WITH_CODE + "word " * 2000, llm_answer_tokens=50)
    answered = reply(parts)
    assert "came to its limit" in answered.answer
    assert [(one.id, one.verdict is None, one.origin) for one in answered.snippets] == [
        ("generated-1", True, "model"),
        ("grad#code-1", False, "corpus"),
    ]
    assert answered.snippets[0].deviation == "not run: the answer was not finished"


def test_answer_of_nothing_is_a_failure(make: Make) -> None:
    assert reply(make("")[0]).answer.endswith(LESSON)


def test_model_that_does_not_stop_is_cut_off(make: Make) -> None:
    answered = reply(make("word " * 2000, llm_answer_tokens=50)[0])
    assert "came to its limit of 50 tokens" in answered.answer
    assert len(answered.answer) < 1000


def test_model_that_failed_three_times_is_left_alone(make: Make) -> None:
    parts, model = make(ModelFailed("unreachable", "cannot be reached"))
    for _ in range(5):
        answered = reply(parts)
    assert len(model.asked) == 3
    assert "left alone for a while" in answered.answer
    assert parts.language_model.rests


def test_rest_ends_and_one_may_try() -> None:
    rest = Rest(failures=1, seconds=0.0)
    rest.learn(ModelFailed("timeout", ""))
    rest.check()
    rest.learn(None)
    assert not rest.resting


def test_refusals_are_no_sign_of_ill_health() -> None:
    rest = Rest(failures=1)
    rest.learn(ModelFailed("refusal", ""))
    assert not rest.resting


def test_key_that_used_up_its_tokens_gets_the_lessons_answer(make: Make) -> None:
    parts, model = make("They are summed [1].", llm_key_tokens="100/day")
    assert reply(parts).worded_by == "fake:model"
    second = reply(parts)
    assert (second.worded_by, len(model.asked)) == (None, 1)
    assert "as much as it may for your key" in second.answer


def test_one_key_does_not_use_up_anothers_tokens(make: Make) -> None:
    parts, _ = make("They are summed [1].", llm_key_tokens="100/day")
    reply(parts)
    *_, done = parts.tutor.answer(QUESTION, notebook=parts.memory.notebook("other"))
    assert isinstance(done, Done)
    assert done.reply.worded_by == "fake:model"


def test_cost_of_a_reply_limits_its_length() -> None:
    allowance = Allowance(Allowed(cost=0.001), prices=Prices(1.0, 2.0))
    assert allowance.completion_tokens([], Usage(0, 0)) == 500
    with pytest.raises(ModelFailed, match="cost more"):
        allowance.completion_tokens([], Usage(0, 500))


def test_cost_of_a_key_is_limited_by_the_day() -> None:
    allowance = Allowance(prices=Prices(1.0, 1.0), cost=0.001)
    allowance.check("a")
    allowance.spend("a", Usage(900, 200))
    with pytest.raises(ModelFailed, match="your key"):
        allowance.check("a")
    allowance.check("b")


def test_limit_of_cost_without_prices_is_refused() -> None:
    with pytest.raises(ValueError, match="TUTOR_LLM_PRICES"):
        Settings(llm_reply_cost=1.0)


def test_metrics_count_tokens(make: Make) -> None:
    parts, _ = make("They are summed [1].")
    reply(parts)
    assert 'torchtutor_model_tokens_total{direction="prompt"} 100.0' in parts.metrics.text().decode()


def test_stored_reply_keeps_who_worded_it(make: Make, tmp_path: Path) -> None:
    parts, _ = make("They are summed [1].")
    first = reply(parts)
    stored = parts.memory.conversations.get(first.conversation_id).messages[0]
    assert Reply.model_validate_json(stored.reply_json) == first


def test_lessons_reply_to_a_program_keeps_its_reservation(parts: Parts) -> None:
    composed = Composed("*Unsure.*\n\nText.", reservation="*Unsure.*")
    brief = Brief("x", Turn.model_construct(), composed, lead="It passes.")
    told = [event.markdown for event in LessonWording(parts.verifier).word(brief) if isinstance(event, Text)]
    assert "".join(told) == "It passes.\n\n*Unsure.*\n\nText."
