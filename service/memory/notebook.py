"""Where one turn reads what was before and writes itself down, once, unless it was cancelled."""

from collections.abc import Callable
from threading import Lock

from service.dialogue import PastTurn
from service.memory.conversations import Conversations
from service.memory.errors import Cancelled
from service.memory.ids import new_id
from service.memory.nouns import LOCAL_OWNER, Conversation, Request


def always() -> bool:
    """For the machine's own user."""
    return True


def never() -> bool:
    """What is not cancelled, or not allowed."""
    return False


class Notebook:
    """One turn's view of the conversations: whose they are, which request it answers, whether it is still wanted.

    Args:
        may_run: asked once before a program out of the message is run; each yes may count against a quota.

    ``manner`` is the tone and language that are wanted of a language model.
    """

    def __init__(
        self,
        conversations: Conversations,
        owner: str = LOCAL_OWNER,
        request: Request | None = None,
        may_run: Callable[[], bool] = always,
    ) -> None:
        self._conversations = conversations
        self.owner = owner
        self._request = request
        self.may_run = may_run
        self.manner = ""
        self._new = False
        self._lock = Lock()
        self._saved = False
        self._cancelled = False

    def open(self, conversation_id: str | None) -> Conversation:
        """The conversation to go on with, or a new one.

        Raises:
            UnknownConversation: there is none with this id.
        """
        self._new = conversation_id is None
        return self._conversations.open(conversation_id, self.owner)

    def save(self, conversation_id: str, message_id: str, question: str, reply_json: str) -> None:
        """Store the finished turn; when this returns, a killed process loses nothing of it.

        Raises:
            Cancelled: it is not wanted any more; nothing is stored.
            UnknownConversation: its conversation was deleted meanwhile.
        """
        self._finish()
        self._conversations.save(
            conversation_id, message_id, question, reply_json, self.owner, new=self._new, request=self._request
        )

    def _finish(self) -> None:
        with self._lock:
            if self._cancelled:
                raise Cancelled("the turn was cancelled")
            self._saved = True

    def cancelled(self) -> bool:
        """Whether the turn is not wanted any more; what it runs asks this all the time."""
        return self._cancelled

    def cancel(self) -> bool:
        """Let nothing be stored; ``False`` where it is too late for that."""
        with self._lock:
            self._cancelled = not self._saved
            return self._cancelled


class Recited(Notebook):
    """One turn of a conversation that its client keeps, and recites with each request.

    Args:
        recall: the turns before this one, newest first; asked once, where the turn is worked out.
        kept: whether the turn is stored all the same, as a conversation of its own.
    """

    def __init__(
        self,
        conversations: Conversations,
        owner: str,
        recall: Callable[[], tuple[PastTurn, ...]],
        may_run: Callable[[], bool] = always,
        *,
        kept: bool = False,
    ) -> None:
        super().__init__(conversations, owner, may_run=may_run)
        self._recall = recall
        self._kept = kept

    def open(self, conversation_id: str | None) -> Conversation:
        """A new conversation with the past that was recited, whatever ``conversation_id`` says."""
        self._new = True
        return Conversation(new_id(), self._recall())

    def save(self, conversation_id: str, message_id: str, question: str, reply_json: str) -> None:
        """Store the turn where it is to be kept.

        Raises:
            Cancelled: it is not wanted any more.
        """
        if self._kept:
            super().save(conversation_id, message_id, question, reply_json)
        else:
            self._finish()
