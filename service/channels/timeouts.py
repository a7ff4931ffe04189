"""A time-out on every path: a request gets its response, or is told that there is none, within a known time."""

import asyncio
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.channels.problems import problem

STREAM_SECONDS = 1800.0
"""How long a response may take once it has begun: a stream, or a reader that is slow."""


class Timeouts:
    """ASGI middleware: the response must begin within ``seconds``, reading the request included.

    What runs in a thread cannot be stopped; it is left to end by itself, and nobody hears of it.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = asyncio.Event()
        over = False

        async def send_in_time(message: Message) -> None:
            if not over:
                begun.set()
                await send(message)

        running: asyncio.Future[Any] = asyncio.ensure_future(self._app(scope, receive, send_in_time))
        try:
            await _first(running, begun, self._seconds)
            if begun.is_set() or running.done():
                await asyncio.wait([running], timeout=STREAM_SECONDS)
            if running.done():
                running.result()
                return
            over = True
            if not begun.is_set():
                detail = f"there was no response within {self._seconds:g} s; ask again, with the same Idempotency-Key"
                await problem(504, detail)(scope, receive, send)
        finally:
            over = True
            running.cancel()


async def _first(running: "asyncio.Future[Any]", begun: asyncio.Event, seconds: float) -> None:
    """Wait until ``running`` has ended or ``begun`` is set, for at most ``seconds``."""
    waiting: asyncio.Future[Any] = asyncio.ensure_future(begun.wait())
    try:
        await asyncio.wait([running, waiting], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
