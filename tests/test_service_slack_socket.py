"""``torchtutor slack`` over a WebSocket that drops: a real process, a fake Slack."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fake_slack
import pytest
from fake_slack import BOT, FakeSlack

pytestmark = pytest.mark.integration

QUESTION = f"<@{BOT}> why do my gradients keep growing every step?"


def environment(fake: FakeSlack, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TUTOR_HOME": str(home),
        "SLACK_BOT_TOKEN": fake_slack.TOKEN,
        "SLACK_APP_TOKEN": fake_slack.APP_TOKEN,
        "SLACK_API_URL": fake.api_url,
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
    fake.reply(fake.say(QUESTION), seconds=300)
    yield fake
    process.terminate()
    assert process.wait(60) == 0, log.read_text()
    fake.close()


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


def test_token_that_slack_does_not_take_ends_it_and_is_told(slack: FakeSlack, state_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service", "slack"],
        env=environment(slack, state_folder) | {"SLACK_APP_TOKEN": "xapp-another"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 1
    assert "Slack does not take SLACK_APP_TOKEN: invalid_auth" in done.stderr
    assert "Traceback" not in done.stderr
    assert "answers in Slack" not in done.stdout + done.stderr


def test_check_in_the_terminal_passes_where_nothing_is_missing(slack: FakeSlack, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service", "slack", "check"],
        env=environment(slack, tmp_path),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert "✔ Slack knows the tutor as 'torchtutor' in 'Fake'" in done.stdout
    assert "✔ Socket Mode works" in done.stdout
