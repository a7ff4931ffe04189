"""Every response begins within a known time."""

import asyncio
import time

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from service.channels import timeouts
from service.channels.timeouts import Timeouts


async def slow(_: Request) -> PlainTextResponse:
    await asyncio.sleep(30)
    return PlainTextResponse("late")


def blocking(_: Request) -> PlainTextResponse:
    time.sleep(8)
    return PlainTextResponse("late")


async def quick(_: Request) -> PlainTextResponse:
    return PlainTextResponse("quick")


async def broken(_: Request) -> PlainTextResponse:
    raise ValueError("broken")


async def stream(_: Request) -> StreamingResponse:
    async def pieces():  # type: ignore[no-untyped-def]
        for _ in range(4):
            yield b"piece "
            await asyncio.sleep(0.4)

    return StreamingResponse(pieces())


async def endless(_: Request) -> StreamingResponse:
    async def pieces():  # type: ignore[no-untyped-def]
        while True:
            yield b"piece "
            await asyncio.sleep(0.05)

    return StreamingResponse(pieces())


@pytest.fixture
def client() -> TestClient:
    routes = [Route(f"/{handler.__name__}", handler) for handler in (slow, blocking, quick, broken, stream, endless)]
    return TestClient(
        Starlette(routes=routes, middleware=[Middleware(Timeouts, seconds=1)]), raise_server_exceptions=False
    )


@pytest.mark.parametrize("path", ["/slow", "/blocking"])
def test_response_that_does_not_begin_in_time_is_told(client: TestClient, path: str) -> None:
    started = time.monotonic()
    told = client.get(path)
    assert (told.status_code, told.json()["status"]) == (504, 504)
    assert "within 1 s" in told.json()["detail"]
    assert time.monotonic() - started < 7


def test_quick_response_error_and_stream_are_left_alone(client: TestClient) -> None:
    assert client.get("/quick").text == "quick"
    assert client.get("/broken").status_code == 500
    assert client.get("/stream").text == "piece " * 4  # takes longer than a response may take to begin


def test_stream_ends_at_last(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "STREAM_SECONDS", 0.3)
    assert set(client.get("/endless").text.split()) == {"piece"}
