"""One answer in the OpenAI protocol: whole, or in chunks that share its id; pure."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from fastapi.sse import format_sse_event

from service.channels import markdown
from service.channels.openai_forms import (
    Annotation,
    AnswerMessage,
    ChatCompletion,
    ChatCompletionChunk,
    Choice,
    ChunkChoice,
    Delta,
    UrlCitation,
    Usage,
    Verification,
)
from service.channels.openai_request import CompletionRequest
from service.events import Event, MatchedEntry, Reply, Supported, Text
from service.memory import new_id

CHARACTERS_A_TOKEN = 4
FINGERPRINT = f"torchtutor-{version('torchtutor')}"


@dataclass
class Answer:
    """The answer to ``asked``; ``base`` is the address that links lead to. Knows what it has said."""

    asked: CompletionRequest
    base: str
    id: str = field(default_factory=lambda: f"chatcmpl-{new_id()}")
    created: int = field(default_factory=lambda: int(time.time()))
    content: str = ""
    _said: str = ""
    """The answer alone: the content has what runs of its code showed in between."""
    _places: list[tuple[int, int]] = field(default_factory=list)
    """Where each piece of the answer begins, in the answer and in the content."""

    def add(self, event: Event) -> str:
        """What ``event`` adds to the content; mostly nothing."""
        told = "".join(markdown.pieces(event))
        if isinstance(event, Supported):
            told = markdown.doubts(event.sentences, self._said)
        whole, told = told, told if self.content else told.lstrip("\n")
        if isinstance(event, Text):
            self._places.append((len(self._said), len(self.content) - (len(whole) - len(told))))
            self._said += event.markdown
        self.content += told
        return told

    def whole(self, reply: Reply | None = None) -> dict[str, Any]:
        """The completion, as JSON; without ``reply`` it rests on no lesson."""
        message = AnswerMessage(
            content=self.content.rstrip(),
            refusal=None,
            annotations=self._annotations(reply),
            verification=[Verification.of(one) for one in reply.snippets] if reply else [],
        )
        return ChatCompletion(
            id=self.id,
            created=self.created,
            model=self.asked.model,
            system_fingerprint=FINGERPRINT,
            choices=[Choice(message=message)],
            usage=self._usage(),
            citations=self._citations(reply),
        ).model_dump(mode="json")

    def opening(self) -> bytes:
        """The chunk that says who speaks."""
        return self._chunk(Delta(role="assistant", content=""))

    def piece(self, text: str) -> bytes:
        """The chunk that adds ``text``."""
        return self._chunk(Delta(content=text))

    def closing(self, reply: Reply | None) -> Iterator[bytes]:
        """The finishing chunk, and the one that tells the usage where that was asked for."""
        delta = Delta()
        if reply:
            delta.annotations = self._annotations(reply)
            delta.verification = [Verification.of(one) for one in reply.snippets]
        yield self._chunk(delta, finish=True, citations=self._citations(reply))
        if self.asked.wants_usage:
            yield self._chunk(None, usage=self._usage())

    def failure(self, error: Any) -> bytes:
        """The event that ends a stream with an error."""
        return format_sse_event(data_str=json.dumps(error))

    def _chunk(self, delta: Delta | None, *, finish: bool = False, **more: Any) -> bytes:
        choices = [] if delta is None else [ChunkChoice(delta=delta, finish_reason="stop" if finish else None)]
        chunk = ChatCompletionChunk(
            id=self.id,
            created=self.created,
            model=self.asked.model,
            system_fingerprint=FINGERPRINT,
            choices=choices,
            **more,
        )
        told = chunk.model_dump(mode="json", exclude_none=True)
        for choice in told["choices"]:
            choice.setdefault("finish_reason", None)  # clients look for it in every choice
        return format_sse_event(data_str=json.dumps(told))

    def _usage(self) -> Usage:
        asked = sum(len(message.text) for message in self.asked.messages)
        prompt, completion = -(-asked // CHARACTERS_A_TOKEN), -(-len(self.content) // CHARACTERS_A_TOKEN)
        return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)

    def _citations(self, reply: Reply | None) -> list[str]:
        """The pages of the lessons, where ``[n]`` in the text stands for the n-th."""
        return [self._url(match) for match in _cited(reply)]

    def _annotations(self, reply: Reply | None) -> list[Annotation]:
        """What rests on which lesson: each sentence that cites, else the whole answer."""
        if reply is None:
            return []
        if reply.sentences:
            return [
                self._annotation(reply.matches[number - 1], sentence.start, sentence.end)
                for sentence in reply.sentences
                for number in sentence.citations
                if 1 <= number <= len(reply.matches)
            ]
        return [self._annotation(match, 0, len(reply.answer.rstrip())) for match in _cited(reply)]

    def _annotation(self, match: MatchedEntry, start: int, end: int) -> Annotation:
        begins, ends = self._in_content(start), self._in_content(max(start, end - 1)) + 1
        cited = UrlCitation(url=self._url(match), title=match.question, start_index=begins, end_index=ends)
        return Annotation(url_citation=cited)

    def _in_content(self, place: int) -> int:
        """Where in the content the character at ``place`` of the answer stands."""
        before = [there - here for here, there in self._places if here <= place]
        return max(0, place + before[-1]) if before else place

    def _url(self, match: MatchedEntry) -> str:
        return f"{self.base}/entries/{match.entry_id}"


def _cited(reply: Reply | None) -> list[MatchedEntry]:
    """The lessons that the reply rests on: those that it cites by number, else those of which it shows a piece."""
    if reply is None or reply.abstained:
        return []
    if reply.sentences:
        return reply.matches[: max((number for one in reply.sentences for number in one.citations), default=0)]
    shown = {piece.partition("#")[0] for piece in reply.shown}
    return [match for match in reply.matches if match.entry_id in shown]
