"""The OpenAI protocol: ``/v1/chat/completions`` and ``/v1/models``.

The client keeps the conversation and sends all of it; what was asked before is found again, and nothing is stored
unless ``store`` says so. There is no message to come back to, so a client that leaves ends its turn.

::

    TutorError
    ├── UnknownModel    no model has the name
    └── Refused         the request wants what the tutor cannot do
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from fastapi.sse import KEEPALIVE_COMMENT
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from corpus.errors import TutorError
from service.channels import openai_errors, openai_tasks
from service.channels.access import Asking
from service.channels.event_stream import EventStream, with_pauses
from service.channels.openai_answer import Answer
from service.channels.openai_forms import ChatCompletion, ErrorResponse, Model, ModelList
from service.channels.openai_request import MAX_MESSAGE, MODEL, CompletionRequest
from service.channels.problems import problem
from service.channels.run import ClientLeft
from service.events import Done, Event, Failed
from service.logs import fields
from service.settings import Settings
from service.turns import Asked, RunningTurn, TooLate, Turns
from service.tutor import Tutor

LOOK_SECONDS = 0.25
END = b"data: [DONE]\n\n"
STOPPING = "the service is stopping; ask again"

_log = logging.getLogger(__name__)
_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "The request is at fault; `message` says how to mend it.", "model": ErrorResponse},
    "5XX": {"description": "The service could not, or not in time; `message` says why.", "model": ErrorResponse},
}
_CHUNK = {"type": "string", "contentSchema": {"$ref": "#/components/schemas/ChatCompletionChunk"}}
_STREAM: dict[str, Any] = {
    "description": "One completion; with `stream`, its chunks as server-sent events, then `[DONE]`.",
    "content": {
        "text/event-stream": {
            "itemSchema": {"type": "object", "required": ["data"], "properties": {"data": _CHUNK}},
        }
    },
}


class UnknownModel(TutorError):
    """No model has the name."""


class Refused(TutorError):
    """The request wants what the tutor cannot do; the message begins with the parameter."""


def router(tutor: Tutor, turns: Turns, settings: Settings, may_run: Callable[[Scope], bool]) -> APIRouter:
    """The routes; ``may_run`` says whether who asks may have a program run now."""
    routes = APIRouter(prefix="/v1", tags=["openai"], responses=_RESPONSES)
    models = {MODEL: None} | {f"{MODEL}:{name}": name for name in tutor.collections}

    def collection_of(model: str) -> str | None:
        if model not in models:
            raise UnknownModel(f"no model '{model}'; there are: {', '.join(models)}")
        return models[model]

    @routes.get("/models")
    def list_models() -> ModelList:
        """The models: `torchtutor`, and one for each collection of lessons."""
        return ModelList(data=[Model(id=name, created=0) for name in models])

    @routes.get("/models/{model}")
    def get_model(model: Annotated[str, Path(description="Its id.", examples=[MODEL])]) -> Model:
        """One model."""
        collection_of(model)
        return Model(id=model, created=0)

    @routes.post("/chat/completions", response_model=ChatCompletion, responses={200: _STREAM})
    async def complete(asked: CompletionRequest, http: Request, caller: Asking) -> Response:
        """Answer the last message of a conversation, as OpenAI's API does."""
        collection = collection_of(asked.model)
        answer = Answer(asked, settings.public_url or str(http.base_url).rstrip("/"))
        task = openai_tasks.kind_of(asked.messages)
        if task is not None:
            told = await run_in_threadpool(openai_tasks.answer, task, asked.messages, tutor, collection)
            answer.content = told
            return EventStream(_said(answer)) if asked.stream else JSONResponse(answer.whole())
        question = _question(asked)
        _log.debug("question", extra=fields(question=question))
        said = openai_tasks.conversation(asked.messages[:-1])
        turn = await turns.start(
            Asked(
                question,
                collection=collection,
                owner=caller.owner,
                may_run=lambda: may_run(http.scope),
                said=said,
                kept=bool(asked.store),
                manner="\n".join(one.text for one in asked.messages if one.role in ("system", "developer")),
            )
        )
        if asked.stream:
            return EventStream(_stream(turn, answer))
        return await _reply(turn, answer, http)

    return routes


def _question(asked: CompletionRequest) -> str:
    """The last message, where it can be answered.

    Raises:
        Refused: it cannot.
    """
    if asked.forces_tools:
        raise Refused("tool_choice: the tutor calls no tools; leave it out, or send 'auto'")
    if asked.wants_json:
        raise Refused("response_format: the tutor writes Markdown; leave it out, or send {'type': 'text'}")
    question = openai_tasks.question(asked.messages[-1].text)
    if len(question) > MAX_MESSAGE:
        raise Refused(f"messages: the last one has {len(question)} characters; {MAX_MESSAGE} characters are the most")
    return question


async def _reply(turn: RunningTurn, answer: Answer, http: Request) -> Response:
    """The whole answer; the turn ends early where the client leaves."""
    waiting = asyncio.create_task(_all(turn))
    try:
        while not (await asyncio.wait([waiting], timeout=LOOK_SECONDS))[0]:
            if await http.is_disconnected():
                raise ClientLeft("the client left before its answer was finished")
    finally:
        if not waiting.done():  # nor does anybody wait for it after the time-out: clients ask anew
            waiting.cancel()
            await _abandon(turn)
    events = waiting.result()
    last = events[-1] if events else None
    if not isinstance(last, Done):
        told = f"{last.title}: {last.detail}" if isinstance(last, Failed) else STOPPING
        return problem(503, told)
    for event in events:
        answer.add(event)
    return JSONResponse(answer.whole(last.reply))


async def _all(turn: RunningTurn) -> list[Event]:
    return [event async for _, event in turn.events()]


async def _stream(turn: RunningTurn, answer: Answer) -> AsyncIterator[bytes]:
    ended = False
    try:
        yield answer.opening()
        async for numbered in with_pauses(turn.events()):
            if numbered is None:
                yield KEEPALIVE_COMMENT
                continue
            event = numbered[1]
            if isinstance(event, Failed):
                ended = True
                yield answer.failure(openai_errors.error(f"{event.title}: {event.detail}"))
                return
            text = answer.add(event)
            if text:
                yield answer.piece(text)
            if isinstance(event, Done):
                ended = True
                for chunk in answer.closing(event.reply):
                    yield chunk
        yield END if ended else answer.failure(openai_errors.error(STOPPING))
    finally:
        if not ended:
            await _abandon(turn)


async def _said(answer: Answer) -> AsyncIterator[bytes]:
    yield answer.opening()
    yield answer.piece(answer.content)
    for chunk in answer.closing(None):
        yield chunk
    yield END


async def _abandon(turn: RunningTurn) -> None:
    with anyio.CancelScope(shield=True), suppress(TooLate):
        await turn.cancel()
