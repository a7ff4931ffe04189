"""Files that are written whole or not at all."""

import errno
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


def write_whole(files: Mapping[Path, bytes], *, replace: bool = False) -> None:
    """Write each of ``files``; a reader sees all of a file or nothing, and none is put in place before all are written.

    Raises:
        FileExistsError: there is such a file, and ``replace`` is not set.
        OSError: a folder cannot be written, or is full.
    """
    fresh: dict[Path, Path] = {}
    try:
        for path, content in files.items():
            fresh[path] = path.with_name(f".{path.name}-{secrets.token_hex(4)}.tmp")
            with fresh[path].open("xb") as file:
                file.write(content)
        for path, written in fresh.items():
            if replace:
                written.replace(path)
            else:
                _put(written, path)
    finally:
        for written in fresh.values():
            with suppress(OSError):
                written.unlink()


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
