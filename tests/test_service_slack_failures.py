"""What can go wrong between the tutor and Slack, end to end: a real server process and a fake Slack that misbehaves."""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import fake_slack
import pytest
from aiohttp import web
from fake_slack import BOT, FakeSlack

pytestmark = pytest.mark.integration

QUESTION = f"<@{BOT}> why do my gradients keep growing every step?"
PITFALLS = f"<@{BOT}> what goes wrong when I save a model in practice?"


@pytest.fixture(scope="module")
def slack(state_folder: Path, start_server: Callable[..., Any]) -> Iterator[FakeSlack]:
    fake = FakeSlack()
    start = starter(fake, state_folder, start_server)
    fake.server = start()  # type: ignore[attr-defined]
    fake.start = start  # type: ignore[attr-defined]
    fake.reply(fake.say(QUESTION), seconds=300)
    yield fake
    fake.close()


@pytest.fixture(autouse=True)
def behaves_again(slack: FakeSlack) -> Iterator[None]:
    yield
    slack.fails.clear()
    slack.delays.clear()
    slack.archived.clear()
    slack.stream_seconds = 300.0


def starter(fake: FakeSlack, home: Path, start_server: Callable[..., Any]) -> Callable[[], Any]:
    def start() -> Any:
        server = start_server(
            home,
            SLACK_BOT_TOKEN=fake_slack.TOKEN,
            SLACK_SIGNING_SECRET=fake_slack.SECRET,
            SLACK_API_URL=fake.api_url,
        )
        fake.events_url = f"{server.url}/slack/events"
        return server

    return start


def logged(slack: FakeSlack, error: str) -> list[dict[str, Any]]:
    lines = slack.server.log.read_text().splitlines()  # type: ignore[attr-defined]
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if line.get("error") == error]


def claim(home: Path, ts: str) -> Any:
    with closing(sqlite3.connect(home / "tutor.sqlite3")) as database:
        return database.execute("select state, replies from slack_claims where ts = ?", (ts,)).fetchone()


@pytest.mark.parametrize("method", ["chat.startStream", "chat.stopStream", "assistant.threads.setStatus"])
def test_limit_of_slack_is_waited_for(slack: FakeSlack, method: str) -> None:
    slack.limit(method, times=2, retry_after=1)
    started = time.monotonic()
    ts = slack.say(QUESTION)
    assert "zero_grad" in slack.text(slack.reply(ts))
    slack.quiet()
    assert len(slack.replies(ts)) == 1
    assert method == "assistant.threads.setStatus" or time.monotonic() - started > 2
    slack.wait_for(lambda: slack.fails[method] == [])


def test_stream_that_expires_is_finished_as_an_edit_of_its_message(slack: FakeSlack) -> None:
    slack.stream_seconds = 0.0
    ts = slack.say(PITFALLS)
    slack.wait_for(lambda: [m for m in slack.replies(ts) if m["blocks"] and m.get("stream") is None])
    slack.quiet()
    assert len(slack.replies(ts)) == 1
    assert slack.replies(ts)[0]["blocks"][-1]["type"] == "context_actions"


def test_failure_of_slack_itself_is_tried_again(slack: FakeSlack) -> None:
    slack.fails["chat.stopStream"] += ["internal_error", lambda: web.json_response({}, status=503)]
    ts = slack.say(QUESTION)
    assert "zero_grad" in slack.text(slack.reply(ts))


def test_blocks_that_a_workspace_does_not_know_are_said_plainly(slack: FakeSlack) -> None:
    slack.fails["chat.stopStream"] += ["invalid_blocks"]
    slack.fails["chat.update"] += ["invalid_blocks"]
    ts = slack.say(QUESTION)
    reply = slack.wait_for(lambda: [m for m in slack.replies(ts) if m["blocks"]])[0]
    assert "zero_grad" in slack.text(reply)


def test_archived_channel_is_logged_once_and_does_not_stop_the_others(slack: FakeSlack) -> None:
    slack.archived.add("C0RANDOM")
    for _ in range(3):
        slack.say(QUESTION, channel="C0RANDOM")
    slack.reply(slack.say(QUESTION))
    slack.quiet()
    told = [line for line in logged(slack, "is_archived") if line["method"] == "chat.startStream"]
    assert len(told) == 1
    assert told[0]["channel"] == "C0RANDOM"
    assert "mend" in told[0]


