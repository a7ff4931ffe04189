"""The database file: migrated from every older version, refused where newer or broken, whole after a failure."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from service.events import Reply
from service.memory import Memory, MemoryUnusable, VerdictKey
from service.memory.tables import Base

OLD_STATE = Path(__file__).parent / "data" / "state-0001.sql"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database as the first version left it, with a conversation of three turns and a verdict."""
    with closing(sqlite3.connect(tmp_path / "db")) as connection:
        connection.executescript(OLD_STATE.read_text())
    return tmp_path / "db"


def contents(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_migrations_make_exactly_the_tables_of_the_model(tmp_path: Path) -> None:
    Memory(tmp_path / "db").close()
    with create_engine(f"sqlite:///{tmp_path / 'db'}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_old_database_is_migrated_and_nothing_of_it_is_lost(old: Path) -> None:
    memory = Memory(old)
    (head,) = memory.conversations.list(limit=10)
    messages = memory.conversations.get(head.id).messages
    assert [message.question for message in messages] == [
        "why do my gradients keep growing",
        "why?",
        "how do I boil an egg",
    ]
    replies = [Reply.model_validate_json(message.reply_json) for message in messages]
    assert [reply.outcome for reply in replies] == ["answered", "answered", "not_covered"]
    assert len(memory.verdicts.keys()) == 1
    with create_engine(f"sqlite:///{old}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migration_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(old)
    upgrade = command.upgrade

    def fail(*arguments: object) -> None:
        upgrade(*arguments)  # type: ignore[arg-type]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command, "upgrade", fail)
    with pytest.raises(MemoryUnusable, match="No space left"):
        Memory(old)
    assert contents(old) == before


def test_two_processes_that_start_at_once_migrate_once(old: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(Memory, [old] * 4))
    assert {len(memory.conversations.list(limit=10)) for memory in opened} == {1}


def test_database_of_a_newer_version_is_refused_with_the_reason_and_left_alone(tmp_path: Path) -> None:
    Memory(tmp_path / "db").close()
    with closing(sqlite3.connect(tmp_path / "db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = contents(tmp_path / "db")
    with pytest.raises(MemoryUnusable, match=r"newer version of torchtutor \(database version 9999"):
        Memory(tmp_path / "db")
    assert contents(tmp_path / "db") == before


def test_file_that_is_no_database_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"no database" * 100)
    with pytest.raises(MemoryUnusable, match="not a database"):
        Memory(tmp_path / "db")


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MemoryUnusable, match="set TUTOR_HOME to a folder"):
        Memory(tmp_path / "file" / "db")


def test_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "db")
    memory.verdicts.save(VerdictKey("h", "t", "d", "p"), "{}")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "db")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: memory.conversations.save(f"c{n % 4}", f"m{n}", "q", "{}"), range(64)))
    assert sum(head.messages for head in memory.conversations.list(limit=10)) == 64


def test_error_of_the_database_does_not_tell_what_learners_wrote(memory: Memory) -> None:
    memory.conversations.save("c", "m", "q", "{}")
    with pytest.raises(MemoryUnusable) as told:
        memory.conversations.save("d", "m", "a private question", "{}")
    chain: BaseException | None = told.value
    while chain is not None:
        assert "private" not in str(chain)
        chain = chain.__cause__
