"""Both clients, used alike by tests, and a service that answers them by a script."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx

from service.client import AsyncClient, Client


class Awaited:
    """An ``AsyncClient`` whose methods are awaited for the test; what it streams comes as a list."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(*given, **named)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            made = getattr(self._client, name)(*given, **named)
            return self._runner.run(made if inspect.iscoroutine(made) else _all(made))

        return call

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


async def _all(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


KINDS: dict[str, Callable[..., Any]] = {"sync": Client, "async": Awaited}


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose connection breaks after ``data``."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data
        raise httpx.ReadError("broken")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data
        raise httpx.ReadError("broken")


class Script:
    """Answers each request with the next response, or raises it; keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(request.method, request.url.path) for request in self.requests]
