"""Conversations with their messages: stored, read, listed, deleted, and forgotten after a while."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from corpus.entry import Snippet
from service.dialogue import PastTurn
from service.memory.database import Database
from service.memory.errors import KeyReused, UnknownConversation
from service.memory.ids import new_id
from service.memory.nouns import (
    LOCAL_OWNER,
    Conversation,
    ConversationHead,
    Request,
    StoredConversation,
    StoredMessage,
)
from service.memory.tables import ConversationRow, FeedbackRow, MessageRow, RequestRow, now
from service.memory.titles import title_of

REMEMBERED = 20
"""How many turns back the meaning of a message may depend on."""


class Conversations:
    """Every method takes the owner, and knows nothing of what others own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, conversation_id: str | None, owner: str = LOCAL_OWNER) -> Conversation:
        """The conversation with this id, or a new one, which is stored with its first message.

        Raises:
            UnknownConversation: there is none with this id.
        """
        if conversation_id is None:
            return Conversation(new_id())
        with self._database.read() as session:
            row = owned(session, conversation_id, owner)
            newest = select(MessageRow.reply).where(MessageRow.conversation_id == row.id)
            replies = session.scalars(newest.order_by(MessageRow.created_at.desc()).limit(REMEMBERED)).all()
        return Conversation(conversation_id, tuple(past_turn(json.loads(reply)) for reply in replies))

    def save(
        self,
        conversation_id: str,
        message_id: str,
        question: str,
        reply_json: str,
        owner: str = LOCAL_OWNER,
        *,
        new: bool = True,
        request: Request | None = None,
    ) -> None:
        """Store one finished turn in one transaction, with its conversation where that is ``new``.

        Raises:
            UnknownConversation: it is not new and was deleted meanwhile.
        """
        with self._database.write() as session:
            if new and session.get(ConversationRow, conversation_id) is None:
                session.add(ConversationRow(id=conversation_id, owner=owner, created_at=now()))
                session.flush()
            owned(session, conversation_id, owner)
            session.add(
                MessageRow(
                    id=message_id,
                    conversation_id=conversation_id,
                    question=question,
                    reply=reply_json,
                    created_at=now(),
                )
            )
            if request is not None:
                session.flush()
                session.add(
                    RequestRow(owner=owner, key=request.key, fingerprint=request.fingerprint, message_id=message_id)
                )

    def answered(self, request: Request, owner: str = LOCAL_OWNER) -> str | None:
        """The JSON of the reply that ``request`` got before, or ``None``.

        Raises:
            KeyReused: its key belongs to another request.
        """
        with self._database.read() as session:
            row = session.get(RequestRow, (owner, request.key))
            if row is None:
                return None
            check_same(request, row.fingerprint)
            return session.scalars(select(MessageRow.reply).where(MessageRow.id == row.message_id)).one()

    def list(
        self, owner: str = LOCAL_OWNER, *, limit: int, offset: int = 0, words: Sequence[str] = ()
    ) -> list[ConversationHead]:
        """The conversations that have all ``words`` in title or questions, the one with the newest message first."""
        grouped = (
            select(
                MessageRow.conversation_id.label("id"),
                func.max(MessageRow.created_at).label("updated_at"),
                func.count().label("messages"),
            )
            .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
            .where(ConversationRow.owner == owner, *(_has(word) for word in words))
            .group_by(MessageRow.conversation_id)
            .order_by(func.max(MessageRow.created_at).desc())
            .limit(limit)
            .offset(offset)
        )
        with self._database.read() as session:
            return [
                _head(session, conversation_id, updated_at, count)
                for conversation_id, updated_at, count in session.execute(grouped)
            ]

    def get(self, conversation_id: str, owner: str = LOCAL_OWNER) -> StoredConversation:
        """The whole conversation.

        Raises:
            UnknownConversation: there is none with this id.
        """
        with self._database.read() as session:
            return whole(session, owned(session, conversation_id, owner))

    def rename(self, conversation_id: str, title: str, owner: str = LOCAL_OWNER) -> None:
        """Call the conversation ``title``.

        Raises:
            UnknownConversation: there is none with this id.
        """
        with self._database.write() as session:
            owned(session, conversation_id, owner).title = title

    def delete(self, conversation_id: str, owner: str = LOCAL_OWNER) -> None:
        """Delete it with its messages, their feedback and its share link; nothing of it stays in the file.

        Raises:
            UnknownConversation: there is none with this id.
        """
        with self._database.write() as session:
            session.delete(owned(session, conversation_id, owner))
        self._database.forget_deleted()

    def forget(self, older_than_days: float) -> int:
        """Delete every conversation whose newest message is older; returns how many."""
        before = now() - timedelta(days=older_than_days)
        kept = select(MessageRow.conversation_id).where(MessageRow.created_at >= before)
        with self._database.write() as session:
            old = session.scalars(select(ConversationRow).where(ConversationRow.id.not_in(kept))).all()
            for row in old:
                session.delete(row)
        if old:
            self._database.forget_deleted()
        return len(old)


