"""Threads that are longer than a page, read from a fake Slack over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import fake_slack
import pytest
from fake_slack import BOT_ID, FakeSlack

from service.channels.slack import reading
from service.channels.slack.calls import Calls, client
from service.channels.slack.context import question_in
from service.channels.slack.incoming import Incoming
from service.memory.claims import Place

Result = TypeVar("Result")
ERROR = "RuntimeError: Found dtype Double but expected Float"
CHANNEL = "C0GENERAL"


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    fake = FakeSlack()
    yield fake
    fake.close()


def asked(slack: FakeSlack, work: Callable[[Calls], Awaitable[Result]]) -> Result:
    async def with_calls() -> Result:
        calls = Calls(client(slack.api_url, fake_slack.TOKEN))
        try:
            return await work(calls)
        finally:
            await calls.close()

    return asyncio.run(with_calls())


def thread(slack: FakeSlack, *texts: str) -> list[str]:
    """The ``ts`` of a thread's messages; the first begins it."""
    first = slack.say(texts[0], deliver=False)
    return [first, *(slack.say(text, thread=first, deliver=False) for text in texts[1:])]


def by_a_bot(slack: FakeSlack, ts: str, **more: Any) -> None:
    slack.channels[CHANNEL][ts] |= {"bot_id": BOT_ID, **more}


def mention(slack: FakeSlack, root: str) -> Incoming:
    ts = slack.say("what does this mean?", thread=root, deliver=False)
    return Incoming(Place("T1", CHANNEL, ts), root, "U1", "what does this mean?", mentioned=True)


def test_error_late_in_a_long_thread_is_found(slack: FakeSlack) -> None:
    root, *_ = thread(slack, "it breaks", *["hm"] * 420, ERROR, *["no idea"] * 20)
    incoming = mention(slack, root)
    assert asked(slack, lambda calls: question_in(calls, incoming)) == f"what does this mean?\n\n{ERROR}"


def test_error_that_another_app_posted_is_read_and_what_the_tutor_said_is_not(slack: FakeSlack) -> None:
    root, ours = thread(slack, "The build failed", "RuntimeError: of an answer of ours")
    by_a_bot(slack, root, attachments=[{"text": ERROR}])
    by_a_bot(slack, ours)
    incoming = mention(slack, root)
    question = asked(slack, lambda calls: question_in(calls, incoming, {ours}))
    assert ERROR in question
    assert "of an answer of ours" not in question


def test_message_of_ours_is_found_at_the_end_of_a_long_thread_and_no_older_one(slack: FakeSlack) -> None:
    root, old, *_, question, known, new = thread(slack, *["hm"] * 250, "why?", "a", "b")
    for ts in (old, known, new):
        by_a_bot(slack, ts)
    found = asked(slack, lambda calls: reading.left_over(calls, CHANNEL, root, question, {known}))
    assert found == [new]


def test_question_late_in_a_long_thread_is_read_anew(slack: FakeSlack) -> None:
    root, *_, question, _ = thread(slack, *["hm"] * 250, "why?", "so")
    found = asked(slack, lambda calls: reading.message(calls, CHANNEL, question, root))
    assert found is not None
    assert found["text"] == "why?"
