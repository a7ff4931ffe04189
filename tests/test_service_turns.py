"""Turns run to their end in the background and can be followed from any event on."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from fakes import PASSED, FakeSandbox
from starlette.concurrency import run_in_threadpool

from corpus.entry import Entry
from corpus.errors import TutorError
from index.retriever import KeywordRetriever
from service import turns as turns_module
from service.events import Done, Event, Failed, Matched, Reply, Text
from service.memory import KeyReused, Memory, Request, UnknownConversation
from service.sandbox import Limits, Program, Verdict
from service.settings import Settings
from service.turns import CANCELLED, Asked, RunningTurn, TooLate, Turns, UnknownTurn
from service.wiring import Parts, build_tutor

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
    turns = Turns(parts.tutor, parts.memory)
    turn = await turns.start(Asked("why do gradients keep growing"))
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
        asyncio.run(Turns(parts.tutor, parts.memory).start(Asked("q", "nix")))


@pytest.mark.parametrize(
    ("error", "told"), [(TutorError("disk full"), "disk full"), (ValueError("secret"), "ask again")]
)
def test_failure_in_mid_turn_is_told_and_only_our_own_errors_in_full(error: Exception, told: str) -> None:
    async def scenario() -> None:
        turn = RunningTurn(breaking(error), "ann")
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


def test_ended_turn_lets_go_of_the_request_that_asked_for_it(parts: Parts) -> None:
    class HTTPRequest:
        def may_run(self) -> bool:
            return True

    async def scenario() -> None:
        request = HTTPRequest()
        turns, told = Turns(parts.tutor, parts.memory), weakref.ref(request)
        turn = await turns.start(Asked("why do gradients keep growing", may_run=request.may_run))
        await turn.finish(within=10)
        del request
        gc.collect()
        assert told() is None
        assert isinstance(await turn.reply(), Reply)

    asyncio.run(scenario())


def test_turns_that_wait_take_nobody_elses_thread(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def waiting(*_: object, **__: object) -> Iterator[Event]:
        yield MATCHED
        go.wait(60)
        yield Text(markdown="half")

    monkeypatch.setattr(parts.tutor, "answer", waiting)

    async def scenario() -> None:
        turns = Turns(parts.tutor, parts.memory)
        begun: list[RunningTurn] = []
        try:
            async with asyncio.timeout(30):
                begun += [await turns.start(Asked("q")) for _ in range(45)]  # more than everybody's threads
                assert await run_in_threadpool(lambda: "alive") == "alive"
        finally:
            go.set()
            await asyncio.gather(*(turn.finish(within=10) for turn in begun))

    asyncio.run(scenario())


class SlowSandbox(FakeSandbox):
    """Runs until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.go = threading.Event(), threading.Event()

    def run(self, program: Program, limits: Limits, **how: object) -> Verdict:
        self.started.set()
        assert self.go.wait(60)
        return PASSED


def slow(entries: tuple[Entry, ...], memory: Memory) -> tuple[Parts, SlowSandbox]:
    sandbox = SlowSandbox()
    settings = Settings(verify_in_background=False)
    retriever = KeywordRetriever(entries)
    return build_tutor(settings, entries=entries, retriever=retriever, sandbox=sandbox, memory=memory), sandbox


def test_cancelled_turn_ends_at_once_and_leaves_nothing(entries: tuple[Entry, ...], memory: Memory) -> None:
    parts, sandbox = slow(entries, memory)

    async def scenario() -> None:
        _, turn, _ = await started(parts)
        await asyncio.to_thread(sandbox.started.wait, 60)
        await turn.cancel()
        events = [event async for _, event in turn.events()]
        assert events[-1] == CANCELLED
        with pytest.raises(TooLate):
            await turn.cancel()
        sandbox.go.set()
        await turn.finish(within=10)
        assert [event async for _, event in turn.events()] == events

    asyncio.run(scenario())
    assert memory.conversations.list(limit=10) == []


