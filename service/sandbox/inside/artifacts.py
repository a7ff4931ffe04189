"""Pictures that a program left: plain files with a picture's first bytes, collected without following links."""

import base64
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

MAX_BYTES = 1_000_000
MAX_COUNT = 8
MAX_SEEN = 1000
MAX_DEPTH = 8
_HEAD_BYTES = 2000
_KINDS = {".png": "image/png", ".svg": "image/svg+xml"}


def collect(folder: str) -> list[dict[str, str]]:
    """The first :data:`MAX_COUNT` pictures in ``folder`` and below, by name: name, media type, base64."""
    found: list[dict[str, str]] = []
    for path, media_type in islice(_pictures(folder), MAX_SEEN):
        if (content := _content(path, media_type)) is not None:
            shown = os.path.relpath(path, folder).encode("utf-8", "replace").decode()
            coded = base64.b64encode(content).decode()
            found.append({"name": shown, "media_type": media_type, "base64": coded})
            if len(found) == MAX_COUNT:
                break
    return found


def _pictures(folder: str) -> Iterator[tuple[str, str]]:
    """What is named like a picture, with its media type; nothing deeper than :data:`MAX_DEPTH`."""
    places = [(folder, 0)]
    while places:
        place, depth = places.pop()
        with suppress(OSError), os.scandir(place) as entries:
            inner = []
            for entry in sorted(entries, key=lambda entry: entry.name):
                if media_type := _KINDS.get(os.path.splitext(entry.name)[1].lower()):
                    yield entry.path, media_type
                elif depth < MAX_DEPTH and entry.is_dir(follow_symlinks=False) and _is_own(entry):
                    inner.append((entry.path, depth + 1))
            places += reversed(inner)


def _is_own(folder: os.DirEntry[str]) -> bool:
    """Whether pictures in it are the program's: no cache, hidden folder, or one that is mounted."""
    return folder.name != "home" and not folder.name.startswith(".") and not os.path.ismount(folder.path)


def _content(path: str, media_type: str) -> bytes | None:
    """The file's bytes; ``None`` unless it is a plain, small file that begins as such a picture does."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            return None
        with open(file, "rb", closefd=False) as opened:
            head = opened.read(_HEAD_BYTES)
            fits = head.startswith(b"\x89PNG\r\n\x1a\n") if media_type == "image/png" else b"<svg" in head
            return head + opened.read(MAX_BYTES - len(head)) if fits else None
    finally:
        os.close(file)
