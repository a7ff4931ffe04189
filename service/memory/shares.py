"""Share links: a token under which everybody may read one conversation, until it is revoked."""

from sqlalchemy import select

from service.memory.conversations import owned, whole
from service.memory.database import Database
from service.memory.errors import UnknownShare
from service.memory.ids import digest, new_secret
from service.memory.nouns import LOCAL_OWNER, StoredConversation
from service.memory.tables import ConversationRow


class Shares:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, conversation_id: str, owner: str = LOCAL_OWNER) -> str:
        """A new token under which everybody may read the conversation; an earlier one becomes void.

        Raises:
            UnknownConversation: there is none with this id.
        """
        token = new_secret()
        with self._database.write() as session:
            owned(session, conversation_id, owner).share_hash = digest(token)
        return token

    def revoke(self, conversation_id: str, owner: str = LOCAL_OWNER) -> None:
        """Make the share link void.

        Raises:
            UnknownConversation: there is none with this id.
        """
        with self._database.write() as session:
            owned(session, conversation_id, owner).share_hash = None

    def read(self, token: str) -> StoredConversation:
        """The conversation that is shared under ``token``.

        Raises:
            UnknownShare: there is none.
        """
        with self._database.read() as session:
            row = session.scalars(select(ConversationRow).where(ConversationRow.share_hash == digest(token))).first()
            if row is None:
                raise UnknownShare("this link shows no conversation; it was revoked, or never was")
            return whole(session, row)
