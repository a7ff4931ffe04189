"""What the memory keeps, as data."""

from dataclasses import dataclass
from datetime import datetime

from service.dialogue import PastTurn

LOCAL_OWNER = "local"
"""Owns the conversations of a service that has no sign-in."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """``past`` are the turns before the next one, newest first, as many as its meaning may depend on."""

    id: str
    past: tuple[PastTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A request that must not be answered twice: its Idempotency-Key, and a hash of what it asks."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """``helpful`` and ``comment`` are the learner's feedback, ``None`` where there is none."""

    id: str
    question: str
    reply_json: str
    created_at: datetime
    helpful: bool | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class StoredConversation:
    id: str
    title: str
    created_at: datetime
    shared: bool
    messages: tuple[StoredMessage, ...]


@dataclass(frozen=True, slots=True)
class ConversationHead:
    """A conversation in a list; ``title`` is what its owner calls it, else its first question."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    messages: int
    shared: bool
