"""Whom a terminal asks: the tutor in this process, or a service elsewhere. Both tell the same stream of events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from corpus.errors import TutorError
from service.api.library import EntryHead, EntryView
from service.events import Event, Reply
from service.sandbox import Device, Verdict


class ConversationGone(TutorError):
    """The conversation was deleted, or never was."""

    def __init__(self) -> None:
        super().__init__("this conversation was deleted; ask again, and another one begins")


@dataclass(frozen=True, slots=True)
class Printed:
    """A piece of what a running program prints; nothing in it controls a terminal."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """A conversation that was; ``title`` is its first question."""

    id: str
    title: str
    updated_at: datetime
    messages: int


class Runner(Protocol):
    """Runs programs, one at a time. Every method may raise a ``TutorError``."""

    def run(self, code: str, device: Device = "auto") -> Iterator[Printed | Verdict]:
        """What a program prints as it comes, then what the sandbox says of it."""
        ...

    def cancel(self) -> bool:
        """Stop what was begun last; ``False`` where that is a turn which was stored already."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class Library(Protocol):
    """Tells what there is to read. Every method may raise a ``TutorError``."""

    def entries(self) -> Sequence[EntryHead]:
        """All entries, by collection and number."""
        ...

    def entry(self, entry_id: str) -> EntryView | None:
        """One entry with everything known about it; ``None`` where there is none of this id."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class Respondent(Runner, Protocol):
    """Does one thing at a time for one person."""

    def ask(self, message: str, conversation_id: str | None = None) -> Iterator[Event]:
        """The events of one turn as they come; its conversation can be gone on with once ``Done`` was there.

        Raises:
            ConversationGone: there is none with this id.
        """
        ...

    def conversations(self, limit: int) -> Sequence[Earlier]:
        """The conversation with the newest message first."""
        ...

    def conversation(self, conversation_id: str) -> Sequence[tuple[str, Reply]]:
        """Its messages and their replies, oldest first."""
        ...
