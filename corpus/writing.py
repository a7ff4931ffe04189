"""Files that are written whole or not at all."""

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


def write_whole(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write ``content`` into ``path`` in one step; a reader sees all of it or nothing.

    Raises:
        FileExistsError: there is such a file, and ``replace`` is not set.
        OSError: the folder cannot be written.
    """
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(4)}.tmp")
    try:
        with fresh.open("xb") as file:
            file.write(content)
        if replace:
            fresh.replace(path)
        else:
            _put(fresh, path)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def _put(fresh: Path, path: Path) -> None:
    """Give ``fresh`` the name ``path``, unless that is taken: a hard link does both in one step."""
    try:
        os.link(fresh, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if path.exists() or path.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        fresh.replace(path)
