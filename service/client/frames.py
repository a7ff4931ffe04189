"""Server-sent events, taken apart as their bytes come; pure.

Lines end at a line feed only: JSON leaves other characters that some take for line ends (U+2028) as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it went over the wire; what it does not say is empty."""

    id: str
    event: str
    data: bytes


class Frames:
    """Collects bytes until events are whole."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> Iterator[Frame]:
        """The events that ``received`` completes; comments are left out."""
        *blocks, self._rest = (self._rest + received).replace(b"\r\n", b"\n").split(b"\n\n")
        for block in blocks:
            fields: dict[bytes, list[bytes]] = {}
            for line in block.split(b"\n"):
                name, _, value = line.partition(b":")
                fields.setdefault(name, []).append(value.removeprefix(b" "))
            if b"data" in fields:
                yield Frame(_last(fields, b"id"), _last(fields, b"event"), b"\n".join(fields[b"data"]))


def _last(fields: dict[bytes, list[bytes]], name: bytes) -> str:
    return fields.get(name, [b""])[-1].decode(errors="replace")