def test_missing_scope_is_logged_once_with_what_to_add(slack: FakeSlack) -> None:
    slack.scopes.remove("channels:history")
    try:
        for _ in range(2):
            ts = slack.say("look at this: RuntimeError: Found dtype Double", user="U0BERT")
            slack.say(f"<@{BOT}> why?", thread=ts)
            slack.reply(ts)
    finally:
        slack.scopes.add("channels:history")
    (told,) = logged(slack, "missing_scope")
    assert told["needed"] == "channels:history"
    assert "install it again" in told["mend"]


def test_question_deleted_while_it_is_answered_gets_no_reply(slack: FakeSlack) -> None:
    slack.delays["chat.startStream"] = 4.0
    ts = slack.say(QUESTION)
    slack.wait_for(lambda: slack.called("chat.startStream")[-1]["thread_ts"] == ts)
    slack.delete("C0GENERAL", ts)
    slack.quiet(6)  # longer than the stream takes to begin
    assert slack.replies(ts) == []


def test_workspace_that_does_not_stream_gets_an_edited_message(slack: FakeSlack) -> None:
    slack.streams = False
    try:
        ts = slack.say(QUESTION)
        assert "zero_grad" in slack.text(slack.reply(ts))
        slack.quiet()
        (reply,) = slack.replies(ts)
        first = next(body for body in slack.called("chat.postMessage") if body["thread_ts"] == ts)
        assert "Looking it up" in first["text"]
        assert slack.called("chat.update")[-1]["ts"] == reply["ts"]
    finally:
        slack.streams = True


def test_reply_whose_connection_broke_is_not_said_twice(slack: FakeSlack) -> None:
    """After the test before: here messages are posted and edited."""
    post = slack._chat_postMessage

    def posted_and_lost(body: dict[str, Any]) -> dict[str, Any]:
        post(body)
        slack._chat_postMessage = post  # type: ignore[method-assign]
        raise ConnectionResetError

    slack._chat_postMessage = posted_and_lost  # type: ignore[method-assign]
    ts = slack.say(QUESTION)
    assert "zero_grad" in slack.text(slack.reply(ts))
    slack.quiet()
    assert len(slack.replies(ts)) == 1


def test_messages_of_a_thread_are_answered_in_their_order_however_they_come(slack: FakeSlack) -> None:
    root = slack.say(QUESTION, deliver=False)
    messages = [slack.channels["C0GENERAL"][root]]
    for text in ("show me the code", "how do I save a model?"):
        ts = slack.say(f"<@{BOT}> {text}", thread=root, deliver=False)
        messages.append(slack.channels["C0GENERAL"][ts])
    slack.deliver([event for message in reversed(messages) for event in slack.events_of(message, "C0GENERAL")])
    slack.reply(root, count=3)
    slack.quiet()
    assert len(slack.replies(root)) == 3


def test_process_killed_between_claim_and_reply_leaves_one_notice_that_can_be_answered(
    slack: FakeSlack, state_folder: Path
) -> None:
    slack.delays["chat.postMessage"] = slack.delays["chat.startStream"] = 5.0
    ts = slack.say(QUESTION, copies=2)
    slack.wait_for(lambda: claim(state_folder, ts))
    process = slack.server.process  # type: ignore[attr-defined]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    slack.quiet(0.5)
    left = {m["ts"] for m in slack.replies(ts)}
    for message in left:
        del slack.channels["C0GENERAL"][message]
    slack.delays.clear()
    slack.server = slack.start()  # type: ignore[attr-defined]
    notice = slack.reply(ts, seconds=90)
    slack.deliver(slack.events_of(slack.channels["C0GENERAL"][ts], "C0GENERAL"))  # Slack tries once more
    slack.quiet(2)
    assert "interrupted" in slack.text(notice)
    assert len(slack.replies(ts)) == 1
    assert claim(state_folder, ts)[0] == "told"
    slack.press("C0GENERAL", notice["ts"], "Try again")
    slack.wait_for(lambda: "zero_grad" in slack.text(slack.replies(ts)[0]), what="the answer in place of the notice")
    assert len(slack.replies(ts)) == 1
