"""Gives each request an id, and tells the log and the metrics what became of it: its route, never its query."""

import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.logs import fields, request_id
from service.memory import new_id
from service.metrics import Metrics

HEADER = "X-Request-ID"
UNKNOWN = "unknown"
"""The route of a path that leads nowhere: such paths are endless, and may hold what learners wrote."""

_log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Observed:
    """ASGI middleware, the outermost. An id that the client or a proxy sends in ``X-Request-ID`` is kept."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get(HEADER, "")
        name = sent if _ID.fullmatch(sent) else new_id()
        token = request_id.set(name)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._tell(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNKNOWN)
        self._metrics.request(scope["method"], route, status, seconds)
        caller = scope.get("state", {}).get("caller")
        told = fields(
            method=scope["method"][:20],
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            key=caller.key.id if caller is not None and caller.key else None,
        )
        _log.info("request", extra=told)
