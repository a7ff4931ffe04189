"""The OpenAI protocol's responses, with what the tutor adds to them: citations, and a verification for each snippet."""

from typing import Literal

from pydantic import BaseModel, Field

from service.channels.openai_request import MODEL
from service.events import Origin, ShownSnippet

CITATIONS = ["http://127.0.0.1:8000/entries/optimizer-setup"]


class Usage(BaseModel):
    """Tokens, at four characters each: an estimate."""

    prompt_tokens: int = Field(description="Of the messages.", examples=[12])
    completion_tokens: int = Field(description="Of the answer.", examples=[230])
    total_tokens: int = Field(description="Of both.", examples=[242])


class UrlCitation(BaseModel):
    """A lesson, and the part of the content that rests on it."""

    url: str = Field(description="The lesson's page.", examples=["http://127.0.0.1:8000/entries/optimizer-setup"])
    title: str = Field(
        description="The lesson's question.",
        examples=["How do you set up an optimizer in PyTorch, and what is its purpose?"],
    )
    start_index: int = Field(description="Where in `content` that which rests on it begins.", examples=[0])
    end_index: int = Field(description="Where it ends.", examples=[310])


class Annotation(BaseModel):
    """What a part of the content rests on."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation = Field(description="The lesson.")


class Verification(BaseModel):
    """What a run showed of one block of code in the content."""

    id: str = Field(description="The snippet.", examples=["optimizer-setup#code-1"])
    code: str = Field(description="The code, as in the content.", examples=["import torch"])
    origin: Origin = Field(description="Who wrote it: the lessons, the learner, or a language model.")
    status: str | None = Field(description="How the run ended; null: it was not run here.", examples=["passed"])
    as_stated: bool | None = Field(
        description="Whether it showed what its lesson says; null: nothing is said.", examples=[True]
    )
    deviation: str | None = Field(description="How it did not, or why it was not run.", examples=[None])
    device: str | None = Field(description="Where it ran.", examples=["cpu"])
    torch_version: str | None = Field(description="On which torch.", examples=["2.13.0"])
    duration_ms: float | None = Field(description="How long it took.", examples=[41.0])
    verified_at: str | None = Field(description="When it ran.", examples=["2026-11-26T12:00:00Z"])

    @classmethod
    def of(cls, shown: ShownSnippet) -> "Verification":
        ran = shown.verdict
        return cls(
            id=shown.id,
            code=shown.code,
            origin=shown.origin,
            status=ran.status if ran else None,
            as_stated=shown.as_stated,
            deviation=shown.deviation,
            device=ran.device if ran else None,
            torch_version=ran.torch_version if ran else None,
            duration_ms=ran.duration_ms if ran else None,
            verified_at=ran.verified_at if ran else None,
        )


class AnswerMessage(BaseModel):
    """The answer with what it rests on."""

    role: Literal["assistant"] = "assistant"
    content: str = Field(
        description="Markdown: the answer, each snippet with its verdict, what to ask next.",
        examples=["It clears the gradients …"],
    )
    refusal: None = Field(
        default=None, description="Always null: what no lesson covers is said in the content.", examples=[None]
    )
    annotations: list[Annotation] = Field(default=[], description="The lessons it rests on; none where none covers it.")
    verification: list[Verification] = Field(default=[], description="One for each block of code, in order.")


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0] = 0
    message: AnswerMessage = Field(description="The answer.")
    finish_reason: Literal["stop"] = "stop"


class ChatCompletion(BaseModel):
    """The answer to the last message."""

    id: str = Field(description="Of this answer.", examples=["chatcmpl-0198f6ab"])
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(description="When, in seconds since 1970.", examples=[1795640000])
    model: str = Field(description="As asked for.", examples=[MODEL])
    system_fingerprint: str = Field(description="The tutor's version.", examples=["torchtutor-0.1.0"])
    choices: list[Choice] = Field(description="Always one.")
    usage: Usage = Field(description="An estimate.")
    citations: list[str] = Field(
        default=[], description="The lessons' pages: `[1]` in the text means the first.", examples=[CITATIONS]
    )


class Delta(BaseModel):
    """What a chunk adds."""

    role: Literal["assistant"] | None = Field(default=None, description="In the first chunk.", examples=["assistant"])
    content: str | None = Field(default=None, description="The next piece of the content.", examples=["It clears "])
    annotations: list[Annotation] | None = Field(default=None, description="In the finishing chunk: what it rests on.")
    verification: list[Verification] | None = Field(
        default=None, description="In the finishing chunk: one for each block of code."
    )


class ChunkChoice(BaseModel):
    """The one answer, as it grows."""

    index: Literal[0] = 0
    delta: Delta = Field(description="What is added.")
    finish_reason: Literal["stop"] | None = Field(
        default=None, description="`stop` in the finishing chunk.", examples=["stop"]
    )


class ChatCompletionChunk(BaseModel):
    """A piece of a streamed answer; the last one with a choice holds the citations and verifications."""

    id: str = Field(description="Of the answer: the same in all its chunks.", examples=["chatcmpl-0198f6ab"])
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int = Field(description="When, in seconds since 1970; the same in all.", examples=[1795640000])
    model: str = Field(description="As asked for.", examples=[MODEL])
    system_fingerprint: str = Field(description="The tutor's version.", examples=["torchtutor-0.1.0"])
    choices: list[ChunkChoice] = Field(description="One; none in the chunk that tells the usage.")
    usage: Usage | None = Field(default=None, description="In the last chunk, where it was asked for.")
    citations: list[str] | None = Field(
        default=None, description="In the finishing chunk: the lessons' pages.", examples=[CITATIONS]
    )


class Model(BaseModel):
    """A model that can be asked for."""

    id: str = Field(description="`torchtutor`, or `torchtutor:` and a collection.", examples=[MODEL])
    object: Literal["model"] = "model"
    created: int = Field(description="Always the same.", examples=[0])
    owned_by: Literal["torchtutor"] = "torchtutor"


class ModelList(BaseModel):
    """The models that can be asked for."""

    object: Literal["list"] = "list"
    data: list[Model] = Field(description="All lessons first, then one for each collection.")


class ErrorDetail(BaseModel):
    """What is wrong with a request."""

    message: str = Field(description="What is wrong, and how to mend it.", examples=["n: there is one answer …"])
    type: str = Field(description="The kind of error.", examples=["invalid_request_error"])
    param: str | None = Field(description="Which part of the request is at fault.", examples=["n"])
    code: str | None = Field(description="A short name of it.", examples=["model_not_found"])


class ErrorResponse(BaseModel):
    """An error in OpenAI's form."""

    error: ErrorDetail = Field(description="The error.")
