"""Who may address the service: Host and Origin allow-lists, and JSON bodies only.

A service on loopback is within reach of every web page that its user opens. A page can send requests here under a
name of its own that it lets point to 127.0.0.1 (so: only known hosts), from its own origin (so: only known origins),
and without asking first as long as the body is no JSON (so: only JSON).
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.channels.problems import problem

LOOPBACK = ("localhost", "127.0.0.1", "::1")
FORMS = ("/slack/events",)
"""Paths that take other bodies than JSON: whoever calls them signs what they send."""

_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")


class Guard:
    """ASGI middleware; ``hosts`` are names without port, ``origins`` as browsers send them, ``max_body`` in bytes."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], origins: Iterable[str], max_body: int) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}
        self._origins = set(origins)
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Headers(scope=scope), scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await problem(*refusal)(scope, receive, send)

    def _refusal(self, headers: Headers, scope: Scope) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = _hostname(f"//{host}")
        if name not in self._hosts:
            return 421, f"the host '{host}' is not served here; add its name to TUTOR_ALLOWED_HOSTS"
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins and origin not in (f"http://{host}", f"https://{host}"):
            return 403, f"web pages of '{origin}' may not call this service; add it to TUTOR_ALLOWED_ORIGINS"
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > self._max_body:
            return 413, f"the body has {length} bytes; {self._max_body} are the most"
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        needs_json = scope["method"] in _WITH_BODY and scope["path"] not in FORMS
        if needs_json and has_body and content_type != "application/json":
            return 415, f"the body is '{content_type or 'unnamed'}'; send JSON with 'Content-Type: application/json'"
        return None


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
