"""Turns run to their end in the background and can be followed from any event on."""

import asyncio
from collections.abc import Iterator

import pytest

from corpus.errors import TutorError
from service import turns as turns_module
from service.events import Done, Event, Failed, Matched, Text
from service.memory import UnknownConversation
from service.turns import RunningTurn, Turns, UnknownTurn
from service.wiring import Parts

MATCHED = Matched(
    conversation_id="c",
    message_id="m",
    outcome="answered",
    abstained=False,
    confidence=1.0,
    understood_as="q",
    matches=[],
    nearest=[],
    follow_ups=[],
)


def breaking(error: Exception) -> Iterator[Event]:
    yield MATCHED
    yield Text(markdown="half")
    raise error


async def started(parts: Parts) -> tuple[Turns, RunningTurn, str]:
    turns = Turns(parts.tutor)
    turn = await turns.start("why do gradients keep growing", None, None)
    _, first = await anext(turn.events())
    assert isinstance(first, Matched)
    return turns, turn, first.message_id


def test_stream_resumes_after_any_event_without_loss_or_repetition(parts: Parts) -> None:
    async def scenario() -> None:
        turns, turn, message_id = await started(parts)
        whole = [pair async for pair in turn.events()]
        assert [number for number, _ in whole] == list(range(1, len(whole) + 1))
        for after in range(len(whole) + 2):
            assert [pair async for pair in turns.find(message_id).events(after)] == whole[after:]

    asyncio.run(scenario())


def test_turn_that_nobody_follows_still_ends(parts: Parts) -> None:
    async def scenario() -> None:
        turns, turn, _ = await started(parts)
        await turns.finish(within=10)
        assert isinstance([event async for _, event in turn.events()][-1], Done)

    asyncio.run(scenario())


def test_what_is_wrong_with_the_question_is_raised_at_the_start(parts: Parts) -> None:
    with pytest.raises(UnknownConversation):
        asyncio.run(Turns(parts.tutor).start("q", "nix", None))


@pytest.mark.parametrize(
    ("error", "told"), [(TutorError("disk full"), "disk full"), (ValueError("secret"), "ask again")]
)
def test_failure_in_mid_turn_is_told_and_only_our_own_errors_in_full(error: Exception, told: str) -> None:
    async def scenario() -> None:
        turn = RunningTurn(breaking(error))
        await turn.start()
        last = [event async for _, event in turn.events()][-1]
        assert isinstance(last, Failed)
        assert told in last.detail
        assert "secret" not in last.detail

    asyncio.run(scenario())


def test_ended_turn_is_forgotten_after_a_while(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        turns, turn, message_id = await started(parts)
        await turns.finish(within=10)
        assert turns.find(message_id) is turn
        monkeypatch.setattr(turns_module, "KEEP_SECONDS", -1.0)
        with pytest.raises(UnknownTurn):
            turns.find(message_id)

    asyncio.run(scenario())
