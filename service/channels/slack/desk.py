"""Takes messages on, once each, and works them off: a few at a time, those of one thread in their order.

A job is claimed in the database before Slack hears that its message has arrived, so that no crash loses one unseen.
While it waits and runs, its claim is renewed; one whose holder died is told in the thread by whoever finds it, here or
in another process. What comes while too many wait is told so at once.
"""

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from corpus.errors import TutorError
from service.memory.claims import Claim, Claims, Place

WORKERS = 4
MAX_WAITING = 200
LEASE_SECONDS = 40.0
ROUND_SECONDS = 4.0
BUSY = "Too many questions at once: I have not looked at this one. Ask it again in a minute."
INTERRUPTED = "I was interrupted before I could answer this."
BROKEN = "Something went wrong here, and I could not answer this."

Result = TypeVar("Result")
_log = logging.getLogger(__name__)


@dataclass(order=True, slots=True)
class Job:
    """Work for one message: ``work`` answers it, ``tell`` says in its place why there is no answer."""

    ts: str
    place: Place = field(compare=False)
    thread: str = field(compare=False)
    work: Callable[[], Awaitable[None]] = field(compare=False)
    tell: Callable[[str], Awaitable[None]] = field(compare=False)


class Desk:
    """Jobs in progress.

    Args:
        orphaned: tells in Slack that whoever held a claim has died.
    """

    def __init__(self, claims: Claims, orphaned: Callable[[Claim], Awaitable[None]]) -> None:
        self._claims = claims
        self._orphaned = orphaned
        # never behind the turns, which have threads of their own; and what keeps a claim behind nothing at all
        self._books = ThreadPoolExecutor(2, "slack books")
        self._leases = ThreadPoolExecutor(1, "slack leases")
        self._waiting: dict[tuple[str, str], list[Job]] = {}
        self._next: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._held: set[Place] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._asides: set[asyncio.Future[Any]] = set()

    def start(self) -> None:
        """Begin to work; in the event loop."""
        self._tasks = [asyncio.create_task(self._work()) for _ in range(WORKERS)]
        self._tasks += [asyncio.create_task(self._renew()), asyncio.create_task(self._look())]

    async def stop(self, within: float) -> None:
        """Finish what is begun, if that takes no longer than ``within`` seconds, and let go of the rest."""
        deadline = asyncio.get_running_loop().time() + within
        while self._held and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.05)
        for task in (*self._tasks, *self._asides):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._asides, return_exceptions=True)
        if self._held:
            with suppress(TutorError):
                await self.note(self._claims.renew, list(self._held), 0.0)
        self._books.shutdown()
        self._leases.shutdown()

    async def note(self, write: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Read or write the database, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._books, lambda: write(*arguments, **named))

    def aside(self, work: Awaitable[Any]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.ensure_future(work)
        self._asides.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Future[Any]") -> None:
        self._asides.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("something for Slack failed", exc_info=task.exception())

    async def claim(self, place: Place, thread: str, *, anew: bool = False) -> bool:
        """Take a message on; ``False`` where that was done before, here or elsewhere."""
        taken = await self.note(self._claims.take, place, thread, LEASE_SECONDS, anew=anew)
        if taken:
            self._held.add(place)
        return taken

    async def put(self, job: Job) -> None:
        """Work on a job whose message is claimed, after those of its thread that were sent before."""
        if len(self._held) > MAX_WAITING:
            self.aside(self._refuse(job, BUSY))
            return
        key = (job.place.channel, job.thread)
        if key not in self._waiting:
            self._waiting[key] = []
            self._next.put_nowait(key)
        heapq.heappush(self._waiting[key], job)

    def release(self, place: Place) -> None:
        """A message is done with: its claim was closed."""
        self._held.discard(place)

    async def _work(self) -> None:
        while True:
            key = await self._next.get()
            job = heapq.heappop(self._waiting[key])
            try:
                await job.work()
            except TutorError as error:
                await self._refuse(job, f"{BROKEN} {error}")
            except Exception:  # noqa: BLE001 - whatever breaks a job, whoever asked must be told
                _log.exception("a Slack message could not be answered")
                await self._refuse(job, BROKEN)
            finally:
                self.release(job.place)
                if self._waiting[key]:
                    self._next.put_nowait(key)
                else:
                    del self._waiting[key]

    async def _refuse(self, job: Job, reason: str) -> None:
        try:
            await job.tell(reason)
        except TutorError as error:
            _log.warning("a failure could not be told in Slack: %s", type(error).__name__)
        except Exception:  # noqa: BLE001 - a worker that ends here would be missed by everybody
            _log.exception("a failure could not be told in Slack")
        finally:
            self.release(job.place)

    async def _renew(self) -> None:
        """Keep what is held, whatever else takes its time."""
        while True:
            try:
                if self._held:
                    loop = asyncio.get_running_loop()
                    await loop.run_in_executor(self._leases, self._claims.renew, list(self._held), LEASE_SECONDS)
            except TutorError as error:
                _log.warning("Slack's claims could not be renewed: %s", error)
            await asyncio.sleep(ROUND_SECONDS)

    async def _look(self) -> None:
        """Look for claims of the dead."""
        count = 0
        while True:
            try:
                for claim in await self.note(self._claims.orphans, LEASE_SECONDS, set(self._held)):
                    self._held.add(claim.place)
                    self.aside(self._bury(claim))
                if count % 1000 == 0:
                    await self.note(self._claims.forget)
            except TutorError as error:
                _log.warning("Slack's claims could not be looked after: %s", error)
            count += 1
            await asyncio.sleep(ROUND_SECONDS)

    async def _bury(self, claim: Claim) -> None:
        try:
            await self._orphaned(claim)
        finally:
            self.release(claim.place)
