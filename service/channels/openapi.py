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


def document(app: FastAPI, *, keys_required: bool) -> dict[str, Any]:
    """The document of ``app``, with the schemas that only events and problems use, and what needs a key."""
    made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
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
