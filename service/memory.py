"""What the tutor remembers: conversations with their messages, and verdicts; SQLAlchemy over SQLite.

::

    TutorError
    ├── MemoryUnusable         the database cannot be opened, is of a newer version, or cannot be written
    └── UnknownConversation    no conversation has this id

The tables are made and migrated by Alembic (``service/migrations``) when the database is opened.
"""

import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, ForeignKey, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from corpus.errors import TutorError
from service.dialogue import PastTurn

LOCAL_OWNER = "local"
"""Owns the conversations of a service that has no sign-in."""

REMEMBERED = 20
"""How many turns back the meaning of a message may depend on."""


class MemoryUnusable(TutorError):
    """The database cannot be used; the message says why and what to do."""


class UnknownConversation(TutorError):
    """No conversation of this owner has the id."""


class Base(DeclarativeBase):
    pass


class ConversationRow(Base):
    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]


class MessageRow(Base):
    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    question: Mapped[str]
    reply: Mapped[str]
    created_at: Mapped[datetime]


class VerdictRow(Base):
    __tablename__ = "verdicts"
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    torch_version: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    python_version: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """``past`` are the turns before the next one, newest first, up to :data:`REMEMBERED`."""

    id: str
    past: tuple[PastTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class VerdictKey:
    """A stored verdict holds for exactly this code on this torch, device and Python."""

    code_hash: str
    torch_version: str
    device: str
    python_version: str


def new_id() -> str:
    """An id that cannot be guessed: 128 random bits, URL-safe."""
    return secrets.token_urlsafe(16)


class Memory:
    """The database at ``path``, made or migrated as needed.

    Raises:
        MemoryUnusable: it cannot be opened, written or migrated.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = _connect(path)
            _migrate(self._engine)
            with self._session() as session:  # a read-only file opens well and fails at the first write
                session.connection().exec_driver_sql("PRAGMA user_version = 0")
        except CommandError as error:
            raise MemoryUnusable(
                f"{path} was written by another version of torchtutor ({error}); use that version or another TUTOR_HOME"
            ) from error
        except SQLAlchemyError as error:
            raise self._unusable(error) from error
        except OSError as error:
            raise MemoryUnusable(
                f"cannot use {path.parent}: {error.strerror}; set TUTOR_HOME to a folder that can be written"
            ) from error

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: SQLAlchemyError) -> MemoryUnusable:
        reason = getattr(error, "orig", None) or error
        return MemoryUnusable(
            f"cannot use the database {self._path}: {reason}; check that its folder can be written and has space"
        )

    def open(self, conversation_id: str | None, owner: str = LOCAL_OWNER) -> Conversation:
        """The conversation with this id, or a new one, which is stored with its first message.

        Raises:
            UnknownConversation: there is none with this id.
        """
        if conversation_id is None:
            return Conversation(new_id())
        with self._session() as session:
            row = session.get(ConversationRow, conversation_id)
            if row is None or row.owner != owner:
                raise UnknownConversation(
                    f"no conversation '{conversation_id}'; leave conversation_id out to start one"
                )
            newest = select(MessageRow.reply).where(MessageRow.conversation_id == row.id)
            replies = session.scalars(newest.order_by(MessageRow.created_at.desc()).limit(REMEMBERED)).all()
        return Conversation(conversation_id, tuple(_past_turn(json.loads(reply)) for reply in replies))

    def save(
        self, conversation_id: str, message_id: str, question: str, reply_json: str, owner: str = LOCAL_OWNER
    ) -> None:
        """Store one finished turn, and its conversation where it is new, in one transaction."""
        now = datetime.now(UTC)
        with self._session() as session:
            if session.get(ConversationRow, conversation_id) is None:
                session.add(ConversationRow(id=conversation_id, owner=owner, created_at=now))
            session.add(
                MessageRow(
                    id=message_id, conversation_id=conversation_id, question=question, reply=reply_json, created_at=now
                )
            )

    def verdict(self, key: VerdictKey) -> str | None:
        """The stored verdict's JSON, or ``None``."""
        with self._session() as session:
            row = session.get(VerdictRow, (key.code_hash, key.torch_version, key.device, key.python_version))
            return row.verdict if row else None

    def verdict_keys(self) -> set[VerdictKey]:
        """The keys of all stored verdicts."""
        columns = (VerdictRow.code_hash, VerdictRow.torch_version, VerdictRow.device, VerdictRow.python_version)
        with self._session() as session:
            return {VerdictKey(*row) for row in session.execute(select(*columns))}

    def save_verdict(self, key: VerdictKey, verdict_json: str) -> None:
        with self._session() as session:
            session.merge(
                VerdictRow(
                    code_hash=key.code_hash,
                    torch_version=key.torch_version,
                    device=key.device,
                    python_version=key.python_version,
                    verdict=verdict_json,
                )
            )

    def close(self) -> None:
        self._engine.dispose()


def _past_turn(reply: dict[str, Any]) -> PastTurn:
    shown = tuple(reply.get("shown", ()))
    about = {piece.partition("#")[0] for piece in shown} or {match["entry_id"] for match in reply["matches"][:1]}
    return PastTurn(
        asked=reply.get("understood_as", ""),
        outcome=reply.get("outcome", "answered"),
        spoken=tuple((m["entry_id"], m["question"]) for m in reply["matches"] if m["entry_id"] in about),
        shown=shown,
        offered=tuple(reply["follow_ups"]),
        nearest=tuple((one["entry_id"], one["question"]) for one in reply.get("nearest", ())),
    )


def _connect(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
