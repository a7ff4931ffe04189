"""The HTTP service: middleware, routes, and which error becomes which status."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from service.channels import chat, health, library, page, problems, run
from service.channels.guard import LOOPBACK, Guard
from service.events import Event
from service.memory import UnknownConversation
from service.sandbox import Busy
from service.settings import Settings
from service.turns import Turns, UnknownTurn
from service.tutor import UnknownCollection
from service.wiring import Parts

MAX_BODY_BYTES = 8_000_000
FINISH_SECONDS = 10.0

STATUSES = {
    UnknownConversation: 404,
    UnknownTurn: 404,
    library.UnknownEntry: 404,
    UnknownCollection: 422,
    run.TimeoutTooLong: 422,
    Busy: 429,
    run.CannotRun: 503,
}
"""Our errors that are the client's to mend; every other one is a 500."""


def create_app(parts: Parts, settings: Settings) -> FastAPI:
    """The service over ``parts``. Its lifespan verifies the corpus in the background and lets running turns end."""
    turns = Turns(parts.tutor)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=parts.sandbox.start, name="sandbox start", daemon=True).start()
        if settings.verify_in_background:
            parts.verification.start()
        yield
        await turns.finish(FINISH_SECONDS)
        await asyncio.to_thread(parts.close)

    app = FastAPI(
        title="torchtutor",
        version=version("torchtutor"),
        summary="A PyTorch tutor: every piece of code it shows has been run.",
        lifespan=lifespan,
        docs_url=None,  # the documentation pages load scripts from elsewhere
        redoc_url=None,
    )
    app.include_router(chat.router(turns))
    app.include_router(library.router(parts.tutor, parts.verifier))
    app.include_router(run.router(parts.sandbox, settings))
    app.include_router(health.router(parts.tutor, parts.verification, parts.sandbox))
    page.install(app)
    problems.install(app, STATUSES)
    # the last one added sees a request first: the guard refuses what is declared too long, the limit what turns out so
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    app.add_middleware(
        Guard,
        hosts=(*LOOPBACK, settings.host, *settings.allowed_hosts),
        origins=settings.allowed_origins,
        max_body=MAX_BODY_BYTES,
    )
    app.add_middleware(page.SecurityHeaders)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document with the schemas that only events and problems use."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        schemas = document["components"]["schemas"]
        kinds: tuple[tuple[str, Any], ...] = (("ChatEvent", Event), ("RunEvent", run.RunEvent))
        for name, events in kinds:
            schema = TypeAdapter(events).json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs"))
            schemas[name] = schema
        schemas["Problem"] = problems.Problem.model_json_schema()
        app.openapi_schema = document
    return app.openapi_schema
