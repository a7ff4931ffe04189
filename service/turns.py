"""Turns in progress: each runs to its end in the background, and any number of streams follow it from any event on.

::

    TutorError
    ├── UnknownTurn    no running or recent turn of this owner has the message id
    └── TooLate        a turn cannot be cancelled any more

A stream that drops can be resumed for :data:`KEEP_SECONDS` after its turn has ended. Dropping a stream does not stop
the turn; cancelling it does. A request that comes again under the same Idempotency-Key joins the turn that it started,
or gets the stored reply again.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from functools import partial
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool

from corpus.errors import TutorError
from service.asked import Asked as Asked
from service.events import Done, Event, Failed, Matched, Reply, Running
from service.memory import LOCAL_OWNER, Memory, Notebook, Request
from service.memory.conversations import check_same
from service.replay import replay
from service.tutor import Tutor

KEEP_SECONDS = 300.0
MAX_KEPT = 500
AT_ONCE = 64  # turns, in threads of their own: those that wait take nobody else's
CANCELLED = Failed(title="Cancelled", detail="The reply was cancelled before it was finished; nothing of it is kept.")
Watch = Callable[[Iterator[Event]], Iterator[Event]]
"""Sees the events of a turn go by: for metrics."""

_log = logging.getLogger(__name__)


class UnknownTurn(TutorError):
    """The turn never was, ended too long ago, or is somebody else's."""


class TooLate(TutorError):
    """The turn has ended; it cannot be cancelled."""


class RunningTurn:
    """The events of one turn so far, numbered from 1."""

    def __init__(
        self,
        source: Iterator[Event],
        owner: str,
        notebook: Notebook | None = None,
        request: Request | None = None,
        limiter: CapacityLimiter | None = None,
    ) -> None:
        self.owner = owner
        self.request = request
        self.ended_at: float | None = None
        self.conversation_id = ""
        self._notebook = notebook
        self._source = source
        self._steps = _steps(source, limiter)
        self._events: list[Event] = []
        self._grew = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    @property
    def failed(self) -> bool:
        return self.ended_at is not None and not isinstance(self._events[-1], Done)

    async def start(self) -> Matched | Running:
        """Wait for the first event, or raise what the tutor raises before it; the rest comes in the background."""
        first = await anext(self._steps)
        assert isinstance(first, Matched | Running)
        self.conversation_id = first.conversation_id
        self._events.append(first)
        self._task = asyncio.create_task(self._follow())
        return first

    async def cancel(self) -> None:
        """End the turn at once, with the code that it runs, and keep nothing of it.

        Raises:
            TooLate: it has ended, or is being stored.
        """
        if self.ended_at is not None or self._notebook is None or not self._notebook.cancel():
            raise TooLate("the reply is finished; delete its conversation to be rid of it")
        await self._end(CANCELLED)

    async def _follow(self) -> None:
        try:
            async for event in self._steps:
                if self.ended_at is not None:
                    break
                await self._append(event)
        except TutorError as error:
            await self._end(Failed(title="The reply could not be finished", detail=str(error)))
        except Exception:  # noqa: BLE001 - whatever breaks a turn, its followers must be told
            _log.exception("a turn failed")
            await self._end(Failed(title="Internal error", detail="The reply could not be finished; ask again."))
        finally:
            await self._end()
            self._notebook = None  # it holds the HTTP request, and what the client recited
            if isinstance(self._source, Generator):
                await run_in_threadpool(self._source.close)

    async def _append(self, event: Event) -> None:
        async with self._grew:
            self._events.append(event)
            self._grew.notify_all()

    async def _end(self, last: Failed | None = None) -> None:
        if self.ended_at is None:
            self.ended_at = time.monotonic()
            async with self._grew:
                self._events += [last] if last else []
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

    def __init__(self, tutor: Tutor, memory: Memory, watch: Watch = iter) -> None:
        self._tutor, self._memory, self._watch = tutor, memory, watch
        self._limiter = CapacityLimiter(AT_ONCE)
        self._turns: dict[str, RunningTurn] = {}
        self._answering: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def start(self, asked: Asked) -> RunningTurn:
        """Start a turn, or join the one that the same request started before.

        Raises:
            TutorError: what :meth:`Tutor.answer` raises before its first event.
            KeyReused: the Idempotency-Key belongs to another request.
        """
        self._forget()
        if asked.request is None:
            return await self._start(asked)
        name = (asked.owner, asked.request.key)
        lock = self._answering.get(name) or self._answering.setdefault(name, asyncio.Lock())
        async with lock:
            return await self._again(asked.owner, asked.request) or await self._start(asked)

    async def _start(self, asked: Asked) -> RunningTurn:
        notebook = self._notebook(asked)
        events = self._tutor.answer(asked.question, asked.conversation_id, asked.collection, notebook)
        turn = RunningTurn(self._watch(events), asked.owner, notebook, asked.request, self._limiter)
        self._turns[(await turn.start()).message_id] = turn
        return turn

    def _notebook(self, asked: Asked) -> Notebook:
        if asked.said is None:
            return self._memory.notebook(asked.owner, asked.request, asked.may_run)
        recall = partial(self._tutor.recall, asked.said, asked.collection)
        notebook = self._memory.recited(asked.owner, recall, asked.may_run, kept=asked.kept)
        notebook.manner = asked.manner
        return notebook

    async def _again(self, owner: str, request: Request) -> RunningTurn | None:
        """The turn that answers ``request`` already; ``None`` where there is none, or it failed."""
        for turn in self._turns.values():
            if turn.request is not None and (turn.owner, turn.request.key) == (owner, request.key) and not turn.failed:
                check_same(request, turn.request.fingerprint)
                return turn
        stored = await run_in_threadpool(self._memory.conversations.answered, request, owner)
        if stored is None:
            return None
        turn = RunningTurn(replay(Reply.model_validate_json(stored)), owner, request=request)
        self._turns[(await turn.start()).message_id] = turn
        return turn

    def find(self, message_id: str, owner: str = LOCAL_OWNER) -> RunningTurn:
        """The owner's turn with this message id.

        Raises:
            UnknownTurn: there is none, or it ended more than ``KEEP_SECONDS`` ago.
        """
        self._forget()
        turn = self._turns.get(message_id)
        if turn is None or turn.owner != owner:
            raise UnknownTurn(f"no recent message '{message_id}'; ask the question again")
        return turn

    async def drop(self, conversation_id: str, owner: str = LOCAL_OWNER) -> bool:
        """Keep nothing of a conversation that is to be deleted; returns whether a turn of it ran, and was cancelled.

        One that is being stored is waited for, so that it can be deleted.
        """
        cancelled = False
        for message_id, turn in list(self._turns.items()):
            if (turn.conversation_id, turn.owner) == (conversation_id, owner):
                with suppress(TooLate):
                    await turn.cancel()
                    cancelled = True
                await turn.reply()
                self._turns.pop(message_id, None)
        return cancelled

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


async def _steps(source: Iterator[Event], limiter: CapacityLimiter | None) -> AsyncIterator[Event]:
    """The events of ``source``, each worked out in a thread."""
    while (event := await to_thread.run_sync(next, source, None, limiter=limiter)) is not None:
        yield event
