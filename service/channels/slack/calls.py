"""Calls of Slack's Web API: limits are waited for, what cannot be is told once.

::

    TutorError
    └── Refused        Slack does not do what was asked; ``error`` is Slack's own word for why
        └── Uncertain  the connection broke: it may have been done or not
"""

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from corpus.errors import TutorError
from service.logs import fields

TIMEOUT_SECONDS = 20
PATIENCE_SECONDS = 180.0
"""How long one call may wait for Slack's limits, all waits together."""

TRIES = 4
READING = ("conversations.replies",)
CREATING = ("chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream")
"""Doing these twice would show; they are not tried again once they may have reached Slack."""

MEND = {
    "missing_scope": "add the scope that 'needed' names to the app and install it again",
    "invalid_auth": "SLACK_BOT_TOKEN is not valid; copy it anew from 'OAuth & Permissions'",
    "token_revoked": "the app was removed from the workspace; install it again and copy its token anew",
    "account_inactive": "the app was removed from the workspace; install it again and copy its token anew",
    "not_in_channel": "invite the app into the channel",
    "channel_not_found": "invite the app into the channel, if it is private",
    "is_archived": "nothing can be said in an archived channel",
}

_log = logging.getLogger(__name__)


class Refused(TutorError):
    """Slack refused; ``error`` says why in Slack's words."""

    def __init__(self, method: str, error: str) -> None:
        super().__init__(
            f"Slack does not do {method}: {error}; {MEND.get(error, 'see the documentation of the method')}"
        )
        self.error = error


class Uncertain(Refused):
    """Slack may have done it."""


def client(api_url: str, token: str | None = None) -> AsyncWebClient:
    """The Web API at ``api_url``; connects when it is first used."""
    return AsyncWebClient(token=token, base_url=api_url.rstrip("/") + "/")


class Calls:
    """The Web API behind ``client``; the connections are kept until :meth:`close`."""

    def __init__(self, client: AsyncWebClient) -> None:
        client.retry_handlers = []  # the tries are counted here
        self._client = client
        self._told: set[tuple[str, str, str]] = set()

    async def __call__(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Slack's reply to ``method``; arguments that are ``None`` are left out.

        Raises:
            Refused: Slack said no, or could not be reached.
            Uncertain: nobody knows whether it was done.
        """
        body = {name: value for name, value in arguments.items() if value is not None}
        self._open()
        waited, tries = 0.0, 0
        while True:
            try:
                # Slack takes JSON where something is written, and a form where something is read
                said = {"http_verb": "GET", "params": body} if method in READING else {"json": body}
                response = await self._client.api_call(method, **said)
            except SlackApiError as error:
                failure = _failure(error)
                if failure.broken and method in CREATING:
                    raise Uncertain(method, failure.reason) from None
                pause = failure.pause(tries)
                if pause is None or waited + pause > PATIENCE_SECONDS:
                    self._tell(method, failure.reason, body, failure.needed)
                    raise Refused(method, failure.reason) from None
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                reached = not isinstance(error, aiohttp.ClientConnectorError)
                if reached and method in CREATING:
                    raise Uncertain(method, "connection_lost") from None
                pause = 2.0**tries
                if tries + 1 >= TRIES:
                    self._tell(method, "unreachable", body)
                    raise Refused(method, "unreachable") from None
            else:
                return response.data if isinstance(response.data, dict) else {}
            tries += 1
            waited += pause
            await asyncio.sleep(pause)

    async def quietly(self, method: str, **arguments: Any) -> dict[str, Any] | None:
        """The same for what nobody misses; ``None`` where it was not done."""
        try:
            return await self(method, **arguments)
        except Refused:
            return None

    async def respond(self, url: str, **body: Any) -> None:
        """Answer a command or an interaction under the address that came with it.

        Raises:
            Refused: it has expired, after half an hour or five uses.
        """
        self._open()
        assert self._client.session is not None
        try:
            async with self._client.session.post(url, json=body) as response:
                if response.status != 200:
                    raise Refused("response_url", f"status_{response.status}")
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise Uncertain("response_url", "connection_lost") from None

    async def close(self) -> None:
        if self._client.session is not None:
            await self._client.session.close()

    def _open(self) -> None:
        """Connections belong to the event loop that uses them, so they are not made before."""
        if self._client.session is None or self._client.session.closed:
            self._client.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))

    def _tell(self, method: str, error: str, body: dict[str, Any], needed: str | None = None) -> None:
        """Log a refusal once for each method, reason and channel; nothing of what was to be said."""
        channel = str(body.get("channel") or body.get("channel_id") or "")
        if (method, error, channel) not in self._told and len(self._told) < 10_000:
            self._told.add((method, error, channel))
            told = fields(method=method, error=error, channel=channel, needed=needed, mend=MEND.get(error))
            _log.warning("Slack refused", extra=told)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What Slack said in place of doing something, or whatever stands between it and us."""

    status: int
    reason: str
    needed: str | None
    retry_after: str

    @property
    def broken(self) -> bool:
        """Whether it may have been done all the same."""
        return self.status >= 500 or self.reason in ("internal_error", "fatal_error", "service_unavailable")

    def pause(self, tries: int) -> float | None:
        """Seconds after which to try again; ``None`` where that is no use."""
        if self.status == 429 or self.reason == "ratelimited":
            seconds = float(self.retry_after) if self.retry_after.isdecimal() else 1.0
            return seconds + random.random() / 4  # noqa: S311 - spreads the tries
        return 2.0**tries if self.broken and tries + 1 < TRIES else None


def _failure(error: SlackApiError) -> _Failure:
    response = error.response  # the SDK's own, or where that could not be read, aiohttp's
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 500)
    data = getattr(response, "data", None)
    told = data if isinstance(data, dict) else {}
    reason = str(told.get("error") or f"status_{status}")
    return _Failure(status, reason, told.get("needed"), str(response.headers.get("Retry-After", "1")))
