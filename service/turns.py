"""Turns in progress: each runs to its end in the background, and any number of streams follow it from any event on.

::

    TutorError
    └── UnknownTurn    no running or recent turn has this message id

A stream that drops can be resumed for :data:`KEEP_SECONDS` after its turn has ended. Dropping a stream does not stop
the turn.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator

from starlette.concurrency import iterate_in_threadpool

from corpus.errors import TutorError
from service.events import Done, Event, Failed, Matched, Reply
from service.tutor import Tutor

KEEP_SECONDS = 300.0
MAX_KEPT = 1000

_log = logging.getLogger(__name__)


class UnknownTurn(TutorError):
    """The turn never was, or ended too long ago."""


class RunningTurn:
    """The events of one turn so far, numbered from 1."""

    def __init__(self, source: Iterator[Event]) -> None:
        self._source = iterate_in_threadpool(source)
        self._events: list[Event] = []
        self._grew = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.ended_at: float | None = None

    async def start(self) -> Matched:
        """Wait for the first event, or raise what the tutor raises before it; the rest comes in the background."""
        first = await anext(self._source)
        assert isinstance(first, Matched)
        self._events.append(first)
        self._task = asyncio.create_task(self._follow())
        return first

    async def _follow(self) -> None:
        try:
            async for event in self._source:
                await self._append(event)
        except TutorError as error:
            await self._append(Failed(title="The reply could not be finished", detail=str(error)))
        except Exception:  # noqa: BLE001 - whatever breaks a turn, its followers must be told
            _log.exception("a turn failed")
            await self._append(Failed(title="Internal error", detail="The reply could not be finished; ask again."))
        finally:
            self.ended_at = time.monotonic()
            async with self._grew:
                self._grew.notify_all()

    async def _append(self, event: Event) -> None:
        async with self._grew:
            self._events.append(event)
            self._grew.notify_all()

    async def events(self, after: int = 0) -> AsyncIterator[tuple[int, Event]]:
        """The events numbered above ``after``, each with its number, until the turn has ended."""
        position = after
        while True:
            async with self._grew:
                while len(self._events) <= position and self.ended_at is None:
                    await self._grew.wait()
                fresh = self._events[position:]
            if not fresh:
                return
            for event in fresh:
                position += 1
                yield position, event

    async def reply(self) -> Reply | Failed:
        """The whole turn, once it has ended."""
        async for _, event in self.events():
            if isinstance(event, Done):
                return event.reply
            if isinstance(event, Failed):
                return event
        return Failed(title="Interrupted", detail="The service is stopping; ask again.")

    async def finish(self, within: float) -> None:
        """Wait until the turn has ended, and stop it where that takes more than ``within`` seconds."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task], timeout=within)
            self._task.cancel()


class Turns:
    """Starts turns and keeps the recent ones."""

    def __init__(self, tutor: Tutor) -> None:
        self._tutor = tutor
        self._turns: dict[str, RunningTurn] = {}

    async def start(self, question: str, conversation_id: str | None, collection: str | None) -> RunningTurn:
        """Start a turn.

        Raises:
            TutorError: what :meth:`Tutor.answer` raises before its first event.
        """
        self._forget()
        turn = RunningTurn(self._tutor.answer(question, conversation_id, collection))
        matched = await turn.start()
        self._turns[matched.message_id] = turn
        return turn

    def find(self, message_id: str) -> RunningTurn:
        """The turn with this message id.

        Raises:
            UnknownTurn: there is none, or it ended more than ``KEEP_SECONDS`` ago.
        """
        self._forget()
        if message_id not in self._turns:
            raise UnknownTurn(f"no recent message '{message_id}'; ask the question again")
        return self._turns[message_id]

    async def finish(self, within: float) -> None:
        """Let running turns end; called when the service stops."""
        await asyncio.gather(*(turn.finish(within) for turn in self._turns.values()))

    def _forget(self) -> None:
        now = time.monotonic()
        ended = {key: turn.ended_at for key, turn in self._turns.items() if turn.ended_at is not None}
        excess = len(self._turns) - MAX_KEPT
        for position, (key, ended_at) in enumerate(ended.items()):
            if now - ended_at > KEEP_SECONDS or position < excess:
                del self._turns[key]
