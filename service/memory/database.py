"""The database file: opened, migrated, and written in transactions that a killed process cannot leave half done."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.memory.errors import MemoryUnusable

MIGRATIONS = Path(__file__).parents[1] / "migrations"


class Database:
    """The SQLite file at ``path``, made or migrated as needed; readable by its owner only.

    Raises:
        MemoryUnusable: it cannot be opened, written or migrated, or a newer version wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
            self._engine = _connect(path)
            self._writing = self._engine.execution_options(writes=True)
            with self._told(), self._writing.begin() as connection:
                _migrate(connection, path)
                # a read-only file opens well and fails at the first write
                connection.exec_driver_sql("PRAGMA user_version = 0")
        except OSError as error:
            raise MemoryUnusable(
                f"cannot use {path.parent}: {error.strerror}; set TUTOR_HOME to a folder that can be written"
            ) from error

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database."""
        with self._told(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that alone may write; all of it is stored, synced to disk, or nothing."""
        with self._told(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def forget_deleted(self) -> None:
        """Take what was deleted out of the write-ahead log too, as far as no reader needs it."""
        with self._told(), self._engine.connect() as connection:
            connection.rollback()
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise MemoryUnusable(
                f"cannot use the database {self.path}: {reason}; check that its folder can be written and has space"
            ) from error


def newest_revision() -> str:
    """The version of the database that this version of torchtutor writes."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert head is not None
    return head


def too_new(revision: str) -> bool:
    """Whether a database at ``revision`` was written by a newer version of torchtutor."""
    return revision not in {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _connect(path: Path) -> Engine:
    # without its parameters, which hold what learners wrote, an error can be logged
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, also around migrations
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # a writer takes the lock at once: one that had read before could not wait for it
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _migrate(connection: Connection, path: Path) -> None:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and too_new(revision):
        raise MemoryUnusable(
            f"{path} was written by a newer version of torchtutor (database version {revision}, this one reads up to "
            f"{newest_revision()}); use that version or another TUTOR_HOME"
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command.upgrade(config, "head")
