"""How one message in Slack is answered: from what was asked, through a turn, to what stands in the thread."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from corpus.errors import TutorError
from service.channels.slack import blocks, text
from service.channels.slack.calls import Calls, Refused
from service.channels.slack.context import question_in
from service.channels.slack.desk import INTERRUPTED, Desk, Job
from service.channels.slack.incoming import Incoming, question_ts, since
from service.channels.slack.posting import Address, Post, Saying, Streams
from service.channels.slack.reading import left_over
from service.events import Failed, Matched, Reply, Running, Text, Verified
from service.logs import fields
from service.memory import Memory, UnknownConversation, UnknownMessage
from service.memory.claims import OPEN, Claim, Claims, Place
from service.quota import Quota
from service.turns import Asked, RunningTurn, Turns

STATUS = "is looking it up…"
TOO_MANY = "You have asked very much in a short time; I answer again in {seconds} s."
DIRECT_MINUTES = 60.0
"""So long a direct message goes on with what the last one was about, though it starts a thread of its own."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """What answering and the buttons both need.

    Args:
        asking: how often one person may ask, and ``running`` have code run; ``None``: as often as they like.
        public_url: where the lessons can be read.
    """

    calls: Calls
    memory: Memory
    turns: Turns
    streams: Streams
    asking: Quota | None
    running: Quota | None
    public_url: str | None

    @property
    def claims(self) -> Claims:
        return self.memory.claims


def owner(team: str) -> str:
    """Whose the conversations of a workspace are."""
    return f"slack:{team}"


class Answering:
    """Turns messages into replies; what waits for what is the desk's affair."""

    def __init__(self, shared: Shared, desk: Desk) -> None:
        self._shared = shared
        self._desk = desk
        self._running: dict[Place, RunningTurn] = {}

    async def status(self, incoming: Incoming) -> None:
        """Let it be seen at once that somebody is at it."""
        await self._shared.calls.quietly(
            "assistant.threads.setStatus",
            channel_id=incoming.place.channel,
            thread_ts=incoming.thread,
            status=STATUS,
        )

    def job(self, incoming: Incoming, ts: str, replies: Sequence[str] = (), *, quote: bool = False) -> Job:
        """The work of answering ``incoming``, which was sent at ``ts``.

        Args:
            replies: the messages that the reply takes the place of.
            quote: show the question above the reply, for nobody else does.
        """
        post = self.post(incoming, replies)
        return Job(
            ts,
            incoming.place,
            incoming.thread,
            partial(self.answer, incoming, post, quote=quote),
            partial(self.tell, incoming.place, post),
        )

    async def tell(self, place: Place, post: Saying, reason: str, *, again: bool = True) -> None:
        """Say in place of a reply why there is none."""
        asked_at = question_ts(place.ts)
        try:
            await post.replace(blocks.notice(reason, asked_at if again else ""), reason)
        finally:
            await self._desk.note(self._shared.claims.close, place, "told", post.replies)

    async def close(self, place: Place, post: Saying, message_id: str | None = None) -> None:
        """Note that the reply stands; one that comes too late is taken back."""
        if not await self._desk.note(self._shared.claims.close, place, "posted", post.replies, message_id):
            await self.take_back(place, post, message_id)

    async def orphaned(self, claim: Claim) -> None:
        """Tell that whoever answered a message has died over it, in place of what stands of the reply."""
        shared = self._shared
        address = Address(claim.place.team, claim.place.channel, claim.thread, "", True, since(claim.place))
        post = self._post_at(claim.place, address, claim.replies)
        if not claim.replies and claim.thread:
            known = await self._desk.note(shared.claims.replies, claim.place.team, claim.place.channel, claim.thread)
            found = await left_over(shared.calls, address.channel, address.thread, address.since, known)
            post.replies = found[:1]
        if claim.message_id is not None:  # nobody has seen that turn
            await self.forget_turn(claim.place.team, claim.message_id)
        for ts in post.replies[:1]:
            await shared.calls.quietly("chat.stopStream", channel=claim.place.channel, ts=ts)
        try:
            await self.tell(claim.place, post, INTERRUPTED)
        except Refused:
            _log.warning("an interrupted answer could not be told")

    async def delete(self, place: Place) -> None:
        """A question was deleted: nothing is said to it any more, and what was stored of it goes."""
        claim = await self._desk.note(self._shared.claims.drop, place)
        if claim is None:
            return
        if claim.state in OPEN:  # whoever answers it, in whichever process, looks before it speaks
            turn = self._running.get(place)
            if turn is not None:
                with suppress(TutorError):  # it is stored already; whoever answers it deletes it
                    await turn.cancel()
        elif claim.message_id is not None:
            await self.forget_turn(place.team, claim.message_id)

    async def answer(self, incoming: Incoming, post: Saying, *, quote: bool = False) -> None:
        """Answer, and close the claim."""
        shared, place = self._shared, incoming.place
        if not await self.wanted(place):
            return None
        if shared.asking is not None:
            standing = shared.asking.use([(f"{place.team} {incoming.user}", 1)])
            if not standing.allowed:
                return await self.tell(place, post, TOO_MANY.format(seconds=standing.reset), again=False)
        await post.open()
        if quote:
            await post.add([blocks.quoted(incoming.question)])
        turn = await self._start(incoming)
        self._running[place] = turn
        try:
            reply = await self._follow(turn, place, post)
        finally:
            self._running.pop(place, None)
        if not await self.wanted(place):
            return await self.take_back(place, post, reply.message_id if isinstance(reply, Reply) else None)
        if isinstance(reply, Failed):
            return await self.tell(place, post, f"{reply.title}: {reply.detail}")
        # first: who sees the reply may go on at once
        await self._desk.note(
            shared.claims.go_on, place.team, place.channel, incoming.thread, reply.conversation_id, incoming.user
        )
        await post.finish(blocks.closing(reply, shared.public_url), text.notification(reply.answer))
        return await self.close(place, post, reply.message_id)

    async def _start(self, incoming: Incoming) -> RunningTurn:
        shared, place = self._shared, incoming.place
        known = await self._desk.note(shared.claims.thread, place.team, place.channel, incoming.thread)
        question = incoming.question
        if known is None and incoming.in_thread and incoming.way == "message":
            ours = await self._desk.note(shared.claims.replies, place.team, place.channel, incoming.thread)
            question = await question_in(shared.calls, incoming, ours)
        if known is None and incoming.direct and not incoming.in_thread:
            known = await self._desk.note(shared.claims.latest, place.team, place.channel, DIRECT_MINUTES)
        _log.debug("question", extra=fields(question=question))
        asked = Asked(
            question or "?",
            known.conversation_id if known else None,
            owner=owner(place.team),
            may_run=partial(self.may_run, place.team, incoming.user),
        )
        try:
            return await shared.turns.start(asked)
        except UnknownConversation:
            return await shared.turns.start(Asked(asked.question, owner=asked.owner, may_run=asked.may_run))

    def may_run(self, team: str, user: str) -> bool:
        """Whether a person may have code run now; a yes counts."""
        running = self._shared.running
        return running is None or running.use([(f"{team} {user}", 1)]).allowed

    async def _follow(self, turn: RunningTurn, place: Place, post: Saying) -> Reply | Failed:
        ran = False
        async for _, event in turn.events():
            if isinstance(event, Running):
                await post.progress("Running your program", "in_progress")
                ran = True
            elif isinstance(event, Matched):
                if ran:
                    await post.progress("Ran your program", "complete")
                post.message_id = event.message_id
            elif isinstance(event, Text):
                await post.add(blocks.answer(event.markdown))
            elif isinstance(event, Verified):
                await post.add(blocks.snippet(event.snippet))
        return await turn.reply()

    async def wanted(self, place: Place) -> bool:
        """Whether a reply is still waited for: the question may be deleted, or another process took us for dead."""
        claim = await self._desk.note(self._shared.claims.get, place)
        return claim is not None and claim.state in ("claimed", "posted")

    async def take_back(self, place: Place, post: Saying, message_id: str | None = None) -> None:
        """Leave nothing of a reply that nobody waits for; a notice that takes its place stays."""
        if message_id is not None:
            await self.forget_turn(place.team, message_id)
        claim = await self._desk.note(self._shared.claims.get, place)
        for ts in set(post.replies) - set(claim.replies if claim and claim.state != "dropped" else ()):
            await self._shared.calls.quietly("chat.stopStream", channel=place.channel, ts=ts)
            await self._shared.calls.quietly("chat.delete", channel=place.channel, ts=ts)

    async def forget_turn(self, team: str, message_id: str) -> None:
        try:
            await self._desk.note(self._shared.memory.messages.delete, message_id, owner(team))
        except UnknownMessage:
            _log.debug("a turn to be deleted is not there")

    def post(self, incoming: Incoming, replies: Sequence[str] = ()) -> Post:
        place = incoming.place
        address = Address(place.team, place.channel, incoming.thread, incoming.user, incoming.direct, since(place))
        return self._post_at(place, address, replies)

    def _post_at(self, place: Place, address: Address, replies: Sequence[str] = ()) -> Post:
        claims, note = self._shared.claims, self._desk.note

        async def begun(message_id: str | None, standing: Sequence[str]) -> None:
            await note(claims.begun, place, message_id, standing)

        async def known() -> set[str]:
            return await note(claims.replies, place.team, place.channel, address.thread)

        return Post(self._shared.calls, address, self._shared.streams, begun, known, replies)
