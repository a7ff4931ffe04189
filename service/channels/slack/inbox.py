"""Decides what is for the tutor, and has it claimed before Slack hears that it has arrived."""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from service import pasted, small_talk
from service.channels.slack import incoming as read
from service.channels.slack.answering import Answering, Shared
from service.channels.slack.blocks import quoted
from service.channels.slack.calls import Refused
from service.channels.slack.desk import Desk, Job
from service.channels.slack.incoming import Changed, Deleted, Incoming
from service.channels.slack.running import Running, Wanted, wanted_code
from service.channels.slack.text import notification
from service.channels.slack.whisper import Whisper
from service.memory.claims import OPEN, Claim, Place, Thread
from service.phrases import bare
from service.sandbox import Program

IN_TIME_SECONDS = 1.5
"""Slack waits three seconds; what is not claimed by then goes on by itself."""

EDIT_PATIENCE_SECONDS = 60
IGNORED = ("thanks", "bye", "declined", "greeting")
"""Said in a thread without naming the tutor, these want no reply."""

NOT_HERE = "I do not answer in this channel; ask me in a direct message."
USAGE = "Ask me about PyTorch, for example: `/ask why do my gradients keep growing every step?`"


@dataclass(frozen=True, slots=True)
class Allowed:
    """In which channels the tutor answers; none named: in all."""

    channels: tuple[str, ...]

    def __call__(self, incoming: Incoming) -> bool:
        return not self.channels or incoming.direct or incoming.place.channel in self.channels