class EndlessSandbox(FakeSandbox):
    """Runs until it is told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.ended = threading.Event(), threading.Event()

    def run(self, program: Program, limits: Limits, *, cancelled: Callable[[], bool] = bool, **how: object) -> Verdict:
        self.started.set()
        deadline = time.monotonic() + 60
        while not cancelled() and time.monotonic() < deadline:
            time.sleep(0.01)
        if cancelled():
            self.ended.set()
        return replace(PASSED, status="killed")


@pytest.mark.parametrize("message", ["why do gradients keep growing", "```python\nx = 1\nwhile True: x += 1\n```"])
def test_cancelling_ends_the_running_code_of_a_lesson_and_of_a_learner(
    message: str, entries: tuple[Entry, ...], memory: Memory
) -> None:
    sandbox = EndlessSandbox()
    settings, retriever = Settings(verify_in_background=False), KeywordRetriever(entries)
    parts = build_tutor(settings, entries=entries, retriever=retriever, sandbox=sandbox, memory=memory)

    async def scenario() -> None:
        turn = await Turns(parts.tutor, memory).start(Asked(message))
        assert await asyncio.to_thread(sandbox.started.wait, 60)
        await turn.cancel()
        assert await asyncio.to_thread(sandbox.ended.wait, 60)
        await turn.finish(within=10)

    asyncio.run(scenario())
    assert memory.verdicts.keys() == set()


def test_dropping_a_conversation_cancels_its_running_turn_for_its_owner_only(
    entries: tuple[Entry, ...], memory: Memory
) -> None:
    parts, sandbox = slow(entries, memory)

    async def scenario() -> None:
        turns, turn, _ = await started(parts)
        assert not await turns.drop(turn.conversation_id, "bob")
        assert await turns.drop(turn.conversation_id)
        sandbox.go.set()
        await turn.finish(within=10)
        assert await turn.reply() == CANCELLED

    asyncio.run(scenario())
    assert memory.conversations.list(limit=10) == []


def test_finished_turn_cannot_be_cancelled_and_is_kept(parts: Parts) -> None:
    async def scenario() -> None:
        turns, turn, _ = await started(parts)
        await turns.finish(within=10)
        with pytest.raises(TooLate, match="delete its conversation"):
            await turn.cancel()

    asyncio.run(scenario())
    assert len(parts.memory.conversations.list(limit=10)) == 1


def test_same_request_while_it_is_answered_joins_the_turn(entries: tuple[Entry, ...], memory: Memory) -> None:
    parts, sandbox = slow(entries, memory)
    request = Request("k", "f")

    async def scenario() -> None:
        turns = Turns(parts.tutor, memory)
        ask = Asked("why do gradients keep growing", owner="ann", request=request)
        first, second = await asyncio.gather(turns.start(ask), turns.start(ask))
        assert first is second
        sandbox.go.set()
        await turns.finish(within=10)

    asyncio.run(scenario())
    assert [head.messages for head in memory.conversations.list("ann", limit=10)] == [1]


def test_same_request_after_a_restart_gets_the_stored_reply_event_by_event(parts: Parts) -> None:
    request = Request("k", "f")
    ask = Asked("why do gradients keep growing", owner="ann", request=request)

    async def whole() -> list[Event]:
        turn = await Turns(parts.tutor, parts.memory).start(ask)
        return [event async for _, event in turn.events()]

    assert asyncio.run(whole()) == asyncio.run(whole())
    assert [head.messages for head in parts.memory.conversations.list("ann", limit=10)] == [1]


def test_request_whose_turn_was_cancelled_is_answered_anew(entries: tuple[Entry, ...], memory: Memory) -> None:
    parts, sandbox = slow(entries, memory)
    ask = Asked("why do gradients keep growing", owner="ann", request=Request("k", "f"))

    async def scenario() -> None:
        turns = Turns(parts.tutor, memory)
        first = await turns.start(ask)
        await first.cancel()
        sandbox.go.set()
        second = await turns.start(ask)
        assert isinstance(await second.reply(), Reply)

    asyncio.run(scenario())


def test_key_of_another_request_is_refused_while_that_is_answered(parts: Parts) -> None:
    async def scenario() -> None:
        turns = Turns(parts.tutor, parts.memory)
        await turns.start(Asked("q", owner="ann", request=Request("k", "f")))
        with pytest.raises(KeyReused):
            await turns.start(Asked("other", owner="ann", request=Request("k", "g")))
        await turns.start(Asked("other", owner="bob", request=Request("k", "g")))
        await turns.finish(within=10)

    asyncio.run(scenario())


def test_turn_is_its_owners_only_and_gone_with_its_conversation(parts: Parts) -> None:
    async def scenario() -> None:
        turns, turn, message_id = await started(parts)
        with pytest.raises(UnknownTurn):
            turns.find(message_id, "bob")
        await turns.drop(turn.conversation_id)
        with pytest.raises(UnknownTurn):
            turns.find(message_id)
        await turn.finish(within=10)

    asyncio.run(scenario())
