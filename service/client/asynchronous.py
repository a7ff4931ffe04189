"""The client for programs that do other things meanwhile: as ``sync``, awaited."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from types import TracebackType
from typing import Self, TypeVar

import httpx

from service.api.conversations import ConversationHead, ConversationView
from service.api.feedback import StoredFeedback
from service.api.health import Ready
from service.api.library import EntryHead, EntryView
from service.api.run import BothVerdicts, RunEvent
from service.api.shares import SharedConversation, ShareLink
from service.client import calls
from service.client.calls import Call
from service.client.errors import ClientError, not_reached, refused
from service.client.following import Followed, broken
from service.client.frames import Frames
from service.client.patience import RETRIES, Patience
from service.client.program import FollowedProgram
from service.client.turn import FollowedTurn
from service.events import Event, MatchedEntry, Reply
from service.sandbox import Device, Verdict

T = TypeVar("T")


class AsyncClient:
    """A tutor that runs elsewhere. Close it, or use it in an ``async with``.

    Each method raises :class:`~service.client.errors.ClientError`; its subclasses say what went wrong.

    Args:
        url: its address.
        key: what it lets you in with, where it needs one.
        timeout: seconds until a response begins, or goes on.
        retries: how often a request is sent again in a row where no connection comes about or it breaks, or the
            service is busy; what would then be done twice is not sent again.
        transport: what takes the place of the network, in tests.
    """

    def __init__(
        self,
        url: str = calls.DEFAULT_URL,
        key: str | None = None,
        *,
        timeout: float = calls.TIMEOUT_SECONDS,
        retries: int = RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url
        self._http = httpx.AsyncClient(**calls.options(url, key), transport=transport)
        self._timeout = timeout
        self._retries = retries

    async def ask(
        self,
        message: str,
        *,
        conversation_id: str | None = None,
        collection: str | None = None,
        idempotency_key: str | None = None,
    ) -> Reply:
        """The whole reply to ``message``; a request sent again gets the same one."""
        body = calls.question(message, conversation_id, collection)
        return await self._send(calls.ask(body, idempotency_key or secrets.token_urlsafe(16)))

    def stream(
        self,
        message: str,
        *,
        conversation_id: str | None = None,
        collection: str | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncIterator[Event]:
        """The events of the reply as they come, over a dropped connection too; ends with ``Done`` or ``Failed``."""
        body = calls.question(message, conversation_id, collection)
        return self._follow(FollowedTurn(body, idempotency_key or secrets.token_urlsafe(16)))

    def follow(self, message_id: str, *, after: int = 0) -> AsyncIterator[Event]:
        """The events of a recent turn, those after the first ``after``."""
        return self._follow(FollowedTurn(None, message_id=message_id, after=after))

    async def cancel(self, message_id: str) -> None:
        """Stop a reply; nothing of it is kept."""
        await self._send(calls.cancel(message_id))

    async def run(
        self, code: str, *, device: Device = "auto", timeout_s: float | None = None, stdin: str = ""
    ) -> Verdict:
        """Run a program in the tutor's sandbox."""
        return await self._send(calls.run(code, device, timeout_s, stdin))

    async def run_both(self, code: str, *, timeout_s: float | None = None, stdin: str = "") -> BothVerdicts:
        """Run a program on the CPU and on CUDA."""
        return await self._send(calls.run_both(code, timeout_s, stdin))

    def run_stream(
        self, code: str, *, device: Device = "auto", timeout_s: float | None = None, stdin: str = ""
    ) -> AsyncIterator[RunEvent]:
        """What a program prints as it comes, then its verdict."""
        return self._follow(FollowedProgram(code, device, timeout_s, stdin))

    async def search(self, query: str, *, k: int = 5, collection: str | None = None) -> list[MatchedEntry]:
        """The ``k`` entries nearest to ``query``."""
        return (await self._send(calls.search(query, k, collection))).matches

    async def entries(
        self, *, topic: str | None = None, collection: str | None = None, limit: int | None = None
    ) -> list[EntryHead]:
        """The entries, by collection and number."""
        return (await self._send(calls.entries(topic, collection, limit))).entries

    async def entry(self, entry_id: str) -> EntryView:
        """One entry with everything known about it."""
        return await self._send(calls.entry(entry_id))

    async def conversations(self, query: str = "", *, limit: int = 50, offset: int = 0) -> list[ConversationHead]:
        """Your conversations that have the words of ``query``, the one with the newest message first."""
        return (await self._send(calls.conversations(limit, offset, query))).conversations

    async def conversation(self, conversation_id: str) -> ConversationView:
        """One conversation with all its messages."""
        return await self._send(calls.conversation(conversation_id))

    async def rename_conversation(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title."""
        await self._send(calls.rename_conversation(conversation_id, title))

    async def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation, for good."""
        await self._send(calls.delete_conversation(conversation_id))

    async def share(self, conversation_id: str) -> ShareLink:
        """Make a link under which everybody can read the conversation; an earlier one stops working."""
        return await self._send(calls.share(conversation_id))

    async def unshare(self, conversation_id: str) -> None:
        """Revoke the link."""
        await self._send(calls.unshare(conversation_id))

    async def shared(self, token: str) -> SharedConversation:
        """Read a conversation that somebody shared."""
        return await self._send(calls.shared(token))

    async def feedback(self, message_id: str, helpful: bool, comment: str | None = None) -> StoredFeedback:
        """Say whether a reply helped; a later word takes the place of an earlier one."""
        return await self._send(calls.feedback(message_id, helpful, comment))

    async def ready(self) -> Ready:
        """What the tutor can answer, and how code is kept in there."""
        return await self._send(calls.ready())

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(self, call: Call[T]) -> T:
        patience = Patience(self._retries, repeatable=call.repeatable)
        while True:
            try:
                with self._connected():
                    response = await self._http.request(**call.arguments(self._timeout))
                return call.result(response)
            except ClientError as error:
                await asyncio.sleep(patience.seconds(error))

    async def _follow(self, followed: Followed[T]) -> AsyncGenerator[T]:
        patience = Patience(self._retries, repeatable=followed.repeatable)
        while not followed.ended:
            try:
                async with aclosing(self._pass(followed)) as events:
                    async for event in events:
                        patience.renewed()
                        yield event
            except ClientError as error:
                await asyncio.sleep(patience.seconds(followed.lost(error)))

    async def _pass(self, followed: Followed[T]) -> AsyncGenerator[T]:
        """The events of one connection."""
        frames = Frames()
        with self._connected():
            async with self._http.stream(**followed.request().arguments(self._timeout)) as response:
                if not response.is_success:
                    await response.aread()
                    raise refused(response)
                async for received in response.aiter_bytes():
                    for frame in frames.feed(received):
                        event = followed.take(frame, self.url)
                        if event is not None:
                            yield event
        if not followed.ended:
            raise broken(self.url)

    @contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise not_reached(error, self.url) from error
