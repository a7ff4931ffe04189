"""What is missing before the tutor can answer in Slack, in the order in which one mends it."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
import yaml
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from service.channels.guard import LOOPBACK
from service.channels.slack.calls import client
from service.sandbox import isolation
from service.settings import Settings

MANIFEST = Path(__file__).parents[1] / "slack_manifest.yaml"
SECONDS = 15
NEW_APP = "make the app: https://api.slack.com/apps, 'Create New App', 'From a manifest'; paste slack_manifest.yaml"
BY_HAND = (
    "Whether events, the command /ask, the shortcut and the buttons are switched on cannot be seen from here: "
    "an app made from slack_manifest.yaml has them. Then invite it into a channel and mention it."
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must be so; ``mend`` says how to get there."""

    state: Literal["done", "missing", "unknown"]
    what: str
    mend: str = ""


async def check(settings: Settings) -> list[Step]:
    """Every step; a step that rests on a missing one is not tried."""
    return [step async for step in _steps(settings)]


def scopes() -> list[str]:
    """What the manifest asks a workspace for."""
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return list(manifest["oauth_config"]["scopes"]["bot"])


async def _steps(settings: Settings) -> AsyncIterator[Step]:
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    if not token.startswith("xoxb-"):
        what = "SLACK_BOT_TOKEN is no bot token" if token else "SLACK_BOT_TOKEN is not set"
        yield Step("missing", what, f"{NEW_APP}; 'Install App'; copy the 'Bot User OAuth Token' (xoxb-…)")
        yield Step("unknown", "whether Slack takes the token, and which scopes it has")
    else:
        async for step in _workspace(settings, token):
            yield step
    way = settings.slack_signing_secret or settings.slack_app_token
    if not way:
        yield Step(
            "missing",
            "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set",
            "for 'torchtutor slack', which needs no public address: 'Basic Information', 'App-Level Tokens', one with "
            "connections:write (xapp-…) in SLACK_APP_TOKEN; for 'torchtutor serve': the 'Signing Secret' from there",
        )
    if settings.slack_app_token:
        yield await _socket(settings)
    if settings.slack_signing_secret:
        yield await _address(settings, settings.slack_signing_secret.get_secret_value())
    found = isolation()
    if found.complete:
        yield Step("done", "people's code can be run here, isolated")
    else:
        yield Step("unknown", f"only the lessons' own code will be run: {found.missing}")
    yield Step("unknown", BY_HAND)


async def _workspace(settings: Settings, token: str) -> AsyncIterator[Step]:
    try:
        found = await client(settings.slack_api_url, token).auth_test()
    except SlackApiError as error:
        reason = error.response.get("error")
        mend = "copy the 'Bot User OAuth Token' anew from 'OAuth & Permissions'; install the app if it is not there"
        yield Step("missing", f"Slack does not take SLACK_BOT_TOKEN: {reason}", mend)
        return
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        yield Step("missing", f"Slack cannot be reached at {settings.slack_api_url}: {error}", "look at the network")
        return
    yield Step("done", f"Slack knows the tutor as '{found['user']}' in '{found['team']}'")
    granted = {name.strip() for name in str(found.headers.get("x-oauth-scopes", "")).split(",")}
    lacking = [scope for scope in scopes() if scope not in granted]
    if lacking:
        mend = "add them under 'OAuth & Permissions', 'Bot Token Scopes', and install the app again"
        yield Step("missing", f"the app lacks {', '.join(lacking)}", mend)
    else:
        yield Step("done", f"the app has its scopes: {', '.join(scopes())}")


async def _socket(settings: Settings) -> Step:
    assert settings.slack_app_token is not None
    try:
        await client(settings.slack_api_url).apps_connections_open(
            app_token=settings.slack_app_token.get_secret_value()
        )
    except SlackApiError as error:
        mend = "switch Socket Mode on, and give the token (xapp-…) the scope connections:write"
        return Step("missing", f"Slack does not take SLACK_APP_TOKEN: {error.response.get('error')}", mend)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Step("missing", f"Slack cannot be reached at {settings.slack_api_url}: {error}", "look at the network")
    return Step("done", "Socket Mode works: start 'torchtutor slack'")


async def _address(settings: Settings, secret: str) -> Step:
    """Whether the running service answers under its public address as Slack will ask it."""
    if settings.public_url is None:
        mend = "set TUTOR_PUBLIC_URL to the https address under which Slack reaches 'torchtutor serve'"
        return Step("unknown", "whether Slack can reach /slack/events: TUTOR_PUBLIC_URL is not set", mend)
    url = f"{settings.public_url.rstrip('/')}/slack/events"
    host = urlsplit(url).hostname
    if host not in (*LOOPBACK, settings.host, *settings.allowed_hosts):
        return Step(
            "missing",
            f"the service does not answer to the name '{host}'",
            f"add it to TUTOR_ALLOWED_HOSTS: '[\"{host}\"]'",
        )
    body, now = '{"type": "url_verification", "challenge": "torchtutor"}', str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=now, body=body) or ""
    headers = {"Content-Type": "application/json", "X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session,
            session.post(url, data=body, headers=headers) as response,
        ):
            status, said = response.status, await response.text()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Step(
            "missing", f"nothing answers at {url}: {error}", "start 'torchtutor serve', and lead the address to it"
        )
    if status == 401:
        return Step(
            "missing", f"{url} does not take the signature", "start the service anew with the same SLACK_SIGNING_SECRET"
        )
    if status != 200 or "torchtutor" not in said:
        return Step(
            "missing", f"{url} answers {status}", "lead the address to 'torchtutor serve', started with both variables"
        )
    return Step("done", f"{url} answers; it is what the app's three request URLs must be")
