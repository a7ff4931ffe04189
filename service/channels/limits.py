"""How often somebody may ask, or run code: by key and by address, told in the standard headers.

A key may use what the limit says, an address :data:`SHARED_ADDRESS` times as much, since a class may sit behind one.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.channels.access import Caller, address
from service.channels.problems import problem
from service.quota import Quota
from service.settings import Settings

ASKING = "120/minute"
RUNNING = "30/minute; 1000/day"
SHARED_ADDRESS = 5
OFF = "off"
COUNTED = ("/v1/", "/entries/", "/browse", "/mcp")
"""Where requests cost something."""


class RateLimits:
    """ASGI middleware that counts requests to :data:`COUNTED` and refuses what is too much."""

    def __init__(self, app: ASGIApp, asking: Quota | None, running: Quota | None) -> None:
        self._app = app
        self._asking = asking
        self._running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(COUNTED):
            await self._app(scope, receive, send)
            return
        is_run = scope["path"] == "/v1/run" and scope["method"] == "POST"
        quota = self._running if is_run else self._asking
        if quota is None:
            await self._app(scope, receive, send)
            return
        standing = quota.use(_names(scope))
        headers = standing.headers()
        if not standing.allowed:
            detail = f"too many requests: {standing.limit} in {standing.window} s; try again in {standing.reset} s"
            await problem(429, detail, headers)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class RunPermission:
    """Whether a caller may have a program run out of a chat message; a yes counts like a request to ``/v1/run``."""

    def __init__(self, running: Quota | None) -> None:
        self._running = running

    def __call__(self, scope: Scope) -> bool:
        caller: Caller = scope["state"]["caller"]
        return "run" in caller.scopes and (self._running is None or self._running.use(_names(scope)).allowed)


def quota(configured: str | None, default: str, *, keys_required: bool) -> Quota | None:
    """The quota that an operator configured; else the default one where keys are required, else none."""
    if configured is None:
        return Quota(default) if keys_required else None
    return None if configured == OFF else Quota(configured)


def quotas(settings: Settings, *, keys_required: bool) -> tuple[Quota | None, Quota | None]:
    """How often one may ask, and how often run code."""
    return (
        quota(settings.rate_limit, ASKING, keys_required=keys_required),
        quota(settings.run_quota, RUNNING, keys_required=keys_required),
    )


def _names(scope: Scope) -> list[tuple[str, int]]:
    caller: Caller = scope["state"]["caller"]
    if caller.key is None:
        return [(f"address {address(scope)}", 1)]
    return [(f"key {caller.key.id}", 1), (f"address {address(scope)}", SHARED_ADDRESS)]
