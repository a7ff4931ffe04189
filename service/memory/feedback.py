"""What learners thought of replies, and the replies that say what the corpus lacks."""

from collections.abc import Iterator

from sqlalchemy import select

from service.memory.database import Database
from service.memory.errors import UnknownMessage
from service.memory.nouns import LOCAL_OWNER, StoredMessage
from service.memory.tables import ConversationRow, FeedbackRow, MessageRow, now


class Feedback:
    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, message_id: str, helpful: bool, comment: str | None, owner: str = LOCAL_OWNER) -> None:
        """Note whether a message helped, in place of what was said of it before.

        Raises:
            UnknownMessage: no stored message of the owner has the id.
        """
        theirs = (
            select(MessageRow.id)
            .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
            .where(MessageRow.id == message_id, ConversationRow.owner == owner)
        )
        with self._database.write() as session:
            if session.scalars(theirs).first() is None:
                raise UnknownMessage(f"no message '{message_id}'; take the message_id of a finished reply")
            session.merge(FeedbackRow(message_id=message_id, helpful=helpful, comment=comment, created_at=now()))

    def messages(self) -> Iterator[StoredMessage]:
        """Every message of every owner with its feedback, oldest first: for reports on the operator's machine."""
        query = (
            select(MessageRow, FeedbackRow)
            .join(FeedbackRow, FeedbackRow.message_id == MessageRow.id, isouter=True)
            .order_by(MessageRow.created_at)
        )
        with self._database.read() as session:
            for message, feedback in session.execute(query.execution_options(yield_per=500)):
                yield StoredMessage(
                    id=message.id,
                    question=message.question,
                    reply_json=message.reply,
                    created_at=message.created_at,
                    helpful=feedback.helpful if feedback else None,
                    comment=feedback.comment if feedback else None,
                )
