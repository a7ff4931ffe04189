"""Requests to the service as data: what is sent, and how the answer is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from service.api.chat import CancelledTurn
from service.api.conversations import ConversationList, ConversationView
from service.api.feedback import StoredFeedback
from service.api.health import Ready
from service.api.library import EntryList, EntryView, SearchResult
from service.api.run import BothVerdicts
from service.api.shares import SharedConversation, ShareLink
from service.client.errors import BadAddress, Misunderstood, refused
from service.events import Reply
from service.sandbox import Device, Verdict

T = TypeVar("T")

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_SECONDS = 150.0
"""A response begins within 120 s, or the service says that it does not."""
CONNECT_SECONDS = 10.0
QUIET_SECONDS = 45.0
"""A stream of a turn in which nothing happens says so every 15 s."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request.

    Args:
        read: makes the result of the body of the response.
        repeatable: whether sending it twice does no more than sending it once.
        quiet: for how many seconds nothing may come, where less than the client's time-out.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    json: Mapping[str, Any] | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    quiet: float | None = None

    def arguments(self, timeout: float) -> dict[str, Any]:
        """What ``httpx`` needs to send it."""
        read = timeout if self.quiet is None else min(timeout, self.quiet)
        return {
            "method": self.method,
            "url": self.path,
            "json": self.json,
            "params": self.params,
            "headers": self.headers,
            "timeout": httpx.Timeout(timeout, read=read, connect=min(timeout, CONNECT_SECONDS)),
        }

    def result(self, response: httpx.Response) -> T:
        """What the response says.

        Raises:
            Refused: it is a problem.
            Misunderstood: it is not what this client knows.
        """
        if not response.is_success:
            raise refused(response)
        return understood(self.read, response.content, str(response.request.url))


def understood(read: Callable[[bytes], T], data: bytes, url: str) -> T:
    """``data`` as ``read`` reads it.

    Raises:
        Misunderstood: it cannot be read so.
    """
    try:
        return read(data)
    except ValidationError as error:
        what = "the answer is none of a torchtutor, or of one whose version does not go with this client's"
        raise Misunderstood(f"{url}: {what} ({error.error_count()} faults)") from error


def options(url: str, key: str | None) -> dict[str, Any]:
    """The arguments of an ``httpx`` client.

    Raises:
        BadAddress: ``url`` is no address of a web service.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadAddress(f"'{url}' is not the address of a tutor; write it like {DEFAULT_URL}")
    return {"base_url": url, "headers": {"Authorization": f"Bearer {key}"} if key else {}}


def question(message: str, conversation_id: str | None, collection: str | None) -> dict[str, str | None]:
    """The body of a question."""
    return {"message": message, "conversation_id": conversation_id, "collection": collection}


def ask(body: Mapping[str, Any], idempotency_key: str) -> Call[Reply]:
    return Call("POST", "/v1/chat", Reply.model_validate_json, body, headers={"Idempotency-Key": idempotency_key})


def cancel(message_id: str) -> Call[CancelledTurn]:
    return Call("POST", f"/v1/chat/{quoted(message_id)}/cancel", CancelledTurn.model_validate_json)


def run(code: str, device: Device, timeout_s: float | None, stdin: str) -> Call[Verdict]:
    body = {"code": code, "device": device, "timeout_s": timeout_s, "stdin": stdin}
    return Call("POST", "/v1/run", TypeAdapter(Verdict).validate_json, body, repeatable=False)


def run_both(code: str, timeout_s: float | None, stdin: str) -> Call[BothVerdicts]:
    body = {"code": code, "device": "both", "timeout_s": timeout_s, "stdin": stdin}
    return Call("POST", "/v1/run", BothVerdicts.model_validate_json, body, repeatable=False)


def search(query: str, k: int, collection: str | None) -> Call[SearchResult]:
    return Call("GET", "/v1/search", SearchResult.model_validate_json, params=_set(q=query, k=k, collection=collection))


def entries(topic: str | None, collection: str | None, limit: int | None) -> Call[EntryList]:
    params = _set(topic=topic, collection=collection, limit=limit)
    return Call("GET", "/v1/entries", EntryList.model_validate_json, params=params)


def entry(entry_id: str) -> Call[EntryView]:
    return Call("GET", f"/v1/entries/{quoted(entry_id)}", EntryView.model_validate_json)


def conversations(limit: int, offset: int, query: str) -> Call[ConversationList]:
    params = _set(limit=limit, offset=offset, q=query or None)
    return Call("GET", "/v1/conversations", ConversationList.model_validate_json, params=params)


def conversation(conversation_id: str) -> Call[ConversationView]:
    return Call("GET", f"/v1/conversations/{quoted(conversation_id)}", ConversationView.model_validate_json)


def rename_conversation(conversation_id: str, title: str) -> Call[None]:
    return Call("PATCH", f"/v1/conversations/{quoted(conversation_id)}", unread, json={"title": title})


def delete_conversation(conversation_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/conversations/{quoted(conversation_id)}", unread, repeatable=False)


def share(conversation_id: str) -> Call[ShareLink]:
    path = f"/v1/conversations/{quoted(conversation_id)}/share"
    return Call("POST", path, ShareLink.model_validate_json, repeatable=False)


def unshare(conversation_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/conversations/{quoted(conversation_id)}/share", unread)


def shared(token: str) -> Call[SharedConversation]:
    return Call("GET", f"/v1/shared/{quoted(token)}", SharedConversation.model_validate_json)


def feedback(message_id: str, helpful: bool, comment: str | None) -> Call[StoredFeedback]:
    body = {"message_id": message_id, "helpful": helpful, "comment": comment}
    return Call("POST", "/v1/feedback", StoredFeedback.model_validate_json, body)


def ready() -> Call[Ready]:
    return Call("GET", "/readyz", Ready.model_validate_json)


def quoted(name: str) -> str:
    """``name`` as one segment of a path."""
    return quote(name, safe="")


def _set(**params: str | int | None) -> dict[str, str | int]:
    return {name: value for name, value in params.items() if value is not None}


def unread(_: bytes) -> None:
    """There is nothing to read, or it is read as it comes."""
