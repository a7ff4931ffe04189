"""A stored reply as the events that it was once told by; pure."""

import re
from collections.abc import Iterator

from service.events import Done, Event, Matched, Reply, Supported, Text, Turn, Verified


def replay(reply: Reply) -> Iterator[Event]:
    """The turn of ``reply`` once more, event by event."""
    yield Matched(**{name: getattr(reply, name) for name in Turn.model_fields})
    for paragraph in re.split(r"(?<=\n\n)", reply.answer):
        yield Text(markdown=paragraph)
    for snippet in reply.snippets:
        yield Verified(snippet=snippet)
    if reply.sentences:
        yield Supported(sentences=reply.sentences)
    yield Done(reply=reply)
