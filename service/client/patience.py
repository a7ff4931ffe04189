"""Whether a failure is worth another try, and after how long; pure."""

from service.client.errors import ClientError, NotReached, Refused, ServiceFailed, StreamBroken, TooManyRequests

RETRIES = 3
FIRST_WAIT = 0.25
LONGEST_WAIT = 30.0
"""Who is told to wait for longer is told so."""

_PASSING = (502, 503, 504)
"""What a service answers that starts, stops or is overloaded, or the proxy before it."""


class Patience:
    """For one call.

    Args:
        retries: how many further tries there may be in a row.
        repeatable: whether the request may be sent again though the first one may have been taken.
    """

    def __init__(self, retries: int, *, repeatable: bool) -> None:
        self._retries = retries
        self._left = retries
        self._repeatable = repeatable

    def renewed(self) -> None:
        """Something came: what fails now is another failure."""
        self._left = self._retries

    def seconds(self, error: ClientError) -> float:
        """How long to wait before the next try.

        Raises:
            ClientError: ``error``, where there shall be none.
        """
        told = error.retry_after if isinstance(error, Refused) else None
        wait = FIRST_WAIT * 2 ** (self._retries - self._left) if told is None else told
        if self._left == 0 or wait > LONGEST_WAIT or not self._worth_it(error, waiting_helps=told is not None):
            raise error
        self._left -= 1
        return wait

    def _worth_it(self, error: ClientError, *, waiting_helps: bool) -> bool:
        if isinstance(error, TooManyRequests):
            return waiting_helps or self._repeatable
        if isinstance(error, ServiceFailed):
            return error.status in _PASSING and (waiting_helps or self._repeatable)
        if isinstance(error, NotReached):
            return self._repeatable or not error.sent
        return isinstance(error, StreamBroken) and self._repeatable
