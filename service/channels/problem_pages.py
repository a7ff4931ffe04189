"""A problem that meets a person who opened a page is told by a page; a signed-out browser can sign in there."""

import json

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.channels import templating

PATHS = ("/entries", "/entries/", "/browse", "/status")
KEPT = ("www-authenticate", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
"""What a problem's response says in its headers."""


class ProblemPages:
    """ASGI middleware that turns the problems of everything inside it into pages, where the path is that of a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_page(scope["path"]):
            await self._app(scope, receive, send)
            return
        begun: Message | None = None
        body = b""

        async def send_page(message: Message) -> None:
            nonlocal begun, body
            if message["type"] == "http.response.start" and _is_problem(message):
                begun = message
            elif begun is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await _drawn(begun, body)(scope, receive, send)

        await self._app(scope, receive, send_page)


def is_page(path: str) -> bool:
    """Whether people open ``path`` in a browser, to read."""
    return path in PATHS or path.startswith("/entries/")


def _is_problem(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type") == "application/problem+json"


def _drawn(begun: Message, body: bytes) -> ASGIApp:
    told = json.loads(body)
    headers = Headers(raw=begun["headers"])
    page = templating.page(
        "refused.html", begun["status"], status=begun["status"], title=told["title"], detail=told["detail"], here=""
    )
    page.headers.update({name: headers[name] for name in KEPT if name in headers})
    return page
