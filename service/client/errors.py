"""What can go wrong between a client and its tutor.

::

    TutorError
    └── ClientError
        ├── BadAddress         the address given is none
        ├── NotReached         no connection, or no answer in time
        ├── StreamBroken       a stream ended before its time, and could not be resumed
        ├── Misunderstood      an answer that is none of a torchtutor, or of another version
        └── Refused            the service answered with a problem: `status`, `title`, `detail`
            ├── NotSignedIn        401
            ├── Forbidden          403
            ├── NotFound           404
            ├── Conflict           409
            ├── Unprocessable      413, 415, 422
            ├── TooManyRequests    429
            └── ServiceFailed      5xx
"""

import httpx
from pydantic import ValidationError

from corpus.errors import TutorError
from service.api.problems import Problem


class ClientError(TutorError):
    """The tutor could not be asked."""


class BadAddress(ClientError):
    """The address given is none."""


class NotReached(ClientError):
    """Nothing answers there, or not in time.

    Args:
        sent: whether the request may have got there.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class StreamBroken(ClientError):
    """A stream ended before its time."""


class Misunderstood(ClientError):
    """The answer is none that this client knows."""


class Refused(ClientError):
    """The service answered with a problem.

    Args:
        retry_after: seconds to wait before another try, where the service says so.
    """

    def __init__(self, problem: Problem, retry_after: float | None) -> None:
        super().__init__(problem.detail)
        self.status = problem.status
        self.title = problem.title
        self.detail = problem.detail
        self.retry_after = retry_after


class NotSignedIn(Refused):
    """The service needs a key, or the key is not valid."""


class Forbidden(Refused):
    """The key does not allow this."""


class NotFound(Refused):
    """There is no such thing, or it is somebody else's."""


class Conflict(Refused):
    """It is too late for this."""


class Unprocessable(Refused):
    """The request is at fault."""


class TooManyRequests(Refused):
    """A limit is used up, or the service is busy."""


class ServiceFailed(Refused):
    """The service could not do it."""


_KINDS: dict[int, type[Refused]] = {
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: Unprocessable,
    415: Unprocessable,
    422: Unprocessable,
    429: TooManyRequests,
}


def refused(response: httpx.Response) -> Refused:
    """The error that a response tells; its body has been read."""
    status = response.status_code
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:  # a proxy's own page, say
        moved = response.headers.get("location")
        detail = f"the address redirects to {moved}; use that one" if moved else f"answered with status {status}"
        problem = Problem(
            type="about:blank", title="Request failed", status=status, detail=f"{response.request.url}: {detail}"
        )
    kind = ServiceFailed if status >= 500 else _KINDS.get(status, Refused)
    return kind(problem, _seconds(response.headers.get("retry-after", "")))


def not_reached(error: httpx.TransportError, url: str) -> NotReached:
    """The error where no response came, or not all of it."""
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return NotReached(f"{url} did not answer in time; ask again", sent=True)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        why = str(error) or type(error).__name__
        return NotReached(f"no tutor answers at {url} ({why}); is it running, and is the address right?", sent=False)
    return NotReached(f"the connection to {url} broke ({error or type(error).__name__}); ask again", sent=True)


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isdecimal() else None
