"""A message to the tutor; its answer is in ``service.events``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_MESSAGE = 20_000


class ChatRequest(BaseModel):
    """A message to the tutor."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(
        max_length=MAX_MESSAGE,
        description="The question in the learner's own words, a follow-up, an error message or a program.",
        examples=["why do my gradients keep growing every step?"],
    )
    conversation_id: str | None = Field(
        None,
        description="From an earlier reply: the message goes on with that conversation. Null starts a new one.",
        examples=[None],
    )
    collection: str | None = Field(
        None, description="Search only the lessons of this collection. Null: all.", examples=["interview"]
    )
    stream: bool = Field(
        False, description="Answer with server-sent events in place of one JSON document.", examples=[False]
    )

    @field_validator("message")
    @classmethod
    def _has_text(cls, message: str) -> str:
        if not message.strip():
            raise ValueError("the message is empty; write a question")
        return message


class CancelledTurn(BaseModel):
    """A turn that was stopped."""

    message_id: str = Field(
        description="The message whose reply was cancelled; nothing of it is kept.",
        examples=["Jt5r0mPp0wbvPUYjq5Bk3A"],
    )
    cancelled: Literal[True] = True
