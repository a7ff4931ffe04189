"""Single messages by their id, for channels that show them long after."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.memory.database import Database
from service.memory.errors import UnknownMessage
from service.memory.tables import ConversationRow, MessageRow


class Messages:
    """Every method takes the owner, and knows nothing of what others own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reply(self, message_id: str, owner: str) -> str:
        """The JSON of the reply with this message id.

        Raises:
            UnknownMessage: no stored message of the owner has it.
        """
        with self._database.read() as session:
            return _owned(session, message_id, owner).reply

    def delete(self, message_id: str, owner: str) -> None:
        """Delete one turn, and its conversation where it was the only one; nothing of it stays in the file.

        Raises:
            UnknownMessage: no stored message of the owner has the id.
        """
        with self._database.write() as session:
            row = _owned(session, message_id, owner)
            others = select(MessageRow.id).where(
                MessageRow.conversation_id == row.conversation_id, MessageRow.id != message_id
            )
            alone = session.scalars(others.limit(1)).first() is None
            session.delete(session.get_one(ConversationRow, row.conversation_id) if alone else row)
        self._database.forget_deleted()

    def delete_all(self, owner: str) -> int:
        """Delete every conversation of an owner; returns how many there were."""
        with self._database.write() as session:
            rows = session.scalars(select(ConversationRow).where(ConversationRow.owner == owner)).all()
            for row in rows:
                session.delete(row)
        self._database.forget_deleted()
        return len(rows)


def _owned(session: Session, message_id: str, owner: str) -> MessageRow:
    of_owner = (
        select(MessageRow)
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(MessageRow.id == message_id, ConversationRow.owner == owner)
    )
    row = session.scalars(of_owner).first()
    if row is None:
        raise UnknownMessage(f"no message '{message_id}'; it was deleted, or is not yours")
    return row
