"""Whether the service lives, whether it can answer, and how well it does."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from index.retriever import Retriever
from service.api.health import Live, Ready, VerificationState
from service.background import Verification
from service.guarding import LanguageModelState
from service.metrics import CONTENT_TYPE, Metrics
from service.sandbox import Sandbox, gpu_devices, torch_version
from service.tutor import Tutor


def router(
    tutor: Tutor,
    retriever: Retriever,
    verification: Verification,
    sandbox: Sandbox,
    metrics: Metrics,
    words: LanguageModelState,
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
            worded_by=words.name,
            model_rests=words.rests,
            gpu=bool(gpu_devices()),
            verification=VerificationState(running=verification.running, not_run_yet=verification.not_run_yet()),
        )

    routes.add_api_route("/healthz", readyz, include_in_schema=False)

    @routes.get("/metrics", response_class=PlainTextResponse)
    def metrics_text() -> Response:
        """Counts and times in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return routes
