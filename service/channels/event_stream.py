"""Server-sent events: the response, and how it is described."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from fastapi.responses import StreamingResponse

KEEPALIVE_SECONDS = 15.0

T = TypeVar("T")


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


async def with_pauses(items: AsyncIterator[T]) -> AsyncIterator[T | None]:
    """The items as they come, and ``None`` wherever none comes for :data:`KEEPALIVE_SECONDS`."""
    pending = asyncio.ensure_future(anext(items, None))
    try:
        while True:
            done, _ = await asyncio.wait([pending], timeout=KEEPALIVE_SECONDS)
            if not done:
                yield None
                continue
            item = pending.result()
            if item is None:
                return
            yield item
            pending = asyncio.ensure_future(anext(items, None))
    finally:
        pending.cancel()  # whoever read left: nobody waits for the next one
