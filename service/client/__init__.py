"""A client of a tutor that runs elsewhere: ``Client``, and ``AsyncClient`` with the same methods, awaited.

    from service.client import Client

    with Client("http://127.0.0.1:8000") as tutor:
        print(tutor.ask("why do my gradients keep growing?").answer)

``calls`` are the requests as data, ``turn`` and ``program`` follow a stream, ``frames`` takes server-sent events apart,
``patience`` says whether a failure is worth another try; none of them does any input or output. ``sync`` and
``asynchronous`` do, and hold nothing else.
"""

from service.client.asynchronous import AsyncClient
from service.client.errors import (
    BadAddress,
    ClientError,
    Conflict,
    Forbidden,
    Misunderstood,
    NotFound,
    NotReached,
    NotSignedIn,
    Refused,
    ServiceFailed,
    StreamBroken,
    TooManyRequests,
    Unprocessable,
)
from service.client.sync import Client

__all__ = [
    "AsyncClient",
    "BadAddress",
    "Client",
    "ClientError",
    "Conflict",
    "Forbidden",
    "Misunderstood",
    "NotFound",
    "NotReached",
    "NotSignedIn",
    "Refused",
    "ServiceFailed",
    "StreamBroken",
    "TooManyRequests",
    "Unprocessable",
]
