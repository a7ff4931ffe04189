"""The tables; Alembic (``service/migrations``) makes and changes them, and a test compares the two."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC without its zone, which SQLite does not know."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Moment}  # noqa: RUF012 - SQLAlchemy's own declaration


class ConversationRow(Base):
    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    share_hash: Mapped[str | None] = mapped_column(index=True, unique=True)
    """sha256 of the token that lets others read the conversation."""
    title: Mapped[str | None]
    """What its owner calls it; ``None``: it is called by its first question."""


class MessageRow(Base):
    """One finished turn: the question, and the reply as JSON."""

    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    question: Mapped[str]
    reply: Mapped[str]
    created_at: Mapped[datetime]


class RequestRow(Base):
    """A request with an Idempotency-Key, and the message that answered it."""

    __tablename__ = "requests"
    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)


class FeedbackRow(Base):
    """What a learner thought of a message; the last word counts."""

    __tablename__ = "feedback"
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    helpful: Mapped[bool]
    comment: Mapped[str | None]
    created_at: Mapped[datetime]


class VerdictRow(Base):
    __tablename__ = "verdicts"
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    torch_version: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    python_version: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[str]


class KeyRow(Base):
    """A key that lets somebody in; only its sha256 is stored."""

    __tablename__ = "keys"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(index=True, unique=True)
    scopes: Mapped[str]
    """Separated by blanks."""
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInRow(Base):
    """A browser that signed in with a key; only the sha256 of its cookie is stored."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("keys.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]


class ClaimRow(Base):
    """A Slack message that somebody took on to answer; nothing of what it says."""

    __tablename__ = "slack_claims"
    team: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[str] = mapped_column(primary_key=True)
    thread: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    replies: Mapped[str]
    """The messages that stand in Slack for it, separated by blanks."""
    message_id: Mapped[str | None]
    claimed_at: Mapped[datetime]
    lease_until: Mapped[datetime]


class ThreadRow(Base):
    """A Slack thread in which the tutor has answered, and the conversation that it is."""

    __tablename__ = "slack_threads"
    team: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    thread: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    asker: Mapped[str]
    aside: Mapped[bool]
    updated_at: Mapped[datetime]
