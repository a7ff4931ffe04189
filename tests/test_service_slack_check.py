"""``torchtutor slack check``: what is missing, in the order in which one mends it."""

import asyncio
from collections.abc import Iterator

import fake_slack
import pytest
import yaml
from fake_slack import FakeSlack
from fakes import FakeSandbox

from service.channels.slack.app import COMMAND, SHORTCUT
from service.channels.slack.check import MANIFEST, Step, check, scopes
from service.settings import Settings


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    fake = FakeSlack()
    yield fake
    fake.close()


@pytest.fixture
def environment(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("service.channels.slack.check.isolation", lambda: FakeSandbox.isolation)
    monkeypatch.setenv("SLACK_BOT_TOKEN", fake_slack.TOKEN)
    monkeypatch.setenv("SLACK_APP_TOKEN", fake_slack.APP_TOKEN)
    monkeypatch.setenv("SLACK_API_URL", slack.api_url)
    return monkeypatch


def missing() -> list[Step]:
    return [step for step in asyncio.run(check(Settings())) if step.state == "missing"]


def test_nothing_is_missing_where_all_is_there(environment: pytest.MonkeyPatch) -> None:
    assert missing() == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN is not set"),
        ("SLACK_BOT_TOKEN", "xoxp-person", "SLACK_BOT_TOKEN is no bot token"),
        ("SLACK_BOT_TOKEN", "xoxb-old", "Slack does not take SLACK_BOT_TOKEN: invalid_auth"),
        ("SLACK_APP_TOKEN", "xapp-old", "Slack does not take SLACK_APP_TOKEN: invalid_auth"),
        ("SLACK_APP_TOKEN", "", "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set"),
    ],
)
def test_what_is_missing_is_told_with_how_to_mend_it(
    environment: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    environment.setenv(name, value)
    (step,) = missing()
    assert step.what == told
    assert step.mend


def test_steps_come_in_the_order_in_which_they_are_mended(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SLACK_BOT_TOKEN", "")
    environment.setenv("SLACK_APP_TOKEN", "xapp-old")
    assert ["BOT_TOKEN" in step.what for step in missing()] == [True, False]


def test_scopes_that_are_missing_are_named(environment: pytest.MonkeyPatch, slack: FakeSlack) -> None:
    slack.scopes -= {"commands", "im:history"}
    (step,) = missing()
    slack.scopes |= {"commands", "im:history"}
    assert step.what == "the app lacks commands, im:history"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://tutor.example.org", "the service does not answer to the name 'tutor.example.org'"),
        ("http://127.0.0.1:9", "nothing answers at http://127.0.0.1:9/slack/events"),
    ],
)
def test_address_that_does_not_lead_to_the_service_is_told(
    environment: pytest.MonkeyPatch, url: str, told: str
) -> None:
    environment.setenv("SLACK_SIGNING_SECRET", "secret")
    environment.setenv("TUTOR_PUBLIC_URL", url)
    (step,) = missing()
    assert step.what.startswith(told)


def test_manifest_offers_what_the_app_listens_to() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert manifest["features"]["slash_commands"][0]["command"] == COMMAND
    assert manifest["features"]["shortcuts"][0]["callback_id"] == SHORTCUT
    assert {"app_mention", "message.im", "message.channels", "message.groups", "app_home_opened"} <= set(events)


def test_manifest_asks_for_the_scopes_of_the_methods_that_are_called_and_of_the_events(slack: FakeSlack) -> None:
    assert set(scopes()) == slack.scopes
