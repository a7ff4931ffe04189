"""The files of the web pages: served compressed, and under a path that names their version, so that browsers keep them.

A page refers to ``/web/NAME``; :func:`versioned` puts the version in: ``/web/VERSION/NAME``. Modules import each other
by relative paths, so the version goes with them. ``/web/NAME`` itself works too, and is asked for again each time.
"""

import hashlib
import re
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WEB = Path(__file__).parent / "web"
FOREVER = "public, max-age=31536000, immutable"


def _version() -> str:
    """Another one whenever a file changes."""
    digest = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(WEB)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


VERSION = _version()


def versioned(html: str) -> str:
    """``html`` with the version in every reference to ``/web/…``."""
    return re.sub(r'(?<=")/web/(?=[\w./-]+")', f"/web/{VERSION}/", html)


def install(app: FastAPI) -> None:
    """Serve the files from ``app``."""
    files = GZipMiddleware(StaticFiles(directory=WEB), minimum_size=500)
    app.mount(f"/web/{VERSION}", _Cached(files, FOREVER), name="assets")
    app.mount("/web", _Cached(files, "no-cache"), name="web")


class _Cached:
    """ASGI middleware that says how long a browser may keep what it was given."""

    def __init__(self, app: ASGIApp, control: str) -> None:
        self._app = app
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message)["Cache-Control"] = self._control
            await send(message)

        await self._app(scope, receive, send_with_headers)
