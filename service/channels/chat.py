"""The chat over HTTP: one JSON reply, or the turn's events as they come."""

import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi import Request as HTTPRequest
from fastapi.responses import JSONResponse, Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.types import Scope

from service.api.chat import CancelledTurn, ChatRequest
from service.channels.access import Asking
from service.channels.event_stream import EventStream, event_stream, with_pauses
from service.channels.parameters import MessageId
from service.channels.problems import RESPONSES, problem
from service.events import Event, Failed, Reply
from service.logs import fields
from service.memory import Request
from service.turns import CANCELLED, Asked, RunningTurn, Turns

_log = logging.getLogger(__name__)


_EVENTS: dict[str, Any] = {
    "description": "Events `running` (only where a program of yours is run), `matched`, `text`…, `verified`…, "
    "`supported` (only where a language model worded the answer), `done` (or `error`); each has an id to resume by.",
    "content": event_stream("ChatEvent", "running", "matched", "text", "verified", "supported", "error", "done"),
}
_KEY: dict[str, Any] = {
    "description": "Any text of your own, a new one for each question: a request that comes again gets the same reply.",
    "examples": ["8f14e45f-ceea-467f-a0e6-1c5d2b7a9e10"],
    "min_length": 1,
    "max_length": 255,
    "pattern": r"^[\x21-\x7e]+$",
}


def router(turns: Turns, may_run: Callable[[Scope], bool]) -> APIRouter:
    """The routes under ``/v1/chat``; ``may_run`` says whether who asks may have a program run now."""
    routes = APIRouter(prefix="/v1/chat", tags=["chat"], responses=RESPONSES)

    @routes.post("", response_model=Reply, responses={200: {"content": _EVENTS["content"]}})
    async def chat(
        request: ChatRequest,
        http: HTTPRequest,
        caller: Asking,
        idempotency_key: Annotated[str | None, Header(**_KEY)] = None,
    ) -> Response:
        """Ask a question, or follow up on the last reply of a conversation.

        A request that comes again under the same `Idempotency-Key` gets the same reply again, never a second one.
        """
        _log.debug("question", extra=fields(question=request.message))
        named = None if idempotency_key is None else Request(idempotency_key, _fingerprint(request))
        asked = Asked(
            request.message,
            request.conversation_id,
            request.collection,
            caller.owner,
            named,
            lambda: may_run(http.scope),
        )
        turn = await turns.start(asked)
        if request.stream:
            return EventStream(_stream(turn))
        reply = await turn.reply()
        if isinstance(reply, Failed):
            return problem(409 if reply is CANCELLED else 503, f"{reply.title}: {reply.detail}")
        return JSONResponse(reply.model_dump(mode="json"))

    @routes.get("/{message_id}/events", response_class=EventStream, responses={200: _EVENTS})
    async def follow(
        message_id: MessageId,
        caller: Asking,
        last_event_id: Annotated[
            str | None, Header(description="The id of the last event that came; without it, all come.", examples=["3"])
        ] = None,
    ) -> Response:
        """Follow a turn, or resume a dropped stream after the event named in `Last-Event-ID`."""
        turn = turns.find(message_id, caller.owner)
        return EventStream(_stream(turn, after=_number(last_event_id)))

    @routes.post("/{message_id}/cancel")
    async def cancel(message_id: MessageId, caller: Asking) -> CancelledTurn:
        """Stop a turn: its streams end with an `error` event, code that it runs is ended, nothing of it is kept."""
        await turns.find(message_id, caller.owner).cancel()
        return CancelledTurn(message_id=message_id)

    return routes


def _fingerprint(request: ChatRequest) -> str:
    """Equal for requests that ask the same; how the reply is sent does not matter."""
    asked = [request.message, request.conversation_id, request.collection]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


async def _stream(turn: RunningTurn, after: int = 0) -> AsyncIterator[bytes]:
    """The turn's events as they go over the wire, with a comment where nothing happens for a while."""
    async for numbered in with_pauses(turn.events(after)):
        yield KEEPALIVE_COMMENT if numbered is None else _encode(*numbered)


def _encode(number: int, event: Event) -> bytes:
    return format_sse_event(data_str=event.model_dump_json(), event=event.event, id=str(number))


def _number(event_id: str | None) -> int:
    return int(event_id) if event_id is not None and re.fullmatch(r"[0-9]{1,6}", event_id) else 0
