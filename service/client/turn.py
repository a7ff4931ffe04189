"""Follows one turn over any number of connections: every event once, all of the text, none of it twice; pure.

The first request asks, under an Idempotency-Key. Where the stream drops, the next one resumes after the last event that
came. Where the service does not know the turn any more (it was started anew in between), the question is asked again
under the same key: a reply that was stored comes once more, and what was given of it already is left out.
"""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import TypeAdapter

from service.client.calls import QUIET_SECONDS, Call, quoted, understood, unread
from service.client.errors import ClientError, NotFound, StreamBroken
from service.client.frames import Frame
from service.events import Done, Event, Failed, Matched, Running, Text, Verified

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class FollowedTurn:
    """What came of a turn so far.

    Args:
        body: the question; without one, the turn of ``message_id`` is followed.
        after: the number of the last event that need not come again.
    """

    repeatable = True

    def __init__(
        self, body: Mapping[str, Any] | None, idempotency_key: str = "", *, message_id: str = "", after: int = 0
    ) -> None:
        self.ended = False
        self._body = body
        self._key = idempotency_key
        self._message_id = message_id
        self._last = after
        self._given: set[str] = set()
        self._text = ""
        self._again = ""
        """The text of this pass, where it began anew."""

    def request(self) -> Call[None]:
        """What to send to get the events that are missing."""
        if self._message_id:
            path = f"/v1/chat/{quoted(self._message_id)}/events"
            return Call("GET", path, unread, headers={"Last-Event-ID": str(self._last)}, quiet=QUIET_SECONDS)
        body = {**(self._body or {}), "stream": True}
        return Call("POST", "/v1/chat", unread, body, headers={"Idempotency-Key": self._key}, quiet=QUIET_SECONDS)

    def take(self, frame: Frame, url: str) -> Event | None:
        """The event of ``frame``, as far as it is new; ``None`` where it came before, or is of a kind to come.

        Raises:
            Misunderstood: it is not what this client knows.
            StreamBroken: the reply began anew, and is another one.
        """
        if frame.id.isdecimal():
            self._last = int(frame.id)
        if frame.event not in _KINDS:
            return None
        event = understood(_EVENT.validate_json, frame.data, url)
        if isinstance(event, Text):
            return self._new_text(event)
        if isinstance(event, Running | Matched):
            self._message_id = event.message_id
        self.ended = isinstance(event, Done | Failed)
        name = event.snippet.id if isinstance(event, Verified) else event.event
        if name in self._given:
            return None
        self._given.add(name)
        return event

    def lost(self, error: ClientError) -> ClientError:
        """What ``error`` comes to: where the service does not know the turn any more, it can be asked anew."""
        if not isinstance(error, NotFound) or not self._message_id or self._body is None:
            return error
        self._message_id, self._last, self._again = "", 0, ""
        return StreamBroken(str(error))

    def _new_text(self, event: Text) -> Text | None:
        self._again += event.markdown
        if self._text.startswith(self._again):
            return None
        if not self._again.startswith(self._text):
            raise StreamBroken("the service was started anew in the middle of the reply and words it anew; ask again")
        fresh = self._again[len(self._text) :]
        self._text = self._again
        return Text(markdown=fresh)


_KINDS = {kind.model_fields["event"].default for kind in get_args(get_args(Event)[0])}
"""Newer services may know more."""
