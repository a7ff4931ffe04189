"""The channel put together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, Request, Response

from service.channels.limits import ASKING, RUNNING, quota
from service.channels.slack.answering import Answering, Shared
from service.channels.slack.app import Bolt, first_address
from service.channels.slack.app import NotConfigured as NotConfigured
from service.channels.slack.buttons import Buttons
from service.channels.slack.calls import Calls, client
from service.channels.slack.desk import Desk
from service.channels.slack.inbox import Allowed, Inbox
from service.channels.slack.panel import Panel
from service.channels.slack.posting import Streams
from service.channels.slack.running import Running
from service.memory.claims import Claim
from service.settings import Settings
from service.turns import Turns
from service.wiring import Parts

PATH = "/slack/events"
FINISH_SECONDS = 10.0
SOCKET_ONLY = "none: a socket's messages are not signed"


class Slack:
    """Everything that belongs to Slack, for one process.

    Raises:
        NotConfigured: there is no token to answer with.
    """

    def __init__(self, parts: Parts, settings: Settings, turns: Turns) -> None:
        if settings.slack_bot_token is None:
            raise NotConfigured("SLACK_BOT_TOKEN is not set; copy it (xoxb-…) from 'OAuth & Permissions' of your app")
        token = settings.slack_bot_token.get_secret_value()
        secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else SOCKET_ONLY
        self._calls = Calls(client(settings.slack_api_url, token))
        shared = Shared(
            calls=self._calls,
            memory=parts.memory,
            turns=turns,
            streams=Streams(),
            # a workspace is many people: they get the limits that keys get
            asking=quota(settings.rate_limit, ASKING, keys_required=True),
            running=quota(settings.run_quota, RUNNING, keys_required=True),
            public_url=settings.public_url,
        )
        self._desk = Desk(parts.memory.claims, self._orphaned)
        self._answering = Answering(shared, self._desk)
        running = Running(parts.sandbox, settings, self._answering)
        inbox = Inbox(shared, self._desk, self._answering, running, Allowed(settings.slack_channels))
        buttons = Buttons(shared, self._desk, self._answering, running, inbox)
        self._bolt = Bolt(token, secret, settings.slack_api_url, inbox, buttons, Panel(shared, self._desk))

    async def _orphaned(self, claim: Claim) -> None:
        await self._answering.orphaned(claim)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Answers for as long as this lasts, and finishes what is begun."""
        self._desk.start()
        try:
            yield
        finally:
            await self._desk.stop(FINISH_SECONDS)
            await self._calls.close()

    def router(self) -> APIRouter:
        """The route that Slack calls; whoever calls must have signed with the secret that only Slack knows."""
        routes = APIRouter()

        @routes.post(PATH, include_in_schema=False)
        async def events(request: Request) -> Response:
            return await self._bolt.http(request)

        return routes

    async def listen(self, app_token: str, ready: Callable[[], None]) -> None:
        """Take messages from a socket until cancelled; a connection that drops is made anew.

        Raises:
            NotConfigured: Slack does not take the token.
        """
        socket = self._bolt.socket(app_token)
        async with self.working():
            try:
                await first_address(socket)
                await socket.connect_async()  # type: ignore[no-untyped-call]
                ready()
                await asyncio.Event().wait()
            finally:
                await socket.close_async()  # type: ignore[no-untyped-call]
