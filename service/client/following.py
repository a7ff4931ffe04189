"""What the clients need of a stream that they follow; pure."""

from typing import Protocol, TypeVar

from service.client.calls import Call
from service.client.errors import ClientError, StreamBroken
from service.client.frames import Frame

E_co = TypeVar("E_co", covariant=True)


class Followed(Protocol[E_co]):
    """A stream over any number of connections; see ``turn`` and ``program``."""

    ended: bool
    repeatable: bool

    def request(self) -> Call[None]: ...

    def take(self, frame: Frame, url: str) -> E_co | None: ...

    def lost(self, error: ClientError) -> ClientError: ...


def broken(url: str) -> StreamBroken:
    """The error where a connection ends, and the stream has not."""
    return StreamBroken(f"{url} ended the stream before its time; ask again")
