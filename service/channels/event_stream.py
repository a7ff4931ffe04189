"""Server-sent events: the response, and how it is described."""

from typing import Any

from fastapi.responses import StreamingResponse


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


def event_stream(schema: str, *names: str) -> dict[str, Any]:
    """The OpenAPI content of a stream of the events ``names``, whose data is JSON of the component ``schema``."""
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": f"#/components/schemas/{schema}"},
    }
    properties = {"id": {"type": "string", "pattern": "^[0-9]+$"}, "event": {"enum": list(names)}, "data": data}
    item = {"type": "object", "required": ["event", "data"], "properties": properties}
    return {"text/event-stream": {"itemSchema": item}}
