"""Keys that let somebody in, what each allows, and the browsers that signed in with one.

A key is shown once, when it is made; the database holds its sha256 (:func:`service.memory.ids.digest` says why that is
enough).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.memory.database import Database
from service.memory.errors import KeyUnusable, UnknownKey
from service.memory.ids import digest, new_id, new_secret
from service.memory.tables import KeyRow, SignInRow, now

Scope = Literal["ask", "run", "admin"]
"""``ask`` questions, ``run`` one's own code, ``admin``: see how the service does (``/metrics``)."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "tutor_"
FILE_KEY = "file"
"""The id of the key that comes from the secret file."""

SIGN_IN_DAYS = 30
MIN_FILE_KEY = 32
_FILE_KEY = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it can be shown: without its secret."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None


class Keys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, scopes: Iterable[str]) -> tuple[Key, str]:
        """Make a key; returns it with its secret, which cannot be had again.

        Raises:
            KeyUnusable: the name is empty, or a scope is unknown.
        """
        if not name.strip():
            raise KeyUnusable("the name of the key is empty; write whose it is")
        secret = PREFIX + new_secret()
        row = _row(new_id()[:8], name.strip(), secret, _checked(scopes))
        with self._database.write() as session:
            session.add(row)
        return _key(row), secret

    def take_over(self, secret: str) -> None:
        """Let in whoever shows ``secret``, the content of the operator's secret file, with all scopes.

        Whatever another content of that file let in is let in no more.

        Raises:
            KeyUnusable: it is too short to be safe, or holds blanks.
        """
        if len(secret) < MIN_FILE_KEY or not _FILE_KEY.fullmatch(secret):
            raise KeyUnusable(
                f"the key in TUTOR_KEY_FILE must be one line of {MIN_FILE_KEY} or more letters, digits and signs; "
                "make one with: openssl rand -hex 32"
            )
        with self._database.write() as session:
            row = session.get(KeyRow, FILE_KEY)
            if row is None:
                session.add(_row(FILE_KEY, "from TUTOR_KEY_FILE", secret, SCOPES))
            elif row.token_hash != digest(secret):
                session.execute(delete(SignInRow).where(SignInRow.key_id == FILE_KEY))
                row.token_hash, row.revoked_at = digest(secret), None

    def drop_file_key(self) -> None:
        """Let nobody in with the secret file any more, since there is none."""
        with self._database.write() as session:
            session.execute(delete(KeyRow).where(KeyRow.id == FILE_KEY))

    def list(self) -> list[Key]:
        """All keys, also the revoked ones, oldest first."""
        with self._database.read() as session:
            return [_key(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.created_at))]

    def any(self) -> bool:
        """Whether at least one key is valid."""
        with self._database.read() as session:
            return session.scalars(select(KeyRow.id).where(KeyRow.revoked_at.is_(None)).limit(1)).first() is not None

    def revoke(self, key_id: str) -> None:
        """Let nobody in with this key any more, and sign out who came in with it.

        Raises:
            UnknownKey: there is none with this id.
        """
        with self._database.write() as session:
            if session.get(KeyRow, key_id) is None:
                raise UnknownKey(f"no key '{key_id}'; 'torchtutor keys list' shows them")
            session.execute(
                update(KeyRow).where(KeyRow.id == key_id, KeyRow.revoked_at.is_(None)).values(revoked_at=now())
            )
            session.execute(delete(SignInRow).where(SignInRow.key_id == key_id))

    def find(self, secret: str) -> Key | None:
        """The valid key with this secret."""
        with self._database.read() as session:
            return _valid(session.scalars(select(KeyRow).where(KeyRow.token_hash == digest(secret))).first())

    def sign_in(self, key: Key) -> str:
        """A token for a browser that showed the key, valid for :data:`SIGN_IN_DAYS` or until the key is revoked."""
        token = new_secret()
        expires_at = now() + timedelta(days=SIGN_IN_DAYS)
        with self._database.write() as session:
            session.execute(delete(SignInRow).where(SignInRow.expires_at < now()))
            session.add(SignInRow(token_hash=digest(token), key_id=key.id, expires_at=expires_at))
        return token

    def signed_in(self, token: str) -> Key | None:
        """The valid key that the browser with this token signed in with."""
        with self._database.read() as session:
            row = session.get(SignInRow, digest(token))
            return None if row is None or row.expires_at < now() else _valid(_of(session, row))

    def sign_out(self, token: str) -> None:
        with self._database.write() as session:
            session.execute(delete(SignInRow).where(SignInRow.token_hash == digest(token)))


def _checked(scopes: Iterable[str]) -> tuple[Scope, ...]:
    wanted = set(scopes)
    unknown = sorted(wanted - set(SCOPES))
    if unknown or not wanted:
        told = f"no scope '{unknown[0]}'" if unknown else "a key without a scope opens nothing"
        raise KeyUnusable(f"{told}; there are: {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in wanted)


def _row(key_id: str, name: str, secret: str, scopes: tuple[Scope, ...]) -> KeyRow:
    return KeyRow(
        id=key_id, name=name, token_hash=digest(secret), scopes=" ".join(scopes), created_at=now(), revoked_at=None
    )


def _of(session: Session, row: SignInRow) -> KeyRow | None:
    return session.get(KeyRow, row.key_id)


def _valid(row: KeyRow | None) -> Key | None:
    return None if row is None or row.revoked_at is not None else _key(row)


def _key(row: KeyRow) -> Key:
    scopes = frozenset(scope for scope in SCOPES if scope in row.scopes.split())
    return Key(row.id, row.name, scopes, row.created_at, row.revoked_at)
