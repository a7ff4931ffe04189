"""One reply as it comes to stand in Slack: streamed where the workspace allows it, else a message that is edited.

A stream that ends early (Slack ends each after some minutes, and people may) is finished as an edit of its message.
What goes over Slack's limits follows in further messages of the thread.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from service.channels.slack import blocks
from service.channels.slack.blocks import Block
from service.channels.slack.calls import Calls, Refused, Uncertain
from service.channels.slack.reading import left_over

PAUSE_SECONDS = 0.7
"""Between two pieces of a stream."""

PLACEHOLDER = "Looking it up …"
NO_STREAMS_SECONDS = 3600.0
"""So long a workspace that refused to stream is not asked again."""

ENDED = ("message_not_in_streaming_state", "stopped_by_user", "message_not_found")
PASSING = ("ratelimited", "unreachable", "request_timeout", "thread_not_found")
"""Refusals that say nothing of the workspace."""

GONE = ("message_not_found", "cant_update_message", "edit_window_closed")
NOT_HERE = ("is_archived", "channel_not_found", "not_in_channel", "invalid_auth", "token_revoked", "account_inactive")
NO_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a reply goes, and to whom; nothing of it was said before ``since``."""

    team: str
    channel: str
    thread: str
    user: str
    direct: bool
    since: str | None = None


class Saying(Protocol):
    """Where a reply goes, piece by piece."""

    replies: list[str]
    """The messages that stand for it, oldest first."""
    message_id: str | None
    """The turn that it tells, once that is known."""

    async def open(self) -> None:
        """Let something be seen where nothing will stream."""

    async def add(self, more: Sequence[Block]) -> None:
        """Say more, now or with the next piece."""

    async def progress(self, title: str, status: str) -> None:
        """Show a step of work where there is a stream for it."""

    async def finish(self, closing: Sequence[Block], summary: str) -> None:
        """Say the rest, with what stands below it."""

    async def replace(self, content: list[Block], summary: str) -> None:
        """Say something else in place of it all."""


class Streams:
    """Which workspaces stream."""

    def __init__(self) -> None:
        self._refused: dict[str, float] = {}

    def allowed(self, team: str) -> bool:
        return time.monotonic() - self._refused.get(team, -NO_STREAMS_SECONDS) >= NO_STREAMS_SECONDS

    def refuse(self, team: str) -> None:
        self._refused[team] = time.monotonic()


