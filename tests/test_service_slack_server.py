"""The tutor in Slack, end to end: a real server process with the real slack-bolt, and a fake Slack over HTTP."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import fake_slack
import httpx
import pytest
from fake_slack import BOT, BOT_ID, FakeSlack
from fake_slack_blocks import loud

from service.channels.slack.check import check
from service.settings import Settings

pytestmark = pytest.mark.integration

QUESTION = f"<@{BOT}> why do my gradients keep growing every step?"
TRACEBACK = """Traceback (most recent call last):
  File "train.py", line 3, in <module>
    loss.backward()
RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn"""


@pytest.fixture(scope="module")
def home(state_folder: Path) -> Path:
    return state_folder


@pytest.fixture(scope="module")
def slack(home: Path, start_server: Callable[..., Any]) -> Iterator[FakeSlack]:
    fake = FakeSlack()
    server = start_server(
        home,
        SLACK_BOT_TOKEN=fake_slack.TOKEN,
        SLACK_SIGNING_SECRET=fake_slack.SECRET,
        SLACK_API_URL=fake.api_url,
        TUTOR_PUBLIC_URL="https://tutor.example.org",
        TUTOR_SLACK_CHANNELS='["C0GENERAL", "G0SECRET"]',
    )
    fake.events_url = f"{server.url}/slack/events"
    assert fake.calls == []  # none is made at the start
    fake.reply(fake.say(QUESTION), seconds=300)  # the sandbox is cold
    yield fake
    fake.close()


@pytest.fixture
def answered(slack: FakeSlack) -> str:
    """A thread in which the tutor has answered Anna."""
    ts = slack.say(QUESTION)
    slack.reply(ts)
    return ts


def stored(home: Path, query: str, *values: str) -> list[Any]:
    with closing(sqlite3.connect(home / "tutor.sqlite3")) as database:
        return database.execute(query, values).fetchall()


def test_mention_is_answered_once_though_it_comes_as_two_events_many_times(slack: FakeSlack) -> None:
    ts = slack.say(QUESTION, copies=4)
    reply = slack.reply(ts)
    slack.quiet()
    assert "zero_grad" in slack.text(reply)
    assert len(slack.replies(ts)) == 1


def test_status_is_seen_before_the_reply(slack: FakeSlack) -> None:
    ts = slack.say(QUESTION)
    slack.reply(ts)
    order = [name for name, body in slack.calls if ts in (body.get("thread_ts"), body.get("ts"))]
    assert order[0] == "assistant.threads.setStatus"
    assert "chat.startStream" in order


def test_reply_shows_code_as_code_with_its_verdict_and_leads_to_its_lesson(slack: FakeSlack) -> None:
    ts = slack.say(f"<@{BOT}> show me how to save a model")
    blocks = slack.reply(ts)["blocks"]
    kinds = [block["type"] for block in blocks]
    assert kinds[0] == "markdown"
    assert kinds[kinds.index("rich_text") + 1] == "context"
    said = slack.text({"blocks": blocks})
    assert "torch.save" in said
    assert "torch 2." in said
    assert "https://tutor.example.org/entries/" in json.dumps(blocks)
    assert kinds[-2:] == ["actions", "context_actions"]


def test_follow_up_in_an_answered_thread_needs_no_mention(slack: FakeSlack, answered: str) -> None:
    slack.say("why?", thread=answered)
    second = slack.reply(answered, count=2)
    assert "None of my lessons" not in slack.text(second)
    assert "gradient" in slack.text(second).lower()


def test_follow_up_that_comes_before_the_reply_is_answered_after_it(slack: FakeSlack) -> None:
    slack.delays["chat.startStream"] = 1.0
    ts = slack.say(QUESTION)
    slack.say("how do I save a model?", thread=ts)
    second = slack.reply(ts, count=2)
    del slack.delays["chat.startStream"]
    assert "state_dict" in slack.text(second)


def test_tutor_is_silent_where_people_talk_to_each_other_until_it_is_named(slack: FakeSlack, answered: str) -> None:
    slack.say("<@U0BERT> did you see this?", thread=answered)
    slack.say("I think that is our bug", user="U0BERT", thread=answered)
    slack.say("why do you think so?", thread=answered)
    slack.quiet(3)
    assert len(slack.replies(answered)) == 1
    slack.say(f"<@{BOT}> show me the code", thread=answered)
    assert "zero_grad" in slack.text(slack.reply(answered, count=2))


def test_thanks_in_a_thread_gets_no_reply(slack: FakeSlack, answered: str) -> None:
    slack.say("thanks, that helps", thread=answered)
    slack.quiet(2)
    assert len(slack.replies(answered)) == 1


def test_what_is_not_addressed_to_the_tutor_is_neither_answered_nor_stored(slack: FakeSlack, home: Path) -> None:
    ts = slack.say("who brings the unmistakable cake for optimizers?")
    other = slack.say("a thread of others", thread=ts)
    slack.quiet(2)
    assert slack.replies(ts) == []
    assert stored(home, "select * from slack_claims where ts in (?, ?)", ts, other) == []
    assert stored(home, "select * from messages where question like '%unmistakable%'") == []


def test_messages_of_bots_are_not_answered(slack: FakeSlack) -> None:
    ts = slack.ts()
    message = {"type": "message", "bot_id": "B0OTHER", "user": "U0OTHER", "text": QUESTION, "ts": ts}
    slack.channels["C0GENERAL"][ts] = message
    slack.deliver(slack.events_of(message, "C0GENERAL"))
    slack.quiet(2)
    assert slack.replies(ts) == []


def test_direct_message_is_answered_and_the_next_one_goes_on_with_it(slack: FakeSlack) -> None:
    first = slack.say("why do my gradients keep growing every step?", channel="D0ANNA")
    slack.reply(first, "D0ANNA")
    second = slack.say("show me the code", channel="D0ANNA")
    assert "zero_grad" in slack.text(slack.reply(second, "D0ANNA"))


def test_mention_in_mid_thread_reads_the_thread_first(slack: FakeSlack) -> None:
    ts = slack.say(f"my training dies:\n```{TRACEBACK}```", user="U0BERT")
    slack.say("no idea, ask the tutor", user="U0CARL", thread=ts)
    slack.say(f"<@{BOT}> what does this mean?", thread=ts)
    assert "does not require grad" in slack.text(slack.reply(ts))


def test_command_shows_its_question_and_is_answered_below_it(slack: FakeSlack) -> None:
    status, said = slack.command("why do my gradients keep growing every step? <!channel>")
    assert (status, said) == (200, "")
    parent = slack.wait_for(
        lambda: [m for m in slack.channels["C0GENERAL"].values() if "thread_ts" not in m and m.get("bot_id")]
    )[-1]
    assert "keep growing" in slack.text(parent)
    assert "zero_grad" in slack.text(slack.reply(parent["ts"]))


def test_command_without_a_question_tells_how_to_ask(slack: FakeSlack) -> None:
    status, said = slack.command("  ")
    assert status == 200
    assert "/ask" in said


def test_command_where_the_tutor_may_not_post_is_answered_in_private(slack: FakeSlack) -> None:
    slack.absent.add("G0SECRET")
    slack.ephemeral.clear()
    slack.command("why do my gradients keep growing every step?", channel="G0SECRET")
    (reply,) = slack.wait_for(lambda: slack.ephemeral, what="the reply in private")
    slack.absent.clear()
    assert reply["response_type"] == "ephemeral"
    assert "zero_grad" in slack.text(reply)


def test_shortcut_explains_the_error_in_a_message(slack: FakeSlack) -> None:
    ts = slack.say(f"```{TRACEBACK}```", user="U0BERT")
    assert slack.shortcut("C0GENERAL", ts)[0] == 200
    assert "does not require grad" in slack.text(slack.reply(ts))


def test_channel_that_is_not_listed_gets_a_word_that_only_the_asker_sees(slack: FakeSlack) -> None:
    slack.ephemeral.clear()
    ts = slack.say(QUESTION, channel="C0RANDOM", copies=2)
    (said,) = slack.wait_for(lambda: slack.ephemeral)
    slack.quiet()
    assert "direct message" in said["text"]
    assert said["user"] == "U0ANNA"
    assert slack.replies(ts, "C0RANDOM") == []
    assert len(slack.ephemeral) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"type": "assistant_thread_started", "assistant_thread": {"channel_id": "D0ANNA", "thread_ts": "1.1"}},
        {"type": "app_home_opened", "tab": "messages", "channel": "D0ANNA", "user": "U0ANNA"},
    ],
    ids=["assistant_view", "agent_view"],
)
def test_agent_panel_proposes_questions(slack: FakeSlack, event: dict[str, Any]) -> None:
    slack.channels.setdefault("D0ANNA", {})
    slack.prompts.clear()
    slack.deliver([slack.envelope(event)])
    (proposed,) = slack.wait_for(lambda: slack.prompts)
    assert len(proposed["prompts"]) == 3
    assert proposed.get("thread_ts") == event.get("assistant_thread", {}).get("thread_ts")


def test_request_that_slack_did_not_sign_is_refused(slack: FakeSlack) -> None:
    body = {"type": "event_callback", "event": {"type": "app_mention"}}
    unsigned = httpx.post(str(slack.events_url), json=body, timeout=60)
    old = {"X-Slack-Request-Timestamp": "1600000000", "X-Slack-Signature": "v0=" + "0" * 64}
    assert unsigned.status_code == 401
    assert httpx.post(str(slack.events_url), json=body, headers=old, timeout=60).status_code == 401


@pytest.mark.parametrize(("secret", "state"), [(fake_slack.SECRET, "done"), ("another", "missing")])
def test_check_asks_the_running_service_as_slack_does(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, secret: str, state: str
) -> None:
    monkeypatch.setenv("SLACK_SIGNING_SECRET", secret)
    monkeypatch.setenv("TUTOR_PUBLIC_URL", str(slack.events_url).removesuffix("/slack/events"))
    steps = [step for step in asyncio.run(check(Settings())) if step.what.startswith(str(slack.events_url))]
    assert [step.state for step in steps] == [state]


def test_edited_question_is_answered_by_editing_the_reply(slack: FakeSlack, answered: str, home: Path) -> None:
    (reply,) = slack.replies(answered)
    slack.edit("C0GENERAL", answered, f"<@{BOT}> how do I save a model?")
    slack.wait_for(lambda: "state_dict" in slack.text(slack.replies(answered)[0]), what="the edited reply")
    slack.quiet()
    assert [m["ts"] for m in slack.replies(answered)] == [reply["ts"]]
    claim = "select m.question from slack_claims c join messages m on m.id = c.message_id where c.ts = ?"
    assert stored(home, claim, answered) == [("how do I save a model?",)]


def test_edit_after_a_minute_changes_nothing(slack: FakeSlack, answered: str) -> None:
    before = slack.text(slack.replies(answered)[0])
    slack.edit("C0GENERAL", answered, f"<@{BOT}> how do I save a model?", after=70)
    slack.quiet(2)
    assert slack.text(slack.replies(answered)[0]) == before


def test_deleted_question_is_forgotten(slack: FakeSlack, answered: str, home: Path) -> None:
    ((message_id,),) = stored(home, "select message_id from slack_claims where ts = ?", answered)
    slack.delete("C0GENERAL", answered)
    slack.wait_for(lambda: not stored(home, "select 1 from messages where id = ?", message_id))


def test_run_button_runs_the_code_and_shows_progress_verdict_and_output(slack: FakeSlack) -> None:
    ts = slack.say(f"<@{BOT}> show me how to save a model")
    slack.press("C0GENERAL", slack.reply(ts)["ts"], "▶ Run")
    ran = slack.reply(ts, count=2)
    assert {block["type"] for block in ran["blocks"]} >= {"task_card", "context"}
    assert "✔ the code: passed" in slack.text(ran)


def test_offered_question_is_shown_and_answered_once(slack: FakeSlack, answered: str) -> None:
    message = slack.reply(answered)["ts"]
    slack.ephemeral.clear()
    slack.press("C0GENERAL", message, "Explain more")
    reply = slack.text(slack.reply(answered, count=2))
    assert reply.startswith("How does that work underneath?")
    slack.press("C0GENERAL", message, "Explain more")
    slack.wait_for(lambda: slack.ephemeral)
    slack.quiet()
    assert "already" in slack.ephemeral[0]["text"]
    assert len(slack.replies(answered)) == 2


@pytest.mark.parametrize(("label", "helpful"), [("Helpful", 1), ("Not helpful", 0)])
def test_thumbs_are_stored_as_feedback(slack: FakeSlack, answered: str, home: Path, label: str, helpful: int) -> None:
    slack.press("C0GENERAL", slack.reply(answered)["ts"], label)
    given = "select f.helpful from slack_claims c join feedback f on f.message_id = c.message_id where c.ts = ?"
    assert slack.wait_for(lambda: stored(home, given, answered)) == [(helpful,)]


def test_buttons_of_a_deleted_conversation_say_why_they_do_nothing(slack: FakeSlack, home: Path) -> None:
    ts = slack.say(f"<@{BOT}> show me how to save a model")
    message = slack.reply(ts)["ts"]
    ((message_id,),) = stored(home, "select message_id from slack_claims where ts = ?", ts)
    slack.ephemeral.clear()
    slack.press("C0GENERAL", message, "Delete this conversation")
    slack.wait_for(lambda: slack.ephemeral)
    assert stored(home, "select 1 from messages where id = ?", message_id) == []
    for label in ("▶ Run", "Helpful"):
        slack.press("C0GENERAL", message, label)
    slack.wait_for(lambda: len(slack.ephemeral) == 3)
    assert all("no longer stored" in said["text"] for said in slack.ephemeral[1:])


def test_pasted_program_is_run_on_request(slack: FakeSlack) -> None:
    ts = slack.say(f"<@{BOT}> run this ```import torch\nprint(torch.arange(3) &lt; 2)```")
    assert "tensor([ True,  True, False])" in slack.text(slack.reply(ts))


def test_nothing_that_somebody_writes_calls_anybody(slack: FakeSlack) -> None:
    hostile = "&lt;!channel&gt; @here &lt;@U0BERT&gt; &lt;https://evil.example|torch&gt;\u202e"
    program = f"import torch\nprint('{hostile}')\nraise ValueError('{hostile}')"
    ts = slack.say(f"<@{BOT}> why does this fail {hostile} ```{program}```")
    reply = slack.reply(ts)
    assert loud(reply["blocks"]) == []
    assert "U0ANNA" not in json.dumps(reply["blocks"])
    assert "\u202e" not in json.dumps(reply["blocks"], ensure_ascii=False)
    assert reply["bot_id"] == BOT_ID


def test_workspace_that_removes_the_app_leaves_nothing(slack: FakeSlack, home: Path) -> None:
    slack.deliver([slack.envelope({"type": "app_uninstalled"})])
    slack.wait_for(lambda: not stored(home, "select 1 from conversations where owner like 'slack:%'"))
    slack.wait_for(lambda: not stored(home, "select 1 from slack_claims"))
