"""What the tutor remembers: conversations, feedback, verdicts, keys; SQLAlchemy over SQLite, and nowhere else.

``database`` opens and migrates the file, ``tables`` are its tables, ``nouns`` what comes out of them; each other module
is one thing that is remembered. A turn is stored in one transaction, synced to disk, before anybody is told that it is
done: a process killed at any moment loses no message that was acknowledged, and leaves no half one.
"""

from collections.abc import Callable
from pathlib import Path

from service.dialogue import PastTurn
from service.memory.claims import Claims
from service.memory.conversations import Conversations, past_turn
from service.memory.database import Database
from service.memory.errors import (
    Cancelled,
    KeyReused,
    KeyUnusable,
    MemoryUnusable,
    UnknownConversation,
    UnknownKey,
    UnknownMessage,
    UnknownShare,
)
from service.memory.feedback import Feedback
from service.memory.ids import new_id
from service.memory.keys import Key, Keys, Scope
from service.memory.messages import Messages
from service.memory.notebook import Notebook, Recited, always
from service.memory.nouns import LOCAL_OWNER, Conversation, Request
from service.memory.shares import Shares
from service.memory.verdicts import VerdictKey, Verdicts

__all__ = [
    "LOCAL_OWNER",
    "Cancelled",
    "Conversation",
    "Conversations",
    "Key",
    "KeyReused",
    "KeyUnusable",
    "Memory",
    "MemoryUnusable",
    "Notebook",
    "Recited",
    "Request",
    "Scope",
    "UnknownConversation",
    "UnknownKey",
    "UnknownMessage",
    "UnknownShare",
    "VerdictKey",
    "new_id",
    "past_turn",
]


class Memory:
    """The database at ``path``, made or migrated as needed, and what is kept in it.

    Raises:
        MemoryUnusable: it cannot be opened, written or migrated, or a newer version wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.conversations = Conversations(self._database)
        self.shares = Shares(self._database)
        self.feedback = Feedback(self._database)
        self.verdicts = Verdicts(self._database)
        self.keys = Keys(self._database)
        self.messages = Messages(self._database)
        self.claims = Claims(self._database)

    def notebook(
        self, owner: str = LOCAL_OWNER, request: Request | None = None, may_run: Callable[[], bool] = always
    ) -> Notebook:
        """Where one turn of ``owner`` writes itself down."""
        return Notebook(self.conversations, owner, request, may_run)

    def recited(
        self, owner: str, recall: Callable[[], tuple[PastTurn, ...]], may_run: Callable[[], bool], *, kept: bool
    ) -> Recited:
        """Where a turn of a conversation that its client keeps looks up what was before."""
        return Recited(self.conversations, owner, recall, may_run, kept=kept)

    def close(self) -> None:
        self._database.close()
