"""What somebody asks, and what was said before where the client keeps the conversation; pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from service.memory import LOCAL_OWNER, Request
from service.memory.notebook import always

_STOPPED = re.compile(
    r"^I ran your program: it stops(?: in line \d+)? with `([^`]+)`\.(?! So it is not whole)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier message of the learner, and the reply that it got."""

    question: str
    reply: str = ""

    @property
    def as_read(self) -> str:
        """The message, below the exception that its program ended with, as the reply told it."""
        stopped = _STOPPED.search(self.reply)
        return f"{stopped[1]}\n\n{self.question}" if stopped else self.question


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks, and who.

    Args:
        request: under which Idempotency-Key, if any.
        may_run: asked before a program out of the message is run.
        said: the conversation so far, oldest first, where the client keeps it; ``kept``: whether this turn is stored,
            ``manner``: the tone and language that are wanted, for a language model that words the answer.
    """

    question: str
    conversation_id: str | None = None
    collection: str | None = None
    owner: str = LOCAL_OWNER
    request: Request | None = None
    may_run: Callable[[], bool] = always
    manner: str = ""
    said: tuple[Said, ...] | None = None
    kept: bool = True
