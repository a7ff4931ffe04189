"""The HTTP service: middleware, routes, and which error becomes which status."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

from service.admission import keys_required
from service.channels import (
    chat,
    conversations,
    feedback,
    health,
    lessons,
    library,
    mcp,
    openai,
    openapi,
    page,
    problems,
    run,
    shares,
    sign_in,
)
from service.channels.access import GUESSING, Access, NotSignedIn, TooManyGuesses
from service.channels.guard import LOOPBACK, Guard
from service.channels.limits import RateLimits, RunPermission, quotas
from service.channels.observed import HEADER, Observed
from service.channels.openai_errors import OpenAIErrors
from service.channels.problem_pages import ProblemPages
from service.channels.timeouts import Timeouts
from service.housekeeping import forget_old
from service.memory import KeyReused, UnknownConversation, UnknownMessage, UnknownShare
from service.quota import Quota
from service.sandbox import Busy
from service.settings import Settings
from service.turns import TooLate, Turns, UnknownTurn
from service.tutor import UnknownCollection
from service.wiring import Parts

if TYPE_CHECKING:
    from service.channels.slack.channel import Slack

MAX_BODY_BYTES = 8_000_000
FINISH_SECONDS = 10.0
"""How long a turn may take that nobody follows when the service stops."""

STATUSES = {
    UnknownConversation: 404,
    UnknownMessage: 404,
    UnknownShare: 404,
    UnknownTurn: 404,
    TooLate: 409,
    KeyReused: 422,
    NotSignedIn: 401,
    TooManyGuesses: 429,
    library.UnknownEntry: 404,
    UnknownCollection: 422,
    run.TimeoutTooLong: 422,
    Busy: 429,
    run.CannotRun: 503,
    run.ClientLeft: 499,
    openai.UnknownModel: 404,
    openai.Refused: 422,
}
"""Our errors that are the client's to mend; every other one is a 500."""


def create_app(parts: Parts, settings: Settings) -> FastAPI:
    """The service over ``parts``. Its lifespan verifies the corpus in the background and lets running turns end.

    Raises:
        Unprotected: it would be reached by others without a key to keep them out.
    """
    required = keys_required(settings, parts.memory)
    guesses = Quota(GUESSING)
    asking, running = quotas(settings, keys_required=required)
    turns = Turns(parts.tutor, parts.memory, parts.metrics.watch)
    slack = _slack(parts, settings, turns)
    assistants = mcp.Channel(parts, turns, settings, RunPermission(running), max_body=MAX_BODY_BYTES)
    app = FastAPI(
        title="torchtutor",
        version=version("torchtutor"),
        summary="A PyTorch tutor: every piece of code it shows has been run.",
        lifespan=_lifespan(
            parts, settings, turns, [assistants.running, *([slack.working] if slack is not None else [])]
        ),
        middleware=_middleware(
            parts,
            settings,
            Middleware(Access, memory=parts.memory, required=required, guesses=guesses),
            Middleware(RateLimits, asking=asking, running=running),
        ),
        responses=problems.RESPONSES,
        generate_unique_id_function=lambda route: route.name,
        # exceptions' messages may quote learners: they go to our own log only
        telemetry={"auto_configure": settings.telemetry, "logs": False, "exclude": _private},
        docs_url=None,  # the documentation pages load scripts from elsewhere
        redoc_url=None,
    )
    app.include_router(chat.router(turns, RunPermission(running)))
    app.include_router(openai.router(parts.tutor, turns, settings, RunPermission(running)))
    app.include_router(conversations.router(parts.memory, turns))
    app.include_router(shares.router(parts.memory))
    app.include_router(feedback.router(parts.memory))
    app.include_router(sign_in.router(parts.memory, required, guesses))
    app.include_router(library.router(parts.tutor, parts.verifier))
    app.include_router(run.router(parts.sandbox, settings))
    app.include_router(
        health.router(
            parts.tutor, parts.retriever, parts.verification, parts.sandbox, parts.metrics, parts.language_model
        )
    )
    app.include_router(lessons.router(parts, settings))
    if slack is not None:
        app.include_router(slack.router())
    app.router.routes.extend(assistants.routes)
    page.install(app)
    problems.install(app, STATUSES)
    app.openapi = lambda: _openapi(app, keys_required=required)  # type: ignore[method-assign]
    return app


def _slack(parts: Parts, settings: Settings, turns: Turns) -> "Slack | None":
    """Slack over HTTP, where that is set up; nobody else waits for its imports."""
    if settings.slack_bot_token is None or settings.slack_signing_secret is None:
        return None
    from service.channels.slack.channel import Slack

    return Slack(parts, settings, turns)


def _lifespan(
    parts: Parts, settings: Settings, turns: Turns, working: Sequence[Callable[[], AbstractAsyncContextManager[None]]]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=parts.sandbox.start, name="sandbox start", daemon=True).start()
        if settings.verify_in_background:
            parts.verification.start()
        cleaning = (
            asyncio.create_task(forget_old(parts.memory, settings.retention_days)) if settings.retention_days else None
        )
        async with AsyncExitStack() as stack:
            for work in working:
                await stack.enter_async_context(work())
            yield
        if cleaning is not None:
            cleaning.cancel()
        await turns.finish(FINISH_SECONDS)
        await asyncio.to_thread(parts.close)

    return lifespan


def _middleware(parts: Parts, settings: Settings, access: Middleware, limits: Middleware) -> list[Middleware]:
    """What a request passes on its way in, the outermost first."""
    cross_origin = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", *mcp.HEADERS],
        expose_headers=[HEADER, "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"],
    )
    return [
        Middleware(Observed, metrics=parts.metrics),
        Middleware(page.SecurityHeaders),
        Middleware(ProblemPages),
        Middleware(OpenAIErrors),
        Middleware(
            Guard,
            hosts=(*LOOPBACK, settings.host, *settings.allowed_hosts),
            origins=settings.allowed_origins,
            max_body=MAX_BODY_BYTES,
        ),
        *([cross_origin] if settings.allowed_origins else []),
        access,
        limits,
        Middleware(Timeouts, seconds=settings.timeout_seconds),
        # the guard refuses what is declared too long, this what turns out so
        Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
    ]


def _openapi(app: FastAPI, *, keys_required: bool) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = openapi.document(app, keys_required=keys_required)
    return app.openapi_schema


def _private(scope: MutableMapping[str, Any]) -> bool:
    """Whether a request is kept from tracing: its address holds a question, or the token of a share link."""
    path = str(scope["path"])
    return path == "/" or path.startswith(("/v1/search", "/v1/shared/", "/shared/"))
