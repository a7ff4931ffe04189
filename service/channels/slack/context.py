"""What a mention in the middle of a thread is about: the thread is read before it is answered."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from service import pasted
from service.channels.slack import text
from service.channels.slack.calls import Calls
from service.channels.slack.incoming import Incoming, all_text
from service.channels.slack.reading import thread
from service.words import content

MAX_CONTEXT = 6_000
OWN_WORDS = 4
"""From so many words that carry meaning on, a question is taken to stand on its own."""

_POINTS = re.compile(
    r"\b(?:this|that|these|those|it|its|above|here|he|she|they|them|his|her|the (?:error|code|problem|traceback"
    r"|question|message|thread|above))\b",
    re.IGNORECASE,
)


async def question_in(calls: Calls, incoming: Incoming, ours: Collection[str] = ()) -> str:
    """The question, with what it points to in its thread; ``ours`` is what the tutor has said there."""
    if not points(incoming.question):
        return incoming.question
    place = incoming.place
    found = await thread(calls, place.channel, incoming.thread, latest=place.ts)
    before = [one for one in found if str(one.get("ts")) < place.ts and one.get("ts") not in ours]
    return "\n\n".join(filter(None, (incoming.question, pointed_at(before))))


def points(question: str) -> bool:
    """Whether a question says too little by itself, or points to something."""
    given = pasted.read(question)
    if given.code or given.error:
        return False
    return len(set(content(question))) < OWN_WORDS or bool(_POINTS.search(question))


def pointed_at(messages: Sequence[dict[str, Any]]) -> str:
    """Of the messages before a mention, oldest first, the newest one with an error or code, else the first."""
    said = [one for one in (text.typed(all_text(message)) for message in messages) if one.strip()]
    for one in reversed(said):
        given = pasted.read(one)
        if given.error or given.code:
            return one[:MAX_CONTEXT]
    return said[0][:MAX_CONTEXT] if said else ""
