"""Who may come in: a key in the ``Authorization`` header, or the cookie of a browser that signed in with one.

Every path needs a key, except those in :data:`OPEN`, so that a new path is closed until somebody opens it. What a key
must allow for a path is in :data:`SCOPES`. Where no keys are required, everybody is the machine's own user.

A browser sends its cookie along with whatever any page makes it send. A request that changes something and comes with
the cookie must therefore say that it comes from one of our own pages: by an ``Origin`` that the guard let pass
(:mod:`service.channels.guard`), or by ``Sec-Fetch-Site: same-origin``; no page can forge either. The cookie is also
``SameSite=Strict`` and out of reach of scripts.

::

    TutorError
    ├── NotSignedIn       there is no key, or it is not valid
    ├── TooManyGuesses    one invalid key after the other
    └── NotAllowed        the key does not allow this, or the request may be forged
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from corpus.errors import TutorError
from service.channels.problems import problem
from service.memory import LOCAL_OWNER, Key, Memory, Scope
from service.memory.keys import SCOPES as ALL
from service.quota import Quota, network

COOKIE = "torchtutor"
OPEN = (
    "/",
    "/c/*",
    "/shared/*",
    "/web/*",
    "/livez",
    "/readyz",
    "/healthz",
    "/openapi.json",
    "/v1/session",
    "/v1/shared/*",
    "/slack/events",
    "/.well-known/*",  # nothing is there: who looks for a way to sign in is told so
)
"""Paths that need no key; ``*`` stands for anything. What Slack sends is signed instead."""

SCOPES: tuple[tuple[str, Scope], ...] = (("/metrics", "admin"), ("/v1/run", "run"), ("/v1/run/*", "run"))
"""What a key must allow for a path; all others need ``ask``."""

KEY_OF_ANY_KIND = ("/v1/chat/completions", "/v1/models", "/v1/models/*", "/mcp", "/mcp/")
"""Paths whose clients always send some key: where none is needed, theirs is not looked at."""

GUESSING = "30/minute"
"""How often an address may show a key that is not valid."""

_SAFE = ("GET", "HEAD", "OPTIONS")


class NotSignedIn(TutorError):
    """There is no valid key."""


class TooManyGuesses(TutorError):
    """This address showed one invalid key after the other."""


class NotAllowed(TutorError):
    """The key does not allow this."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``key`` is ``None`` for the machine's own user, and for everybody on an open path."""

    owner: str
    scopes: frozenset[Scope]
    key: Key | None = None


LOCAL = Caller(LOCAL_OWNER, frozenset(ALL))
NOBODY = Caller("", frozenset())


class Access:
    """ASGI middleware that puts the :class:`Caller` into ``request.state.caller``, or refuses."""

    def __init__(self, app: ASGIApp, memory: Memory, required: bool, guesses: Quota) -> None:
        self._app = app
        self._memory = memory
        self._required = required
        self._guesses = guesses

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            try:
                scope.setdefault("state", {})["caller"] = await self._caller(HTTPConnection(scope), scope["method"])
            except (NotSignedIn, NotAllowed, TooManyGuesses) as refusal:
                await _refused(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _caller(self, request: HTTPConnection, method: str) -> Caller:
        path = request.url.path
        if not self._required and _matches(path, KEY_OF_ANY_KIND) and "authorization" in request.headers:
            return await self._of_key(request) or LOCAL
        known = await self._known(request, method)
        if not self._required:
            return known or LOCAL
        if is_open(path):
            return known or NOBODY
        if known is None:
            raise NotSignedIn(
                "this service needs a key: send 'Authorization: Bearer KEY', or sign in on the page at /; "
                "its operator makes keys with 'torchtutor keys create NAME'"
            )
        needed = next((scope for pattern, scope in SCOPES if _matches(path, (pattern,))), "ask")
        if needed not in known.scopes:
            raise NotAllowed(f"this needs a key with the scope '{needed}', and yours has not")
        return known

    async def _known(self, request: HTTPConnection, method: str) -> Caller | None:
        """Whoever shows a valid key or cookie; ``None`` for who shows none, or a cookie that has expired."""
        if request.headers.get("authorization"):
            found = await self._of_key(request)
            if found is None:
                raise wrong_key(self._guesses, request)
            return found
        token = request.cookies.get(COOKIE)
        key = await run_in_threadpool(self._memory.keys.signed_in, token) if token else None
        if key is None:
            return None
        if method not in _SAFE and "origin" not in request.headers and not _same_origin(request):
            raise NotAllowed(
                "a request with the page's cookie must come from the page; programs send their key instead"
            )
        return Caller(key.id, key.scopes, key)

    async def _of_key(self, request: HTTPConnection) -> Caller | None:
        """Whose the key in the header is; ``None`` where it is not valid."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        key = await run_in_threadpool(self._memory.keys.find, secret.strip())
        return Caller(key.id, key.scopes, key) if key is not None and scheme.lower() == "bearer" else None


def is_open(path: str) -> bool:
    """Whether ``path`` needs no key."""
    return _matches(path, OPEN)


def wrong_key(guesses: Quota, request: HTTPConnection) -> TutorError:
    """What to raise where a key is not valid; counts the guess."""
    if not guesses.use([(address(request.scope), 1)]).allowed:
        return TooManyGuesses("too many invalid keys came from your address; try again in a minute")
    return NotSignedIn("this key is not valid here; it may have been revoked")


def _refused(refusal: TutorError) -> JSONResponse:
    if isinstance(refusal, NotSignedIn):
        return problem(401, str(refusal), {"WWW-Authenticate": 'Bearer realm="torchtutor"'})
    return problem(403 if isinstance(refusal, NotAllowed) else 429, str(refusal))


def caller(request: Request) -> Caller:
    """Who asks, as :class:`Access` found out."""
    found: Caller = request.state.caller
    return found


Asking = Annotated[Caller, Depends(caller)]


def address(scope: Connection) -> str:
    """Where a request comes from, as far as it is counted."""
    return network((scope.get("client") or ("unknown", 0))[0])


def _same_origin(request: HTTPConnection) -> bool:
    return request.headers.get("sec-fetch-site") == "same-origin"


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(path.startswith(p[:-1]) if p.endswith("*") else path == p for p in patterns)