class Post:
    """A reply in a thread.

    Args:
        begun: told the turn and the messages as soon as they stand there.
        known: the messages of the thread that answer something else.
        replies: messages that are edited in place of new ones.
    """

    def __init__(
        self,
        calls: Calls,
        address: Address,
        streams: Streams,
        begun: Callable[[str | None, Sequence[str]], Awaitable[None]],
        known: Callable[[], Awaitable[set[str]]],
        replies: Sequence[str] = (),
    ) -> None:
        self._calls = calls
        self._to = address
        self._streams = streams
        self._begun = begun
        self._known = known
        self.replies = list(replies)
        self.message_id: str | None = None
        self._mode = "edited" if replies or not streams.allowed(address.team) else "new"
        self._blocks: list[Block] = []
        self._sent = 0
        self._sent_at = 0.0

    async def open(self) -> None:
        if not self._to.thread:
            self._mode = "edited"
        if self._mode == "edited" and not self.replies:
            await self._post(blocks.notice(PLACEHOLDER), PLACEHOLDER)

    async def add(self, more: Sequence[Block]) -> None:
        self._blocks += more
        fresh = self._fresh()
        if self._mode != "edited" and fresh and time.monotonic() - self._sent_at >= PAUSE_SECONDS:
            await self._stream([_chunk(block) for block in fresh], len(fresh))

    async def progress(self, title: str, status: str) -> None:
        if self._mode != "edited":
            await self._stream([{"type": "task_update", "id": "run", "title": title, "status": status}], 0)

    async def finish(self, closing: Sequence[Block], summary: str) -> None:
        whole = blocks.messages(self._blocks, closing)
        if self._mode == "streaming":
            await self._stop(closing if len(whole) == 1 else ())
        if self._mode != "streaming":
            await self._put(0, whole[0], summary)
        for number, rest in enumerate(whole[1:], 1):
            await self._put(number, rest, summary)
        for extra in self.replies[len(whole) :]:
            await self._calls.quietly("chat.delete", channel=self._to.channel, ts=extra)
        del self.replies[len(whole) :]

    async def replace(self, content: list[Block], summary: str) -> None:
        if self._mode == "streaming":
            await self._calls.quietly("chat.stopStream", channel=self._to.channel, ts=self.replies[0])
        self._mode = "edited"
        await self._put(0, content, summary)
        for extra in self.replies[1:]:
            await self._calls.quietly("chat.delete", channel=self._to.channel, ts=extra)

    def _fresh(self) -> list[Block]:
        """What belongs into the first message and is not sent."""
        return blocks.messages(self._blocks)[0][self._sent :]

    async def _stream(self, chunks: list[dict[str, Any]], count: int) -> None:
        to = self._to
        to_whom = {} if to.direct else {"recipient_team_id": to.team, "recipient_user_id": to.user}
        try:
            if self._mode == "new":
                started = await self._calls(
                    "chat.startStream",
                    channel=to.channel,
                    thread_ts=to.thread,
                    chunks=chunks,
                    **to_whom,
                )
                self._mode = "streaming"
                self.replies = [str(started["ts"])]
                await self._begun(self.message_id, self.replies)
            else:
                await self._calls("chat.appendStream", channel=self._to.channel, ts=self.replies[0], chunks=chunks)
            self._sent += count
            self._sent_at = time.monotonic()
        except Refused as refusal:
            await self._fall_back(refusal)

    async def _fall_back(self, refusal: Refused) -> None:
        """No stream, or none any more: go on with an edited message."""
        if refusal.error in NOT_HERE:
            raise refusal
        if self._mode == "streaming" and refusal.error not in ENDED:
            await self._calls.quietly("chat.stopStream", channel=self._to.channel, ts=self.replies[0])
        elif self._mode == "new" and isinstance(refusal, Uncertain):
            self.replies = await self._look()
        elif self._mode == "new" and refusal.error not in PASSING:
            self._streams.refuse(self._to.team)
        self._mode = "edited"
        await self.open()

    async def _stop(self, closing: Sequence[Block]) -> None:
        chunks = [_chunk(block) for block in self._fresh()]
        try:
            await self._calls(
                "chat.stopStream",
                channel=self._to.channel,
                ts=self.replies[0],
                chunks=chunks or None,
                blocks=list(closing) or None,
            )
        except Refused as refusal:
            await self._fall_back(refusal)

    async def _put(self, number: int, content: list[Block], summary: str) -> None:
        """Make the content a message: the ``number``-th that stands there already, or a new one."""
        if number < len(self.replies):
            try:
                await self._update(self.replies[number], content, summary)
            except Refused as refusal:
                if refusal.error not in GONE:
                    raise
                del self.replies[number:]
            else:
                return
        await self._post(content, summary)

    async def _update(self, ts: str, content: list[Block], summary: str) -> None:
        said = {"channel": self._to.channel, "ts": ts, "text": summary}
        try:
            await self._calls("chat.update", **said, blocks=content)
        except Refused as refusal:
            if refusal.error not in NO_BLOCKS:
                raise
            await self._calls("chat.update", **said, blocks=blocks.plainly(content))

    async def _post(self, content: list[Block], summary: str) -> None:
        """A new message; where the connection breaks, the thread is read before it is tried again."""
        said: dict[str, Any] = {"channel": self._to.channel, "thread_ts": self._to.thread or None, "text": summary}
        said |= {"unfurl_links": False, "unfurl_media": False}
        try:
            posted = await self._calls("chat.postMessage", **said, blocks=content)
        except Uncertain:
            found = await self._look()
            posted = {"ts": found[-1]} if found else await self._calls("chat.postMessage", **said, blocks=content)
        except Refused as refusal:
            if refusal.error not in NO_BLOCKS:
                raise
            posted = await self._calls("chat.postMessage", **said, blocks=blocks.plainly(content))
        self.replies.append(str(posted["ts"]))
        await self._begun(self.message_id, self.replies)

    async def _look(self) -> list[str]:
        """The message that an interrupted call may have left in the thread."""
        await asyncio.sleep(PAUSE_SECONDS)
        to = self._to
        return (await left_over(self._calls, to.channel, to.thread, to.since, await self._known()))[-1:]


def _chunk(block: Block) -> dict[str, Any]:
    """A block as a piece of a stream."""
    if block["type"] == "markdown":
        return {"type": "markdown_text", "text": f"{block['text']}\n\n"}
    return {"type": "blocks", "blocks": [block]}
