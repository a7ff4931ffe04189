"""Errors as RFC 9457 problems (``application/problem+json``)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from corpus.errors import TutorError
from service.api.problems import Problem

TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Request too large",
    415: "Unsupported media type",
    421: "Misdirected request",
    422: "Unprocessable request",
    429: "Too many requests",
    500: "Internal error",
    503: "Not available now",
    504: "Timed out",
}

_UNREADABLE = (400, "There was an error parsing the body")
"""What FastAPI says of a body that is worse than no JSON."""
_WORDS = {
    "missing": "is missing; /openapi.json describes every field",
    "extra_forbidden": "there is no such field; /openapi.json describes every one",
}
MAX_PATH = 200
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "The request is at fault; `detail` says how to mend it.", "content": _CONTENT},
    "5XX": {"description": "The service could not, or not in time; `detail` says why.", "content": _CONTENT},
}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response that tells ``detail``."""
    body = Problem(type="about:blank", title=TITLES.get(status, "Request failed"), status=status, detail=detail)
    return JSONResponse(body.model_dump(), status, headers, "application/problem+json")


def install(app: FastAPI, statuses: Mapping[type[TutorError], int]) -> None:
    """Make ``app`` answer every error with a problem; ``statuses`` maps our own errors."""

    async def on_tutor_error(_: Request, error: Exception) -> JSONResponse:
        status = next((status for kind, status in statuses.items() if isinstance(error, kind)), 500)
        retry_after = getattr(error, "retry_after", None)
        return problem(status, str(error), {"Retry-After": str(retry_after)} if retry_after else None)

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if (error.status_code, error.detail) == _UNREADABLE:
            return problem(422, "the body is not JSON: it is not UTF-8 text, or nested too deeply")
        return problem(error.status_code, _mended(request, error), error.headers)

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem(422, "; ".join(map(_told, error.errors())))

    async def on_crash(_: Request, error: Exception) -> JSONResponse:
        return problem(500, "The service made a mistake; its log says which.")

    app.add_exception_handler(TutorError, on_tutor_error)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_crash)


def _told(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return f"the body is not JSON: {error.get('ctx', {}).get('error', error['msg'])}"
    place = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
    told = _WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{place}: {told}"


def _mended(request: Request, error: HTTPException) -> str:
    """What the framework says in two words, with what to do."""
    path = request.url.path[:MAX_PATH]
    if error.status_code == 404 and error.detail == HTTPStatus.NOT_FOUND.phrase:
        return f"there is nothing at {path}; /openapi.json describes every path"
    if error.status_code == 405 and error.detail == HTTPStatus.METHOD_NOT_ALLOWED.phrase:
        return f"{path} does not take {request.method}, but {(error.headers or {}).get('Allow', 'other methods')}"
    return error.detail
