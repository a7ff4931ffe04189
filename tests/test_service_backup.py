"""A backup holds all that is remembered, and only a whole one of a known version is restored."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from service.backup import BackupUnusable, StateInUse, back_up, in_use, restore
from service.memory import Memory
from service.settings import Settings


def state(home: Path, *questions: str) -> Settings:
    settings = Settings(home=home)
    memory = Memory(settings.database)
    for question in questions:
        memory.conversations.save(question, question, question, "{}")
    memory.close()
    return settings


def questions(settings: Settings) -> set[str]:
    return {head.title for head in Memory(settings.database).conversations.list(limit=10)}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    back_up(state(tmp_path / "first", "kept"), tmp_path / "backup")
    return tmp_path / "backup"


def changed(archive: Path, member: str, data: bytes) -> Path:
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in source.namelist()} | {member: data}
    other = archive.with_name("changed")
    with zipfile.ZipFile(other, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    return other


def test_restored_state_is_what_was_backed_up(tmp_path: Path, archive: Path) -> None:
    elsewhere = Settings(home=tmp_path / "second")
    restore(elsewhere, archive)
    assert questions(elsewhere) == {"kept"}
    assert stat.S_IMODE(archive.stat().st_mode) == stat.S_IMODE(elsewhere.database.stat().st_mode) == 0o600


def test_backup_of_a_running_service_holds_what_is_only_in_its_log_yet(tmp_path: Path) -> None:
    settings = state(tmp_path / "first", "old")
    running = Memory(settings.database)
    running.conversations.save("new", "new", "new", "{}")
    back_up(settings, tmp_path / "backup")
    elsewhere = Settings(home=tmp_path / "second")
    restore(elsewhere, tmp_path / "backup")
    assert questions(elsewhere) == {"old", "new"}
    running.close()


def test_backup_never_overwrites_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(BackupUnusable, match="there already"):
        back_up(state(tmp_path / "first"), tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "precious"


def test_restore_overwrites_only_when_told(tmp_path: Path, archive: Path) -> None:
    other = state(tmp_path / "second", "other")
    with pytest.raises(StateInUse, match="--replace"):
        restore(other, archive)
    assert questions(other) == {"other"}
    restore(other, archive, replace=True)
    assert questions(other) == {"kept"}


def test_restore_under_a_running_service_is_refused(tmp_path: Path, archive: Path) -> None:
    other = state(tmp_path / "second", "other")
    with in_use(other.home), pytest.raises(StateInUse, match="stop it first"):
        restore(other, archive, replace=True)


@pytest.mark.parametrize(
    ("member", "data", "told"),
    [
        ("tutor.sqlite3", b"something else", "not what was written"),
        ("manifest.json", b"{}", "no backup of torchtutor"),
        ("manifest.json", b"nonsense", "no backup of torchtutor"),
    ],
)
def test_broken_backup_is_refused_and_changes_nothing(
    tmp_path: Path, archive: Path, member: str, data: bytes, told: str
) -> None:
    other = state(tmp_path / "second", "other")
    with pytest.raises(BackupUnusable, match=told):
        restore(other, changed(archive, member, data), replace=True)
    assert questions(other) == {"other"}


def test_backup_of_a_newer_version_is_refused_with_the_reason(tmp_path: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive) as source:
        manifest = json.loads(source.read("manifest.json"))
    newer = changed(archive, "manifest.json", json.dumps(manifest | {"revision": "9999"}).encode())
    with pytest.raises(BackupUnusable, match="newer version"):
        restore(Settings(home=tmp_path / "second"), newer)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + b"x" * 100])
def test_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(BackupUnusable, match="cannot be restored"):
        restore(Settings(home=tmp_path / "second"), tmp_path / "file")