class Inbox:
    """Everything that Slack delivers, but for buttons."""

    def __init__(self, shared: Shared, desk: Desk, answering: Answering, running: Running, allowed: Allowed) -> None:
        self._shared = shared
        self._desk = desk
        self._answering = answering
        self._running = running
        self.allowed = allowed

    async def event(self, body: Mapping[str, Any]) -> None:
        """A message or a mention; returns when it is claimed, or after a while."""
        found = read.event(body)
        if isinstance(found, Incoming):
            await self.in_time(self._message(found))
        elif isinstance(found, Changed):
            self._desk.aside(self._edited(found))
        elif isinstance(found, Deleted):
            self._desk.aside(self._answering.delete(found.place))

    async def command(self, body: Mapping[str, Any]) -> str | None:
        """``/ask``; the text to acknowledge it with, where it is wrong."""
        asked = read.command(body)
        if asked is None or not asked.question:
            return USAGE
        await self.in_time(self._take(asked))
        return None

    async def shortcut(self, body: Mapping[str, Any]) -> None:
        """ "Explain this error" on a message."""
        await self.in_time(self._take(read.shortcut(body)))

    async def in_time(self, work: Awaitable[None]) -> None:
        """Wait for ``work`` as long as Slack waits for us; it goes on in any case."""
        task = asyncio.ensure_future(work)
        await asyncio.wait([task], timeout=IN_TIME_SECONDS)
        if task.done():
            task.result()  # what failed here, Slack delivers again
        else:
            self._desk.aside(task)

    async def _message(self, message: Incoming) -> None:
        claims, place = self._shared.claims, message.place
        thread = None
        if message.in_thread and not (message.direct or message.mentioned):
            where = (place.team, place.channel, message.thread)
            thread = await self._desk.note(claims.thread, *where)
            if thread is None and await self._desk.note(claims.under_way, *where):
                thread = Thread("", "", aside=False)
        answer = addressed(message, thread)
        if answer == "aside" and thread is not None and thread.conversation_id and not thread.aside:
            await self._desk.note(claims.step_aside, place.team, place.channel, message.thread)
        if answer == "answer":
            await self._take(message)

    async def _take(self, asked: Incoming) -> None:
        if not await self._desk.claim(asked.place, asked.thread):
            return
        try:
            await (self._queue(asked) if self.allowed(asked) else self._not_here(asked))
        except BaseException:
            self._desk.release(asked.place)  # nobody renews it: it is found as an orphan, and told
            raise

    async def _queue(self, asked: Incoming) -> None:
        if asked.thread:
            self._desk.aside(self._answering.status(asked))
        code = wanted_code(asked.question)
        if asked.way == "command":
            job = Job(asked.place.ts, asked.place, "", partial(self._command, asked), partial(self._whisper, asked))
        elif code:
            post = self._answering.post(asked)
            wanted = Wanted(asked.place, asked.user, Program(code), "your program")
            tell = partial(self._answering.tell, asked.place, post)
            job = Job(asked.place.ts, asked.place, asked.thread, partial(self._running.run, wanted, post), tell)
        elif asked.way == "shortcut":
            work, tell = partial(self._shortcut, asked), partial(self._whisper, asked)
            job = Job(asked.place.ts, asked.place, asked.thread, work, tell)
        else:
            job = self._answering.job(asked, asked.place.ts)
        await self._desk.put(job)

    async def _command(self, asked: Incoming) -> None:
        """The question becomes a message of its own, and is answered in its thread; or in private."""
        try:
            parent = await self._shared.calls(
                "chat.postMessage",
                channel=asked.place.channel,
                text=notification(asked.question),
                blocks=[quoted(asked.question)],
            )
        except Refused:
            await self._privately(asked)
        else:
            asked = replace(asked, thread=str(parent["ts"]))
            await self._answering.status(asked)
            await self._answering.answer(asked, self._answering.post(asked))

    async def _shortcut(self, asked: Incoming) -> None:
        try:
            await self._answering.answer(asked, self._answering.post(asked))
        except Refused:
            await self._privately(asked)

    async def _privately(self, asked: Incoming) -> None:
        assert asked.response_url is not None
        whisper = Whisper(self._shared.calls, asked.response_url)
        await self._answering.answer(asked, whisper)

    async def _whisper(self, asked: Incoming, reason: str) -> None:
        assert asked.response_url is not None
        await self._answering.tell(asked.place, Whisper(self._shared.calls, asked.response_url), reason)

    async def _not_here(self, asked: Incoming) -> None:
        """Say so to nobody but whoever asked."""
        calls, place = self._shared.calls, asked.place
        if asked.response_url is not None:
            with suppress(Refused):  # that address has expired
                await calls.respond(asked.response_url, response_type="ephemeral", text=NOT_HERE)
        else:
            await calls.quietly(
                "chat.postEphemeral", channel=place.channel, user=asked.user, thread_ts=asked.thread, text=NOT_HERE
            )
        await self._desk.note(self._shared.claims.close, place, "told")
        self._desk.release(place)

    async def _edited(self, changed: Changed) -> None:
        """Answer the question as it is now, in place of the reply to what it was."""
        now, claims = changed.now, self._shared.claims
        before = await self._desk.note(claims.get, now.place)
        if before is None:
            if now.mentioned or now.direct:
                await self._take(now)
            return
        if not self.allowed(now):  # which was told when it was sent
            return
        edit = Place(now.place.team, now.place.channel, f"{now.place.ts}:edit:{changed.edited_ts}")
        if await self._desk.claim(edit, before.thread):
            again = replace(now, thread=before.thread)
            work = partial(self._answer_anew, again, edit)
            tell = partial(self._answering.tell, edit, self._answering.post(replace(again, place=edit)))
            await self._desk.put(Job(changed.edited_ts, edit, before.thread, work, tell))

    async def _answer_anew(self, now: Incoming, edit: Place) -> None:
        before = await self._settled(now.place)
        if before is not None and before.state in ("posted", "told"):
            if before.message_id is not None:
                await self._answering.forget_turn(now.place.team, before.message_id)
            if before.state == "told":
                await self._desk.claim(now.place, before.thread, anew=True)
            try:
                await self._answering.answer(now, self._answering.post(now, before.replies))
            finally:
                self._desk.release(now.place)
        await self._desk.note(self._shared.claims.close, edit, "dropped")

    async def _settled(self, place: Place) -> Claim | None:
        """The claim, once its first reply stands: that may take a while where another process writes it."""
        for _ in range(EDIT_PATIENCE_SECONDS):
            claim = await self._desk.note(self._shared.claims.get, place)
            if claim is None or claim.state not in OPEN:
                return claim
            await asyncio.sleep(1)
        return None


def addressed(message: Incoming, thread: Thread | None) -> str:
    """Whether to ``answer`` a message, to ``ignore`` it, or to keep out (``aside``) where people talk to each other."""
    if message.direct or message.mentioned:
        return "answer"
    if not message.in_thread or thread is None:
        return "ignore"
    if message.others:
        return "aside"
    talk = small_talk.recognise(message.question, bare(message.question))
    if thread.aside or talk in IGNORED:
        return "ignore"
    if message.user == thread.asker or _asks(message.question):
        return "answer"
    return "aside"


def _asks(question: str) -> bool:
    given = pasted.read(question)
    return question.rstrip().endswith("?") or bool(given.code or given.error)
