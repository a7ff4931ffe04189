"""The one file that knows slack-bolt: what Slack delivers, over HTTP or a socket, goes to the inbox and the buttons.

Each listener has its message claimed and then acknowledges; the answer comes later. No call to Slack is made before
Slack delivers something: who the tutor is in a workspace stands in the events themselves.

::

    TutorError
    └── NotConfigured    a token or secret that this way into Slack needs is not set, or Slack does not take it
"""

import logging
import re
from contextlib import suppress
from typing import Any

import aiohttp
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from starlette.requests import Request
from starlette.responses import Response

from corpus.errors import TutorError
from service.channels.slack.buttons import Buttons
from service.channels.slack.calls import client
from service.channels.slack.inbox import Inbox
from service.channels.slack.panel import Panel

COMMAND = "/ask"
SHORTCUT = "explain_error"
_ANYTHING = re.compile(".*")
WRONG_TOKEN = (
    "invalid_auth",
    "not_authed",
    "not_allowed_token_type",
    "missing_scope",
    "no_permission",
    "token_revoked",
    "token_expired",
    "account_inactive",
)


class NotConfigured(TutorError):
    """A token or secret is missing or wrong."""


class Bolt:
    """The listeners, and the two ways in which Slack reaches them."""

    def __init__(
        self, token: str, signing_secret: str, api_url: str, inbox: Inbox, buttons: Buttons, panel: Panel
    ) -> None:
        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)

        self._app = AsyncApp(
            name="torchtutor", signing_secret=signing_secret, client=client(api_url), authorize=authorize
        )
        for name in ("AsyncRequestVerification", "AsyncApp"):  # these log whole bodies and payloads
            logging.getLogger(f"slack_bolt.{name}").setLevel(logging.WARNING)
        _hear(self._app, inbox, panel)
        _listen(self._app, inbox, buttons)
        self._handler = AsyncSlackRequestHandler(self._app)

    async def http(self, request: Request) -> Response:
        """Answer a request of Slack's; one that is not signed by Slack is 401."""
        return await self._handler.handle(request)

    def socket(self, app_token: str) -> AsyncSocketModeHandler:
        """A connection that delivers the same without an address that Slack can reach; in the event loop."""
        return AsyncSocketModeHandler(self._app, app_token)


def _hear(app: AsyncApp, inbox: Inbox, panel: Panel) -> None:
    """Events: what is said is claimed before any listener, so that the acknowledgement can wait for it."""

    @app.use
    async def claimed(body: dict[str, Any], next: Any) -> None:  # noqa: A002 - bolt's own name
        if isinstance(body.get("event"), dict):
            await inbox.event(body)
        await next()

    @app.event("assistant_thread_started")
    async def started(event: dict[str, Any]) -> None:
        thread = event.get("assistant_thread") or {}
        await panel.prompts(str(thread.get("channel_id")), str(thread.get("thread_ts")))

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any]) -> None:
        if event.get("tab") == "messages":
            await panel.prompts(str(event.get("channel")))

    @app.event("app_uninstalled")
    async def uninstalled(body: dict[str, Any]) -> None:
        await panel.forget(str(body.get("team_id")))

    @app.event(_ANYTHING)
    async def anything() -> None:
        """Claimed already, or not for us."""


def _listen(app: AsyncApp, inbox: Inbox, buttons: Buttons) -> None:
    """What wants an acknowledgement of its own."""

    @app.command(COMMAND)
    async def ask(ack: AsyncAck, body: dict[str, Any]) -> None:
        wrong = await inbox.command(body)
        await (ack(wrong) if wrong else ack())

    @app.shortcut(SHORTCUT)
    async def explain(ack: AsyncAck, body: dict[str, Any]) -> None:
        await inbox.shortcut(body)
        await ack()

    @app.action(_ANYTHING)
    async def press(ack: AsyncAck, body: dict[str, Any]) -> None:
        await buttons.press(body)
        await ack()


async def first_address(socket: AsyncSocketModeHandler) -> None:
    """Ask Slack where to connect; who connects asks again for ever, also where the token is wrong."""
    with suppress(aiohttp.ClientError, TimeoutError, OSError):
        try:
            socket.client.wss_uri = await socket.client.issue_new_wss_url()
        except SlackApiError as error:
            reason = error.response.get("error")
            if reason in WRONG_TOKEN:
                raise NotConfigured(
                    f"Slack does not take SLACK_APP_TOKEN: {reason}; 'torchtutor slack check' tells what to do"
                ) from None
