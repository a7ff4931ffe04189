"""The page's sign-in: a key, shown once, becomes a cookie that scripts cannot read."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from service.channels.access import COOKIE, Asking, Caller, wrong_key
from service.channels.problems import RESPONSES
from service.memory import Memory, Scope
from service.memory.keys import SCOPES, SIGN_IN_DAYS
from service.quota import Quota

MAX_KEY = 500


class SignInRequest(BaseModel):
    """A key to sign in with."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(
        min_length=1,
        max_length=MAX_KEY,
        description="As `torchtutor keys create` showed it.",
        examples=["tt_5Yw0Qm1cVb7nE2xR8pKs4uZj"],
    )


class SignIn(BaseModel):
    """Whether this service needs a key, and who you are to it."""

    required: bool = Field(description="Whether questions need a key here.", examples=[True])
    signed_in: bool = Field(
        description="Whether questions can be asked: with a key, or where none is required.", examples=[True]
    )
    name: str | None = Field(description="The name of your key; null: you need or have none.", examples=["course"])
    scopes: list[Scope] = Field(description="What you may do.", examples=[["ask", "run"]])


def router(memory: Memory, required: bool, guesses: Quota) -> APIRouter:
    """The routes under ``/v1/session``."""
    routes = APIRouter(prefix="/v1/session", tags=["session"], responses=RESPONSES)

    @routes.get("")
    def session(caller: Asking) -> SignIn:
        """Who you are to this service."""
        return _told(caller, required)

    @routes.post("")
    async def sign_in(asked: SignInRequest, request: Request, response: Response) -> SignIn:
        """Sign a browser in: sets a cookie that is sent back to this service only."""
        key = await run_in_threadpool(memory.keys.find, asked.key.strip())
        if key is None:
            raise wrong_key(guesses, request)
        response.set_cookie(
            COOKIE,
            await run_in_threadpool(memory.keys.sign_in, key),
            max_age=SIGN_IN_DAYS * 86_400,
            httponly=True,
            samesite="strict",
            secure=_over_https(request),
        )
        return _told(Caller(key.id, key.scopes, key), required)

    @routes.delete("", status_code=204)
    async def sign_out(request: Request, response: Response) -> None:
        """Sign this browser out."""
        token = request.cookies.get(COOKIE)
        if token:
            await run_in_threadpool(memory.keys.sign_out, token)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_over_https(request))

    return routes


def _told(caller: Caller, required: bool) -> SignIn:
    return SignIn(
        required=required,
        signed_in=bool(caller.scopes),
        name=caller.key.name if caller.key else None,
        scopes=[scope for scope in SCOPES if scope in caller.scopes],
    )


def _over_https(request: Request) -> bool:
    """Also where a proxy ends the encryption: browsers name the origin that they see."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
