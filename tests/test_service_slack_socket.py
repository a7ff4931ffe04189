"""``torchtutor slack`` over a WebSocket that drops, and ``torchtutor slack check``; real processes, a fake Slack."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fake_slack
import pytest
from fake_slack import BOT, FakeSlack

pytestmark = pytest.mark.integration

QUESTION = f"<@{BOT}> why do my gradients keep growing every step?"


def environment(fake: FakeSlack, home: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "TUTOR_HOME": str(home),
        "SLACK_BOT_TOKEN": fake_slack.TOKEN,
        "SLACK_APP_TOKEN": fake_slack.APP_TOKEN,
        "SLACK_API_URL": fake.api_url,
        **more,
    }


@pytest.fixture(scope="module")
def slack(state_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeSlack]:
    fake = FakeSlack()
    log = tmp_path_factory.mktemp("slack") / "slack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "slack"],
            env=environment(fake, state_folder),
            stdout=output,
            stderr=output,
        )
    fake.wait_for(lambda: fake.sockets, 300, "the socket")
    yield fake
    process.terminate()
    assert process.wait(60) == 0, log.read_text()
    fake.close()


def check(fake: FakeSlack, home: Path, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "service", "slack", "check"],
        env=environment(fake, home, **more),
        capture_output=True,
        text=True,
        timeout=200,
    )
    return done.returncode, done.stdout + done.stderr


def test_mention_over_the_socket_is_acknowledged_and_answered_once(slack: FakeSlack) -> None:
    ts = slack.say(QUESTION, copies=2)
    assert "zero_grad" in slack.text(slack.reply(ts))
    slack.wait_for(lambda: not slack.open_envelopes, what="the acknowledgements")
    slack.quiet()
    assert len(slack.replies(ts)) == 1


def test_socket_that_drops_is_made_anew_and_nothing_is_lost_or_said_twice(slack: FakeSlack) -> None:
    asked = []
    for _ in range(3):
        asked.append(slack.say(QUESTION, wait=False))
        slack.drop_sockets()
    slack.wait_for(lambda: slack.sockets, 90, "a new socket")
    for ts in asked:
        slack.reply(ts, seconds=90)
    slack.quiet(2)
    assert [len(slack.replies(ts)) for ts in asked] == [1, 1, 1]


def test_button_and_command_work_over_the_socket(slack: FakeSlack) -> None:
    slack.command("how do I save a model?")
    parent = slack.wait_for(
        lambda: [m for m in slack.channels["C0GENERAL"].values() if m.get("bot_id") and "thread_ts" not in m]
    )
    reply = slack.reply(parent[-1]["ts"])
    slack.press("C0GENERAL", reply["ts"], "▶ Run")
    assert "passed" in slack.text(slack.reply(parent[-1]["ts"], count=2))


def test_check_passes_where_nothing_is_missing(slack: FakeSlack, tmp_path: Path) -> None:
    status, said = check(slack, tmp_path)
    assert status == 0
    assert "Slack knows the tutor as 'torchtutor' in 'Fake'" in said
    assert "Socket Mode works" in said


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-old"}, "Slack does not take SLACK_BOT_TOKEN: invalid_auth"),
        ({"SLACK_APP_TOKEN": "xapp-old"}, "Slack does not take SLACK_APP_TOKEN: invalid_auth"),
        ({"SLACK_APP_TOKEN": ""}, "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set"),
    ],
)
def test_check_tells_what_is_missing_first(
    slack: FakeSlack, tmp_path: Path, lacking: dict[str, str], told: str
) -> None:
    status, said = check(slack, tmp_path, **lacking)
    assert status == 1
    assert next(line for line in said.splitlines() if line.startswith("✘")) == f"✘ {told}"


def test_check_names_the_scopes_that_are_missing(slack: FakeSlack, tmp_path: Path) -> None:
    slack.scopes -= {"commands", "im:history"}
    status, said = check(slack, tmp_path)
    slack.scopes |= {"commands", "im:history"}
    assert status == 1
    assert "✘ the app lacks commands, im:history" in said


def test_check_asks_the_running_service_under_its_address(
    slack: FakeSlack, state_folder: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    tokens = {"SLACK_BOT_TOKEN": fake_slack.TOKEN, "SLACK_SIGNING_SECRET": "one"}
    server = start_server(state_folder, SLACK_API_URL=slack.api_url, **tokens)
    same = check(slack, tmp_path, TUTOR_PUBLIC_URL=server.url, SLACK_SIGNING_SECRET="one")
    other = check(slack, tmp_path, TUTOR_PUBLIC_URL=server.url, SLACK_SIGNING_SECRET="two")
    assert f"✔ {server.url}/slack/events answers" in same[1]
    assert "does not take the signature" in other[1]
