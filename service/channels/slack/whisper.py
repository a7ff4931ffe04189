"""A reply that only the person who asked sees, under the address that came with a command or a shortcut.

For where the tutor may not post: a channel that it is not in, or that is not on its list.
"""

from collections.abc import Sequence

from service.channels.slack import blocks
from service.channels.slack.blocks import Block
from service.channels.slack.calls import Calls

MAX_USES = 5
"""So often Slack lets one address be used."""


class Whisper:
    """Stands in for a :class:`service.channels.slack.posting.Post`; nothing is seen before it is finished."""

    def __init__(self, calls: Calls, url: str) -> None:
        self._calls = calls
        self._url = url
        self._blocks: list[Block] = []
        self.replies: list[str] = []
        self.message_id: str | None = None

    async def open(self) -> None: ...

    async def progress(self, title: str, status: str) -> None: ...

    async def add(self, more: Sequence[Block]) -> None:
        self._blocks += more

    async def finish(self, closing: Sequence[Block], summary: str) -> None:
        for content in blocks.messages(self._blocks, _harmless(closing))[:MAX_USES]:
            await self._say(content, summary)

    async def replace(self, content: list[Block], summary: str) -> None:
        await self._say(_harmless(content), summary)

    async def _say(self, content: Sequence[Block], summary: str) -> None:
        await self._calls.respond(self._url, response_type="ephemeral", text=summary, blocks=list(content))


def _harmless(closing: Sequence[Block]) -> list[Block]:
    """Without buttons, whose replies would have no thread to stand in."""
    return [block for block in closing if block["type"] not in ("actions", "context_actions")]
