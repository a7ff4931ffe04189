"""Whether the service lives, whether it can answer, and how well it does."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, Field

from index.retriever import Retriever
from service.background import Verification
from service.metrics import CONTENT_TYPE, Metrics
from service.sandbox import Sandbox, gpu_devices, torch_version
from service.tutor import Tutor


class Live(BaseModel):
    status: Literal["live"] = "live"


class VerificationState(BaseModel):
    """The background run of all corpus code."""

    running: bool
    not_run_yet: int = Field(description="Snippets without a stored verdict; each runs when first shown.")


class Ready(BaseModel):
    """What can be answered, and what still runs in the background."""

    status: Literal["ready"] = "ready"
    entries: int
    collections: list[str]
    calibrated: bool = Field(
        description="Whether confidences were fitted for the embedding model; if not, run `python -m eval fit`."
    )
    torch_version: str
    isolation: str = Field(description="How code is kept in, and what a better way lacks here.")
    runs_your_code: bool = Field(description="Whether code that you send is run; else only the lessons' is.")
    gpu: bool = Field(description="Whether there is a CUDA device for code to run on.")
    verification: VerificationState


def router(
    tutor: Tutor, retriever: Retriever, verification: Verification, sandbox: Sandbox, metrics: Metrics
) -> APIRouter:
    """The routes ``/livez``, ``/readyz`` and ``/metrics``."""
    routes = APIRouter(tags=["health"])

    @routes.get("/livez")
    def livez() -> Live:
        """200 as long as the process serves requests."""
        return Live()

    @routes.get("/readyz")
    def readyz() -> Ready:
        """200 as soon as questions can be answered."""
        return Ready(
            entries=len(tutor.entries),
            collections=tutor.collections,
            calibrated=retriever.is_calibrated,
            torch_version=torch_version(),
            isolation=sandbox.isolation.name,
            runs_your_code=sandbox.runs_strangers_code,
            gpu=bool(gpu_devices()),
            verification=VerificationState(running=verification.running, not_run_yet=verification.not_run_yet()),
        )

    routes.add_api_route("/healthz", readyz, include_in_schema=False)

    @routes.get("/metrics", response_class=PlainTextResponse)
    def numbers() -> Response:
        """Counts and times in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return routes
