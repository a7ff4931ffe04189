"""The OpenAPI document, as the service really answers."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from service.api.examples import by_schema
from service.api.problems import Problem
from service.api.run import RunEvent
from service.channels.access import COOKIE, is_open
from service.channels.openai_forms import ChatCompletionChunk
from service.events import Event

DESCRIPTION = """\
Ask about PyTorch; the answer rests on lessons, and every piece of code in it comes with the verdict of its run.

Everything under `/v1` is stable: fields, events and paths may be added, and clients pass over what they do not know.
Errors are problems by RFC 9457, whose `detail` says what to do. Where keys are required, send `Authorization: Bearer
KEY`. Examples in curl, Python and JavaScript are in `docs/api.md`.
"""
TAGS = {
    "chat": "Questions and their replies.",
    "conversations": "What was asked before, by whoever asks now: kept, shared, judged, deleted.",
    "library": "What the tutor knows.",
    "run": "Programs of one's own.",
    "openai": "The same tutor in the OpenAI protocol, for the tools that speak it.",
    "session": "Who asks; browsers sign in here, programs send their key.",
    "health": "Whether it works.",
}


def document(app: FastAPI, *, keys_required: bool) -> dict[str, Any]:
    """The document of ``app``, with the schemas that only events and problems use, and what needs a key."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=DESCRIPTION,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        routes=app.routes,
    )
    schemas = made["components"]["schemas"]
    kinds: tuple[tuple[str, Any], ...] = (
        ("ChatEvent", Event),
        ("RunEvent", RunEvent),
        ("ChatCompletionChunk", ChatCompletionChunk),
    )
    for name, events in kinds:
        schema = TypeAdapter(events).json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs"))
        schemas[name] = schema
    schemas["Problem"] = Problem.model_json_schema()
    for name, example in by_schema().items():
        schemas[name]["examples"] = [example]
    for unused in ("HTTPValidationError", "ValidationError"):  # ours are problems
        schemas.pop(unused, None)
    for path, operations in made["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            stream = operation["responses"].get("200", {}).get("content", {}).get("text/event-stream", {})
            stream.pop("schema", None)  # its items have one
            if keys_required and not is_open(path):
                operation["security"] = [{"key": []}, {"page": []}]
    if keys_required:
        made["components"]["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer"},
            "page": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        }
    return made
