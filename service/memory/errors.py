"""What can go wrong with the memory.

::

    TutorError
    ├── MemoryUnusable         the database cannot be opened, is of a newer version, or cannot be written
    ├── UnknownConversation    no conversation of this owner has the id
    ├── UnknownMessage         no message of this owner has the id
    ├── UnknownShare           no conversation is shared under the token
    ├── UnknownKey             no key has the id
    ├── KeyUnusable            a key, its name or its scopes are not as they must be
    ├── KeyReused              an Idempotency-Key came again with another request
    └── Cancelled              the turn was cancelled before it was stored
"""

from corpus.errors import TutorError


class MemoryUnusable(TutorError):
    """The database cannot be used; the message says why and what to do."""


class UnknownConversation(TutorError):
    """No conversation of this owner has the id."""


class UnknownMessage(TutorError):
    """No message of this owner has the id."""


class UnknownShare(TutorError):
    """No conversation is shared under the token."""


class UnknownKey(TutorError):
    """No key has the id."""


class KeyUnusable(TutorError):
    """The key cannot be made or taken over; the message says why."""


class KeyReused(TutorError):
    """An Idempotency-Key came again with another request."""


class Cancelled(TutorError):
    """The turn was cancelled before it was stored."""
