"""The OpenAI protocol's requests, as far as the tutor takes part in it.

What a request may hold besides is accepted and has no effect (``docs/openai.md`` lists it); what cannot be done and
would be missed is refused: several choices, forced tools, JSON, images and sound.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

MODEL = "torchtutor"
MAX_MESSAGE = 20_000
_TEXTS = ("text", "input_text", "output_text", "refusal")


class Part(BaseModel):
    """A part of a message's content."""

    type: str = Field(description="`text`; images, sound and files cannot be read.", examples=["text"])
    text: str | None = Field(None, description="The text.", examples=["what does zero_grad do?"])


class ChatMessage(BaseModel):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"] = Field(
        description="Who says it.", examples=["user"]
    )
    content: str | list[Part] | None = Field(
        None, description="What is said: text, or a list of parts.", examples=["what does zero_grad do?"]
    )

    @property
    def parts(self) -> list[Part]:
        if isinstance(self.content, list):
            return self.content
        return [Part(type="text", text=self.content or "")]

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.parts if part.type in _TEXTS and part.text)


class StreamOptions(BaseModel):
    """How a streamed answer is told."""

    include_usage: bool = Field(False, description="End the stream with a chunk that tells the usage.", examples=[True])


class ResponseFormat(BaseModel):
    """The form of the answer."""

    type: str = Field("text", description="`text`; the tutor writes Markdown, not JSON.", examples=["text"])


class CompletionRequest(BaseModel):
    """A conversation whose last message is to be answered; other parameters are accepted and have no effect."""

    model: str = Field(description="`torchtutor`, or `torchtutor:` and a collection.", examples=[MODEL])
    messages: list[ChatMessage] = Field(
        min_length=1,
        description="The conversation so far; the last message is the user's.",
        examples=[[{"role": "user", "content": "what does zero_grad do?"}]],
    )
    stream: bool | None = Field(False, description="Answer with server-sent events.", examples=[False])
    stream_options: StreamOptions | None = Field(None, description="Only where `stream` is set.")
    n: int | None = Field(1, description="One choice is all there is.", examples=[1])
    store: bool | None = Field(False, description="Keep this turn, as a conversation of its own.", examples=[False])
    tool_choice: Any = Field(None, description="`none` or `auto`: the tutor calls no tools.", examples=["auto"])
    response_format: ResponseFormat | None = Field(None, description="`text` only.")
    modalities: list[str] | None = Field(None, description="`text` only.", examples=[["text"]])

    @field_validator("n")
    @classmethod
    def _one(cls, n: int | None) -> int | None:
        if n not in (None, 1):
            raise ValueError("there is one answer to a question here; leave n out")
        return n

    @field_validator("modalities")
    @classmethod
    def _only_text(cls, modalities: list[str] | None) -> list[str] | None:
        if modalities and set(modalities) != {"text"}:
            raise ValueError("the tutor writes text only")
        return modalities

    @field_validator("messages")
    @classmethod
    def _ends_with_a_question(cls, messages: list[ChatMessage]) -> list[ChatMessage]:
        last = messages[-1]
        if last.role != "user":
            raise ValueError(f"the last message is the {last.role}'s; the tutor answers the user's")
        unread = sorted({part.type for part in last.parts if part.type not in _TEXTS})
        if unread:
            raise ValueError(f"parts of the type {', '.join(unread)} cannot be read here; send text")
        if not last.text.strip():
            raise ValueError("the last message is empty; write a question")
        return messages

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    @property
    def forces_tools(self) -> bool:
        return self.tool_choice not in (None, "none", "auto")

    @property
    def wants_json(self) -> bool:
        return self.response_format is not None and self.response_format.type != "text"
