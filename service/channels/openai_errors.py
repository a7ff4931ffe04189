"""Errors under the OpenAI paths in OpenAI's form, wherever they were raised: in a route, or on the way there.

A body that cannot be used is 400 as clients expect, not 422.
"""

import json
import re

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = ("/v1/chat/completions", "/v1/models")
PROBLEM = "application/problem+json"
_KINDS = {
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", None),
    404: ("invalid_request_error", "model_not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    504: ("server_error", "timeout"),
}
_PLACE = re.compile(r"^([a-z_]+(?:\.[\w\[\]]+)*): ")
TOO_LONG = "context_length_exceeded"


class OpenAIErrors:
    """ASGI middleware that tells problems under :data:`PATHS` in OpenAI's form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_ours(scope["path"]):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_in_form(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await _told(start, body)(scope, receive, send)

        await self._app(scope, receive, send_in_form)


def error(message: str, kind: str = "server_error", code: str | None = None, param: str | None = None) -> object:
    """An error in OpenAI's form, as data."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _is_ours(path: str) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in PATHS)


def _is_problem(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "") == PROBLEM


def _told(start: Message, body: bytes) -> JSONResponse:
    status: int = start["status"]
    detail: str = json.loads(body)["detail"]
    usual = ("server_error", None) if status >= 500 else ("invalid_request_error", None)
    kind, code = _KINDS.get(status, usual)
    if status == 404 and not detail.startswith("no model"):
        code = None  # there is no such path
    place = _PLACE.match(detail) if status == 422 else None
    param = place[1] if place else "model" if code == "model_not_found" else None
    if status == 422 and detail.endswith("characters are the most"):
        code = TOO_LONG
    kept = {
        name: value
        for name, value in Headers(raw=start["headers"]).items()
        if name not in ("content-type", "content-length")
    }
    return JSONResponse(error(detail, kind, code, param), 400 if status == 422 else status, kept)
