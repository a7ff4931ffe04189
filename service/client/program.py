"""Follows the run of one program: a stream that cannot be resumed, since running twice is not running once; pure."""

from typing import get_args

from pydantic import TypeAdapter

from service.api.run import RunEvent, RunFailed, VerdictEvent
from service.client.calls import Call, understood, unread
from service.client.errors import ClientError
from service.client.frames import Frame
from service.sandbox import Device

_EVENT: TypeAdapter[RunEvent] = TypeAdapter(RunEvent)


class FollowedProgram:
    """What came of a run so far."""

    repeatable = False

    def __init__(self, code: str, device: Device, timeout_s: float | None, stdin: str) -> None:
        self.ended = False
        self._body = {"code": code, "device": device, "timeout_s": timeout_s, "stdin": stdin, "stream": True}

    def request(self) -> Call[None]:
        return Call("POST", "/v1/run", unread, self._body, repeatable=False)

    def take(self, frame: Frame, url: str) -> RunEvent | None:
        """The event of ``frame``; ``None`` where it is of a kind to come.

        Raises:
            Misunderstood: it is not what this client knows.
        """
        if frame.event not in _KINDS:
            return None
        event = understood(_EVENT.validate_json, frame.data, url)
        self.ended = isinstance(event, VerdictEvent | RunFailed)
        return event

    def lost(self, error: ClientError) -> ClientError:
        """``error`` as it is: there is nothing to go on with."""
        return error


_KINDS = {kind.model_fields["event"].default for kind in get_args(get_args(RunEvent)[0])}
"""Newer services may know more."""
