"""Conversations and verdicts in SQLite."""

import json
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from service.dialogue import PastTurn
from service.memory import Base, Memory, MemoryUnusable, UnknownConversation, VerdictKey, new_id

MATCHES = [{"entry_id": "grad", "question": "Why?"}, {"entry_id": "save", "question": "How?"}]
REPLY = json.dumps(
    {
        "understood_as": "why do they grow",
        "outcome": "answered",
        "matches": MATCHES,
        "nearest": [],
        "follow_ups": ["More?"],
        "shown": ["grad#answer"],
    }
)


def test_conversation_remembers_its_turns_newest_first(memory: Memory) -> None:
    conversation = memory.open(None)
    refused = {"outcome": "not_covered", "understood_as": "zebra", "matches": [], "follow_ups": []}
    memory.save(conversation.id, new_id(), "q", REPLY)
    memory.save(conversation.id, new_id(), "z", json.dumps(refused | {"nearest": MATCHES[1:]}))
    assert memory.open(conversation.id).past == (
        PastTurn("zebra", "not_covered", nearest=(("save", "How?"),)),
        PastTurn("why do they grow", spoken=(("grad", "Why?"),), shown=("grad#answer",), offered=("More?",)),
    )


def test_replies_of_the_first_version_are_understood(memory: Memory) -> None:
    memory.save("c", new_id(), "q", json.dumps({"matches": MATCHES, "follow_ups": []}))
    assert memory.open("c").past[0].spoken == (("grad", "Why?"),)


def test_conversation_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Memory(tmp_path / "db")
    first.save("c", new_id(), "q", REPLY)
    first.close()
    assert Memory(tmp_path / "db").open("c").past


def test_conversation_is_its_owners_only(memory: Memory) -> None:
    memory.save("c", new_id(), "q", REPLY, owner="ann")
    assert memory.open("c", owner="ann").id == "c"
    with pytest.raises(UnknownConversation):
        memory.open("c", owner="bob")


def test_nothing_is_stored_before_the_first_message(memory: Memory) -> None:
    with pytest.raises(UnknownConversation):
        memory.open(memory.open(None).id)


def test_ids_are_long_and_never_the_same() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert min(map(len, ids)) >= 22


def test_verdict_is_found_under_its_whole_key_only(memory: Memory) -> None:
    key = VerdictKey("hash", "2.13.0", "cpu", "3.11.0")
    memory.save_verdict(key, "{}")
    assert memory.verdict(key) == "{}"
    for other in (("x", "2.13.0", "cpu", "3.11.0"), ("hash", "2.14.0", "cpu", "3.11.0")):
        assert memory.verdict(VerdictKey(*other)) is None


def test_migrations_make_exactly_the_tables_of_the_model(tmp_path: Path) -> None:
    Memory(tmp_path / "db").close()
    with create_engine(f"sqlite:///{tmp_path / 'db'}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_database_of_a_newer_version_is_refused_with_the_reason(tmp_path: Path) -> None:
    Memory(tmp_path / "db").close()
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MemoryUnusable, match="written by another version of torchtutor"):
        Memory(tmp_path / "db")


def test_file_that_is_no_database_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"no database" * 100)
    with pytest.raises(MemoryUnusable, match="not a database"):
        Memory(tmp_path / "db")


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MemoryUnusable, match="set TUTOR_HOME to a folder"):
        Memory(tmp_path / "file" / "db")
