"""Pictures that a program left: plain files with a picture's first bytes, collected without following links."""

import base64
import os
import stat

MAX_BYTES = 1_000_000
MAX_COUNT = 8
MAX_SEEN = 10_000
_KINDS = {".png": "image/png", ".svg": "image/svg+xml"}


def collect(folder: str) -> list[dict[str, str]]:
    """The first :data:`MAX_COUNT` pictures in ``folder`` and below, by name: name, media type, base64."""
    found: list[dict[str, str]] = []
    seen = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if _is_own(os.path.join(place, name)))
        for name in sorted(names):
            seen += 1
            media_type = _KINDS.get(os.path.splitext(name)[1].lower())
            if media_type and (content := _content(os.path.join(place, name), media_type)) is not None:
                shown = os.path.relpath(os.path.join(place, name), folder).encode("utf-8", "replace").decode()
                coded = base64.b64encode(content).decode()
                found.append({"name": shown, "media_type": media_type, "base64": coded})
            if len(found) == MAX_COUNT or seen >= MAX_SEEN:
                return found
    return found


def _is_own(folder: str) -> bool:
    """Whether pictures in it are the program's: no cache, hidden folder, or one that is mounted."""
    name = os.path.basename(folder)
    return name != "home" and not name.startswith(".") and not os.path.ismount(folder)


def _content(path: str, media_type: str) -> bytes | None:
    """The file's bytes; ``None`` unless it is a plain, small file that begins as such a picture does."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        content = opened.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return None
    if media_type == "image/png":
        return content if content.startswith(b"\x89PNG\r\n\x1a\n") else None
    return content if b"<svg" in content[:2000] else None
