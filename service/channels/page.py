"""The chat in a browser, and what every page's response says: a strict Content-Security-Policy.

``/`` starts a conversation, ``/c/ID`` shows one of your own, ``/shared/TOKEN`` one that somebody shared. All three are
the same HTML, which holds nothing of anybody's: the scripts ask the API for what is to be seen.
"""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.channels import assets

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
PRIVATE = {"Cache-Control": "no-store"}
"""For replies: what one learner asked stays in no cache."""

ENCRYPTED = {"Strict-Transport-Security": "max-age=31536000"}


class SecurityHeaders:
    """ASGI middleware that sets the headers above on every response that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = dict(HEADERS)
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            wanted |= PRIVATE
        if scope["type"] == "http" and scope["scheme"] == "https":
            wanted |= ENCRYPTED

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def install(app: FastAPI) -> None:
    """Serve the pages and their assets from ``app``."""
    chat = assets.versioned((assets.WEB / "index.html").read_text(encoding="utf-8"))

    @app.get("/", include_in_schema=False)
    @app.get("/c/{conversation_id}", include_in_schema=False)
    @app.get("/shared/{token}", include_in_schema=False)
    def page() -> HTMLResponse:
        return HTMLResponse(chat, headers={"Cache-Control": "no-cache"})

    assets.install(app)
