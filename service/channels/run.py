"""Code that a person sends, run in the sandbox: one JSON verdict, or its output as it comes.

::

    TutorError
    ├── CannotRun    isolation is incomplete here, so only the corpus's code is run
    └── ClientLeft   nobody waits for the verdict any more
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from fastapi.sse import format_sse_event
from pydantic import TypeAdapter

from corpus.errors import TutorError
from service.api.run import BothVerdicts, OutputEvent, RunFailed, RunRequest, VerdictEvent
from service.channels.event_stream import EventStream, event_stream
from service.channels.problems import RESPONSES
from service.outputs import agree
from service.sandbox import Limits, Program, Sandbox, Verdict
from service.sandbox.following import Output, follow
from service.settings import Settings

LOOK_SECONDS = 0.25

_VERDICT = TypeAdapter(Verdict)
_EVENTS: dict[str, Any] = {
    "description": "One verdict; both and whether they agree; or the events `output`… and `verdict`.",
    "content": event_stream("RunEvent", "output", "verdict", "error"),
}


class CannotRun(TutorError):
    """Strangers' code is not run on this machine."""


class ClientLeft(TutorError):
    """There is nobody to answer."""


def router(sandbox: Sandbox, settings: Settings) -> APIRouter:
    """The route ``/v1/run``."""
    routes = APIRouter(prefix="/v1/run", tags=["run"], responses=RESPONSES)

    @routes.post("", response_model=Verdict | BothVerdicts, responses={200: _EVENTS})
    async def run(request: Request, asked: RunRequest) -> Response:
        """Run a program in the sandbox and tell what happened; a client that leaves ends the run."""
        limits = _limits(asked, settings)
        if not sandbox.runs_strangers_code:
            raise CannotRun(f"only the lessons' code is run here: {sandbox.isolation.missing}")
        sandbox.ensure_room(limits)
        devices: list[Any] = ["cpu", "cuda"] if asked.device == "both" else [asked.device]
        programs = [Program(asked.code, asked.stdin, device) for device in devices]
        if asked.stream:
            return EventStream(_stream(sandbox, programs, limits))
        verdicts = [await _unless_left(request, sandbox, program, limits) for program in programs]
        if asked.device == "both":
            found = BothVerdicts(cpu=verdicts[0], cuda=verdicts[1], agree=agree(*verdicts))
            return JSONResponse(found.model_dump(mode="json"))
        return JSONResponse(_VERDICT.dump_python(verdicts[0], mode="json"))

    return routes


def _limits(asked: RunRequest, settings: Settings) -> Limits:
    most = settings.run_seconds_max
    if asked.timeout_s is not None and asked.timeout_s > most:
        raise TimeoutTooLong(f"timeout_s: {asked.timeout_s:g} s is too long; {most:g} s are the most")
    seconds = min(asked.timeout_s or settings.run_seconds, most)
    return replace(Limits(), seconds=seconds, memory_mb=settings.run_memory_mb)


class TimeoutTooLong(TutorError):
    """The time asked for is over the ceiling."""


async def _unless_left(request: Request, sandbox: Sandbox, program: Program, limits: Limits) -> Verdict:
    """The verdict; the run ends early where the client leaves."""
    running = asyncio.create_task(_verdict(sandbox, program, limits))
    while not (await asyncio.wait([running], timeout=LOOK_SECONDS))[0]:
        if await request.is_disconnected():
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            raise ClientLeft("the client left before its program had ended")
    return await running


async def _verdict(sandbox: Sandbox, program: Program, limits: Limits) -> Verdict:
    items = follow(sandbox, program, limits)
    try:
        async for item in items:
            if isinstance(item, Verdict):
                return item
    finally:
        await items.aclose()  # type: ignore[attr-defined]
    raise AssertionError("a run ends with its verdict")


async def _stream(sandbox: Sandbox, programs: list[Program], limits: Limits) -> AsyncIterator[bytes]:
    for program in programs:
        items = follow(sandbox, program, limits)
        try:
            async for item in items:
                if isinstance(item, Output):
                    yield _encode(OutputEvent(device=program.device, **asdict(item)))
                else:
                    yield _encode(VerdictEvent(device=program.device, verdict=item))
        except TutorError as error:
            yield _encode(RunFailed(detail=str(error)))
        finally:
            await items.aclose()  # type: ignore[attr-defined]


def _encode(event: OutputEvent | VerdictEvent | RunFailed) -> bytes:
    return format_sse_event(data_str=event.model_dump_json(), event=event.event)
