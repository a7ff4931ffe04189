"""What the buttons below a reply do, also long after; where one does nothing any more, it says why."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from service.channels.slack import blocks
from service.channels.slack import incoming as read
from service.channels.slack.answering import Answering, Shared, owner
from service.channels.slack.desk import Desk, Job
from service.channels.slack.inbox import NOT_HERE, Inbox
from service.channels.slack.incoming import Incoming, Pressed
from service.channels.slack.reading import message
from service.channels.slack.running import Running, Wanted
from service.channels.slack.text import typed
from service.events import Reply, ShownSnippet
from service.memory import UnknownConversation, UnknownMessage
from service.memory.claims import Place
from service.sandbox import Program

OLD = "That reply is no longer stored here, so its buttons do nothing; ask the question again."
ANSWERED = "I have answered that already, further down in this thread."
UNREADABLE = "I cannot read that question any more; please ask it again."
NOTED = "Thank you, noted."
SORRY = "Thank you, noted. Tell me here what was missing, in other words, and I try again."
DELETED = "What I had stored of this conversation is deleted. The messages here are yours to delete."

ANSWERED_HERE = (blocks.RUN, blocks.ASK, blocks.AGAIN)
"""Buttons after which something is said in the channel."""


class Buttons:
    """One method a button."""

    def __init__(self, shared: Shared, desk: Desk, answering: Answering, running: Running, inbox: Inbox) -> None:
        self._shared = shared
        self._desk = desk
        self._answering = answering
        self._running = running
        self._inbox = inbox
        self._actions = {
            blocks.RUN: self._run,
            blocks.ASK: self._ask,
            blocks.AGAIN: self._again,
            blocks.FEEDBACK: self._feedback,
            blocks.MORE: self._delete,
        }

    async def press(self, body: Mapping[str, Any]) -> None:
        """Do what a button is for; returns when that is claimed, or after a while."""
        pressed = read.pressed(body)
        if pressed is None or pressed.action not in self._actions:
            return
        if pressed.action in ANSWERED_HERE and not self._inbox.allowed(self._incoming(pressed, "", "")):
            await self._inbox.in_time(self._whisper(pressed, NOT_HERE))  # the list has changed since
            return
        await self._inbox.in_time(self._actions[pressed.action](pressed))

    async def _run(self, pressed: Pressed) -> None:
        wanted = read.data(pressed.value)
        snippet = await self._snippet(pressed, str(wanted.get("message")), int(wanted.get("number") or 0))
        if snippet is None:
            await self._whisper(pressed, OLD)
            return
        title = "your program" if snippet.origin == "learner" else "the code"
        job = self._incoming(pressed, f"{pressed.message}:run:{pressed.pressed_ts}", snippet.code)
        if await self._desk.claim(job.place, job.thread):
            post = self._answering.post(job)
            wish = Wanted(job.place, job.user, Program(snippet.code, curated=snippet.origin == "corpus"), title)
            tell = partial(self._answering.tell, job.place, post)
            await self._desk.put(
                Job(pressed.pressed_ts, job.place, job.thread, partial(self._running.run, wish, post), tell)
            )

    async def _ask(self, pressed: Pressed) -> None:
        name = f"{pressed.message}:ask:{_hash(pressed.value)}"
        asked = self._incoming(pressed, name, pressed.value)
        if await self._desk.claim(asked.place, asked.thread, anew=True):
            self._desk.aside(self._answering.status(asked))
            await self._desk.put(self._answering.job(asked, pressed.pressed_ts, quote=True))
        else:
            await self._whisper(pressed, ANSWERED)

    async def _again(self, pressed: Pressed) -> None:
        asked = self._incoming(pressed, f"{pressed.value}:again:{pressed.message}", "")
        if await self._desk.claim(asked.place, asked.thread, anew=True):
            work = partial(self._answer_again, pressed, asked)
            tell = partial(self._answering.tell, asked.place, self._answering.post(asked, [pressed.message]))
            await self._desk.put(Job(pressed.pressed_ts, asked.place, asked.thread, work, tell))

    async def _answer_again(self, pressed: Pressed, asked: Incoming) -> None:
        """Read the question anew: it was not kept."""
        asked_in = await message(self._shared.calls, pressed.channel, pressed.value, pressed.thread)
        question = typed(str((asked_in or {}).get("text") or ""))
        post = self._answering.post(asked, [pressed.message])
        if not question:
            await self._answering.tell(asked.place, post, UNREADABLE, again=False)
            return
        again = self._incoming(pressed, asked.place.ts, question)
        await self._answering.answer(again, post)

    async def _feedback(self, pressed: Pressed) -> None:
        opinion = read.data(pressed.value)
        helpful = bool(opinion.get("helpful"))
        give = self._shared.memory.feedback.give
        try:
            await self._desk.note(give, str(opinion.get("message")), helpful, None, owner(pressed.team))
        except UnknownMessage:
            await self._whisper(pressed, OLD)
        else:
            await self._whisper(pressed, NOTED if helpful else SORRY)

    async def _delete(self, pressed: Pressed) -> None:
        wish, theirs = read.data(pressed.value), owner(pressed.team)
        reply = await self._reply(pressed, str(wish.get("delete")))
        if reply is None:
            await self._whisper(pressed, OLD)
            return
        await self._shared.turns.drop(reply.conversation_id, theirs)
        with suppress(UnknownConversation):  # somebody else pressed it too
            await self._desk.note(self._shared.memory.conversations.delete, reply.conversation_id, theirs)
        await self._whisper(pressed, DELETED)

    async def _snippet(self, pressed: Pressed, message_id: str, number: int) -> ShownSnippet | None:
        reply = await self._reply(pressed, message_id)
        return reply.snippets[number - 1] if reply is not None and 0 < number <= len(reply.snippets) else None

    async def _reply(self, pressed: Pressed, message_id: str) -> Reply | None:
        try:
            stored = await self._desk.note(self._shared.memory.messages.reply, message_id, owner(pressed.team))
        except UnknownMessage:
            return None
        return Reply.model_validate_json(stored)

    async def _whisper(self, pressed: Pressed, message: str) -> None:
        """Tell whoever pressed it, and nobody else."""
        await self._shared.calls.quietly(
            "chat.postEphemeral", channel=pressed.channel, user=pressed.user, thread_ts=pressed.thread, text=message
        )

    def _incoming(self, pressed: Pressed, ts: str, question: str) -> Incoming:
        return Incoming(
            Place(pressed.team, pressed.channel, ts),
            pressed.thread,
            pressed.user,
            question,
            "button",
            direct=pressed.channel.startswith("D"),
        )


def _hash(question: str) -> str:
    """A name for a question within one message."""
    return format(sum(place * ord(c) for place, c in enumerate(question, 1)) % 0xFFFFFF, "06x")