def check_same(request: Request, fingerprint: str) -> None:
    """Raise :class:`KeyReused` where ``request`` asks something else than the one with ``fingerprint``."""
    if request.fingerprint != fingerprint:
        raise KeyReused(f"the Idempotency-Key '{request.key}' was used for another request; send a new one")


def owned(session: Session, conversation_id: str, owner: str) -> ConversationRow:
    """The row of the owner's conversation, or :class:`UnknownConversation`."""
    row = session.get(ConversationRow, conversation_id)
    if row is None or row.owner != owner:
        raise UnknownConversation(f"no conversation '{conversation_id}'; leave conversation_id out to start one")
    return row


def whole(session: Session, row: ConversationRow) -> StoredConversation:
    """The conversation with all its messages, in order."""
    messages = (
        select(MessageRow, FeedbackRow)
        .join(FeedbackRow, FeedbackRow.message_id == MessageRow.id, isouter=True)
        .where(MessageRow.conversation_id == row.id)
        .order_by(MessageRow.created_at)
    )
    return StoredConversation(
        id=row.id,
        title=row.title or _first_title(session, row.id),
        created_at=row.created_at,
        shared=row.share_hash is not None,
        messages=tuple(
            StoredMessage(
                id=message.id,
                question=message.question,
                reply_json=message.reply,
                created_at=message.created_at,
                helpful=feedback.helpful if feedback else None,
                comment=feedback.comment if feedback else None,
            )
            for message, feedback in session.execute(messages)
        ),
    )


def _head(session: Session, conversation_id: str, updated_at: datetime, messages: int) -> ConversationHead:
    row = session.get_one(ConversationRow, conversation_id)
    return ConversationHead(
        id=conversation_id,
        title=row.title or _first_title(session, conversation_id),
        created_at=row.created_at,
        updated_at=updated_at,
        messages=messages,
        shared=row.share_hash is not None,
    )


def _first_title(session: Session, conversation_id: str) -> str:
    understood_as = func.coalesce(func.json_extract(MessageRow.reply, "$.understood_as"), "")
    first = select(MessageRow.question, understood_as).where(MessageRow.conversation_id == conversation_id)
    return title_of(*session.execute(first.order_by(MessageRow.created_at).limit(1)).one())


def _has(word: str) -> ColumnElement[bool]:
    """Whether a conversation's title or one of its questions contains ``word``, in whatever case."""
    asking = select(MessageRow.conversation_id).where(MessageRow.question.icontains(word, autoescape=True))
    return or_(ConversationRow.title.icontains(word, autoescape=True), ConversationRow.id.in_(asking))


def past_turn(reply: dict[str, Any]) -> PastTurn:
    """What the next turns need to know of ``reply``, the JSON of a turn."""
    shown = tuple(reply.get("shown", ()))
    about = {piece.partition("#")[0] for piece in shown} or {match["entry_id"] for match in reply["matches"][:1]}
    return PastTurn(
        asked=reply.get("understood_as", ""),
        outcome=reply.get("outcome", "answered"),
        spoken=tuple((m["entry_id"], m["question"]) for m in reply["matches"] if m["entry_id"] in about),
        shown=shown,
        offered=tuple(reply["follow_ups"]),
        nearest=tuple((one["entry_id"], one["question"]) for one in reply.get("nearest", ())),
        programs=tuple(Snippet(one["id"], one["code"]) for one in reply.get("snippets", ())),
    )
