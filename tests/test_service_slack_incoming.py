"""What Slack delivers: which of it is said to the tutor."""

from typing import Any

import pytest

from service.channels.slack import context, incoming
from service.channels.slack.inbox import addressed
from service.channels.slack.incoming import Changed, Incoming
from service.channels.slack.running import wanted_code
from service.memory.claims import Place, Thread

BOT = "U0BOT"
GOES_ON = Thread("conversation", "U0ANNA", aside=False)


def body(**event: Any) -> dict[str, Any]:
    message = {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "ts": "10.1",
        "user": "U0ANNA",
        "text": "hi",
    }
    return {"team_id": "T1", "authorizations": [{"user_id": BOT}], "event": {**message, **event}}


def message(question: str = "why?", **more: Any) -> Incoming:
    return Incoming(
        **{"place": Place("T1", "C1", "11.1"), "thread": "10.1", "user": "U0ANNA", "question": question, **more}
    )


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B1"},
        {"user": BOT},
        {"user": "USLACKBOT"},
        {"subtype": "channel_join"},
        {"subtype": "bot_message"},
        {"type": "reaction_added"},
        {"ts": ""},
        {"subtype": "message_changed", "message": {}},
    ],
)
def test_what_no_person_says_is_left_alone(event: dict[str, Any]) -> None:
    assert incoming.event(body(**event)) is None


@pytest.mark.parametrize("event", [{}, {"event": None}, {"team_id": "T1", "event": {"type": "message"}}])
def test_broken_event_is_left_alone(event: dict[str, Any]) -> None:
    assert incoming.event(event) is None


def test_both_events_of_a_mention_are_the_same_message() -> None:
    text = f"<@{BOT}> why?"
    one, other = incoming.event(body(text=text)), incoming.event(body(text=text, type="app_mention", channel_type=None))
    assert isinstance(one, Incoming)
    assert isinstance(other, Incoming)
    assert one.place == other.place
    assert one.mentioned
    assert other.mentioned


def test_edit_that_changes_no_word_is_left_alone() -> None:
    same = {"user": "U0ANNA", "ts": "10.1", "text": "hi", "edited": {"ts": "12.0"}}
    event = {"subtype": "message_changed", "message": same, "previous_message": {"text": "hi"}}
    assert incoming.event(body(**event)) is None
    event["previous_message"] = {"text": "ho"}
    assert isinstance(incoming.event(body(**event)), Changed)


@pytest.mark.parametrize(
    ("said", "thread", "what"),
    [
        (message(direct=True, thread="11.1"), None, "answer"),
        (message(mentioned=True), None, "answer"),
        (message(thread="11.1"), None, "ignore"),
        (message(), None, "ignore"),
        (message(), GOES_ON, "answer"),
        (message("show me the code"), GOES_ON, "answer"),
        (message(others=True), GOES_ON, "aside"),
        (message(others=True, mentioned=True), GOES_ON, "answer"),
        (message("thanks!"), GOES_ON, "ignore"),
        (message("I think it is our bug", user="U0BERT"), GOES_ON, "aside"),
        (message("and on the GPU?", user="U0BERT"), GOES_ON, "answer"),
        (message("why?"), Thread("conversation", "U0ANNA", aside=True), "ignore"),
    ],
)
def test_who_is_spoken_to(said: Incoming, thread: Thread | None, what: str) -> None:
    assert addressed(said, thread) == what


@pytest.mark.parametrize(
    ("question", "points"),
    [
        ("", True),
        ("help?", True),
        ("what does this mean?", True),
        ("can you explain the error above", True),
        ("how do I save the weights of a model to disk?", False),
        ("RuntimeError: Found dtype Double but expected Float", False),
    ],
)
def test_question_that_points_into_its_thread_is_known(question: str, points: bool) -> None:
    assert context.points(question) is points


def test_mention_in_mid_thread_is_about_the_newest_error_else_the_first_message() -> None:
    said = [
        {"text": "my loss is nan"},
        {"text": "ValueError: bad shape"},
        {"text": "no idea"},
        {"text": "x", "bot_id": "B1"},
    ]
    assert context.pointed_at(said) == "ValueError: bad shape"
    assert context.pointed_at([said[0], said[2]]) == "my loss is nan"
    assert context.pointed_at([]) == ""


@pytest.mark.parametrize("words", ["run", "please run this:", "Run it", "can you run this for me?", ""])
def test_program_that_is_only_to_be_run_is_known(words: str) -> None:
    pasted = f"{words}\n```\nimport torch\nprint(torch.ones(2))\n```"
    assert bool(wanted_code(pasted)) is bool(words)


def test_program_with_a_question_is_no_mere_run() -> None:
    assert wanted_code("why does this run so slowly?\n```\nimport torch\nprint(torch.ones(2))\n```") == ""


@pytest.mark.parametrize(
    ("claimed", "ts"),
    [
        ("11.1", "11.1"),
        ("11.1:edit:12.0", "11.1"),
        ("11.1:again:13.0", "11.1"),
        ("13.0:run:14.0", ""),
        ("13.0:ask:00ff00", ""),
        ("command:1.2.abc", ""),
        ("shortcut:14.0", ""),
    ],
)
def test_only_a_message_that_holds_the_question_is_read_to_try_again(claimed: str, ts: str) -> None:
    assert incoming.question_ts(claimed) == ts


def test_command_in_a_direct_message_is_direct() -> None:
    sent = {"team_id": "T1", "trigger_id": "1.2", "user_id": "U0ANNA", "text": "why?"}
    asked = [incoming.command({**sent, "channel_id": channel}) for channel in ("D1", "C1")]
    assert [one.direct for one in asked if one] == [True, False]
