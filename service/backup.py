"""``torchtutor backup`` and ``restore``: all that cannot be made again, in one file.

A backup is a zip archive of the database, copied consistently while the service may run, and a manifest with its
version and checksum. The index is not in it: it is built from the corpus. Nothing is unpickled, and nothing but the two
named members is read.

::

    TutorError
    ├── BackupUnusable    the file is no backup, is broken, or is of a newer version
    └── StateInUse        the state folder holds something already, or a service uses it
"""

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from corpus.errors import TutorError
from service.memory import Memory
from service.memory.database import newest_revision, too_new
from service.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "tutor.sqlite3"
MAX_MANIFEST_BYTES = 10_000


class BackupUnusable(TutorError):
    """The backup cannot be written or restored; the message says why."""


class StateInUse(TutorError):
    """Restoring would overwrite something."""


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    torchtutor: str
    revision: str
    sha256: str
    made_at: str


@contextmanager
def in_use(home: Path) -> Iterator[None]:
    """Mark the state folder as in use by a service for as long as this lasts."""
    with (home / "in-use.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def back_up(settings: Settings, file: Path) -> None:
    """Write all that is remembered into ``file``, which must not be there yet and only its owner can read.

    Raises:
        MemoryUnusable: the database cannot be read.
        BackupUnusable: the file is there already, or cannot be written.
    """
    if file.exists():
        raise BackupUnusable(f"{file} is there already; name a new file")
    Memory(settings.database).close()  # migrates it, or says why it cannot be used
    try:
        with tempfile.TemporaryDirectory(prefix=".torchtutor-", dir=file.absolute().parent) as scratch:
            copy, archive = Path(scratch, DATABASE), Path(scratch, "archive")
            _copy(settings.database, copy)
            manifest = Manifest(
                FORMAT, version("torchtutor"), newest_revision(), _sha256(copy), datetime.now(UTC).isoformat()
            )
            archive.touch(mode=0o600)
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
                target.write(copy, DATABASE)
                target.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
            os.link(archive, file)  # whole or not at all, and never over another file
    except (OSError, sqlite3.Error) as error:
        raise BackupUnusable(f"cannot write the backup {file}: {error}") from error


def restore(settings: Settings, file: Path, *, replace: bool = False) -> None:
    """Put the backup in ``file`` into the state folder; with ``replace`` in place of what is there.

    Raises:
        BackupUnusable: it is no backup, is broken, or is of a newer version; nothing was changed.
        StateInUse: a service runs on the state folder, or it remembers something already.
    """
    home = settings.home
    home.mkdir(parents=True, exist_ok=True)
    with (home / "in-use.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateInUse(f"a service uses {home}; stop it first") from error
        if settings.database.exists() and not replace:
            raise StateInUse(f"{settings.database} is there already; --replace puts the backup in its place")
        try:
            with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as scratch:
                copy = Path(scratch, DATABASE)
                _extract(file, copy)
                Memory(copy).close()  # migrates it
                _copy(copy, Path(scratch, "whole"))
                _settle(settings.database)
                Path(scratch, "whole").replace(settings.database)
        except (OSError, zipfile.BadZipFile, sqlite3.Error) as error:
            raise BackupUnusable(f"{file} cannot be restored: {error}") from error


def _copy(source: Path, target: Path) -> None:
    """A copy of the database as it is at one moment, whole in one file."""
    target.touch(mode=0o600)
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)
        written.execute("PRAGMA journal_mode=DELETE")


def _settle(database: Path) -> None:
    """Leave no write-ahead log beside ``database`` that would be applied to what takes its place."""
    if database.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)


def _extract(file: Path, target: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        manifest = _manifest(file, archive)
        target.touch(mode=0o600)
        with archive.open(DATABASE) as packed, target.open("wb") as written:
            shutil.copyfileobj(packed, written)
    if _sha256(target) != manifest.sha256:
        raise BackupUnusable(f"{file} is broken: its database is not what was written")
    with closing(sqlite3.connect(target)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
    if found != "ok":
        raise BackupUnusable(f"{file} is broken: {found}")


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        with archive.open(MANIFEST) as packed:
            manifest = Manifest(**json.loads(packed.read(MAX_MANIFEST_BYTES)))
        archive.getinfo(DATABASE)
    except (KeyError, ValueError, TypeError) as error:
        raise BackupUnusable(f"{file} is no backup of torchtutor; make one with 'torchtutor backup FILE'") from error
    if manifest.format != FORMAT or too_new(manifest.revision):
        raise BackupUnusable(
            f"{file} was made by a newer version, torchtutor {manifest.torchtutor}; restore it with that version"
        )
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
