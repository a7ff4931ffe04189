"""What the tutor takes on out of what Slack delivers, and what becomes of it where that fails."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from service.channels.slack.answering import Answering, Shared
from service.channels.slack.buttons import Buttons
from service.channels.slack.calls import Refused
from service.channels.slack.desk import Desk, Job
from service.channels.slack.inbox import Allowed, Inbox
from service.channels.slack.running import Running
from service.memory import Memory
from service.memory.claims import Place

QUESTION = Place("T1", "C0ELSEWHERE", "10.1")


class DeafSlack:
    """A Slack that refuses whatever it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def quietly(self, method: str, **arguments: Any) -> None:
        self.asked.append(method)

    async def respond(self, url: str, **body: Any) -> None:
        raise Refused("response_url", "expired_url")


@pytest.fixture
def desk(memory: Memory) -> Desk:
    async def orphaned(claim: Any) -> None: ...

    return Desk(memory.claims, orphaned)


@pytest.fixture
def inbox(memory: Memory, desk: Desk) -> Inbox:
    """An inbox that may answer in one channel only, over fakes that can answer nothing."""
    shared = cast(Shared, SimpleNamespace(claims=memory.claims, calls=DeafSlack()))
    return Inbox(shared, desk, cast(Answering, None), cast(Running, None), Allowed(("C0TUTOR",)))


def event(**more: Any) -> dict[str, Any]:
    said = {"type": "app_mention", "channel": QUESTION.channel, "ts": QUESTION.ts, "user": "U0ANNA"}
    said |= {"text": "<@U0BOT> why?", **more}
    return {"team_id": QUESTION.team, "authorizations": [{"user_id": "U0BOT"}], "event": said}


def test_edit_gets_no_answer_where_its_channel_is_not_allowed(inbox: Inbox, desk: Desk, memory: Memory) -> None:
    edited = {"user": "U0ANNA", "ts": QUESTION.ts, "text": "<@U0BOT> how?", "edited": {"ts": "12.0"}}
    changed = {"type": "message", "subtype": "message_changed", "message": edited, "previous_message": {"text": "why?"}}

    async def deliver() -> None:
        await inbox.event(event())
        await inbox.event(event(**changed))
        await asyncio.sleep(0.5)
        await desk.stop(30)

    asyncio.run(deliver())
    told = memory.claims.get(QUESTION)
    assert told is not None
    assert told.state == "told"
    assert memory.claims.get(Place(QUESTION.team, QUESTION.channel, f"{QUESTION.ts}:edit:12.0")) is None


def test_command_that_cannot_be_refused_any_more_is_done_with(inbox: Inbox, desk: Desk, memory: Memory) -> None:
    sent = {"team_id": "T1", "channel_id": QUESTION.channel, "trigger_id": "1.2", "user_id": "U0ANNA", "text": "why?"}

    async def deliver() -> None:
        await inbox.command({**sent, "response_url": "https://hooks.example.org/gone"})
        await desk.stop(30)

    asyncio.run(deliver())
    told = memory.claims.get(Place("T1", QUESTION.channel, "command:1.2"))
    assert told is not None
    assert told.state == "told"


def test_worker_goes_on_after_a_failure_that_cannot_be_told(desk: Desk) -> None:
    answered: list[str] = []

    async def breaks(reason: str = "") -> None:
        raise ValueError(reason)

    async def works() -> None:
        answered.append("yes")

    async def deliver() -> None:
        desk.start()
        for number in range(8):
            await desk.put(Job(str(number), Place("T1", "C1", str(number)), str(number), breaks, breaks))
        await desk.put(Job("9", Place("T1", "C1", "9"), "9", works, breaks))
        for _ in range(1500):
            await asyncio.sleep(0.02)
            if answered:
                break
        await desk.stop(30)

    asyncio.run(deliver())
    assert answered == ["yes"]


def test_button_says_so_where_its_channel_is_not_allowed_any_more(inbox: Inbox, desk: Desk, memory: Memory) -> None:
    slack = DeafSlack()
    shared = cast(Shared, SimpleNamespace(claims=memory.claims, calls=slack))
    buttons = Buttons(shared, desk, cast(Answering, None), cast(Running, None), inbox)
    press = {
        "team": {"id": "T1"},
        "user": {"id": "U0ANNA"},
        "channel": {"id": QUESTION.channel},
        "message": {"ts": "10.2", "thread_ts": QUESTION.ts},
        "actions": [{"action_id": "again:1", "value": QUESTION.ts, "action_ts": "14.0"}],
    }

    async def deliver() -> None:
        await buttons.press(press)
        await desk.stop(30)

    asyncio.run(deliver())
    assert slack.asked == ["chat.postEphemeral"]
    assert memory.claims.get(Place("T1", QUESTION.channel, f"{QUESTION.ts}:again:10.2")) is None
