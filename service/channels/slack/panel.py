"""The agent's panel, and what becomes of a workspace that removes the app."""

import logging

from service.channels.slack.answering import Shared, owner
from service.channels.slack.desk import Desk
from service.logs import fields
from service.small_talk import EXAMPLES

TITLE = "Ask me about PyTorch"
_log = logging.getLogger(__name__)


class Panel:
    def __init__(self, shared: Shared, desk: Desk) -> None:
        self._shared = shared
        self._desk = desk

    async def prompts(self, channel: str, thread: str | None = None) -> None:
        """Propose what to ask; without a thread, in the messages tab that has taken the place of the panel."""
        await self._shared.calls.quietly(
            "assistant.threads.setSuggestedPrompts",
            channel_id=channel,
            thread_ts=thread,
            title=TITLE,
            prompts=[{"title": example, "message": example} for example in EXAMPLES],
        )

    async def forget(self, team: str) -> None:
        """Delete all that is stored of a workspace."""
        count = await self._desk.note(self._shared.memory.messages.delete_all, owner(team))
        await self._desk.note(self._shared.claims.forget_team, team)
        _log.info("a workspace removed the app", extra=fields(team=team, conversations=count))
