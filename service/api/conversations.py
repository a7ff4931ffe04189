"""A learner's conversations."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from service.api.feedback import GivenFeedback
from service.events import Reply

MAX_TITLE = 80

_CONVERSATION = "vJv3T0kq7Zc1mB0m2i6xGA"
_MESSAGE = "Jt5r0mPp0wbvPUYjq5Bk3A"
_QUESTION = "why do my gradients keep growing every step?"
_CREATED = "2026-11-26T09:30:00Z"
_TITLE = "What its owner called it, else its first question, shortened."
_SHARED = "Whether a share link shows it to others."


class ConversationHead(BaseModel):
    """A conversation in a list."""

    conversation_id: str = Field(description="Its id; send it with the next message.", examples=[_CONVERSATION])
    title: str = Field(description=_TITLE, examples=[_QUESTION])
    created_at: datetime = Field(description="When it began.", examples=[_CREATED])
    updated_at: datetime = Field(description="When its newest message was stored.", examples=["2026-11-26T09:41:12Z"])
    messages: int = Field(description="How many messages it has.", examples=[2])
    shared: bool = Field(description=_SHARED, examples=[False])


class ConversationList(BaseModel):
    """Conversations of the one who asks."""

    conversations: list[ConversationHead] = Field(description="The one with the newest message first.")


class MessageView(BaseModel):
    """A message with its reply."""

    message_id: str = Field(description="Names the message in feedback.", examples=[_MESSAGE])
    question: str = Field(description="The message as it was sent.", examples=[_QUESTION])
    created_at: datetime = Field(description="When the message was stored.", examples=[_CREATED])
    reply: Reply = Field(description="As it was given, with the verdicts that it showed.")
    feedback: GivenFeedback | None = Field(description="Null: none was given.")


class ConversationView(BaseModel):
    """A conversation with all its messages."""

    conversation_id: str = Field(description="Its id.", examples=[_CONVERSATION])
    title: str = Field(description=_TITLE, examples=[_QUESTION])
    created_at: datetime = Field(description="When it began.", examples=[_CREATED])
    shared: bool = Field(description=_SHARED, examples=[True])
    messages: list[MessageView] = Field(description="Oldest first.")


class NewTitle(BaseModel):
    """What a conversation is to be called."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=MAX_TITLE, description="A few words.", examples=["Why gradients grow"])

    @field_validator("title")
    @classmethod
    def _has_text(cls, title: str) -> str:
        if not title.strip():
            raise ValueError("the title is empty; write a few words")
        return " ".join(title.split())
