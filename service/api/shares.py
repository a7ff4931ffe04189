"""Share links, and what they show."""

from datetime import datetime

from pydantic import BaseModel, Field

from service.events import MatchedEntry, Outcome, Sentence, ShownSnippet

_TOKEN = "hR0yPwUuq1cQmYb0n2zJrX5T4s8vK7dE3fG6aL9oWic"  # noqa: S105 - an example
_QUESTION = "why do my gradients keep growing every step?"
_CREATED = "2026-11-26T09:30:00Z"


class ShareLink(BaseModel):
    """A link under which everybody can read a conversation."""

    token: str = Field(
        description="Shown once. Whoever has it can read the conversation until it is revoked.", examples=[_TOKEN]
    )
    url: str = Field(
        description="Where to read it, below the address of this service.", examples=[f"/v1/shared/{_TOKEN}"]
    )


class SharedMessage(BaseModel):
    """A message as a share link shows it."""

    question: str = Field(description="The message as it was sent.", examples=[_QUESTION])
    created_at: datetime = Field(description="When the message was stored.", examples=[_CREATED])
    outcome: Outcome = Field(description="What came of it.")
    understood_as: str = Field(
        "", description="The question as the tutor understood it, follow-ups spelled out.", examples=[_QUESTION]
    )
    answer: str = Field(
        description="The answer, as Markdown.", examples=["`backward()` adds to `.grad`; clear it before each step."]
    )
    matches: list[MatchedEntry] = Field(description="The lessons that the answer rests on, best first.")
    shown: list[str] = Field(
        [], description="Ids of the pieces of entries that it shows.", examples=[["optimizer-setup#answer"]]
    )
    snippets: list[ShownSnippet] = Field(description="The code that it shows, with the verdicts of its runs.")
    sentences: list[Sentence] = Field(
        [], description="Where a language model worded the answer: its sentences, each with its support."
    )
    worded_by: str | None = Field(
        None,
        description="The language model that worded the answer; null: it is the lessons' own text.",
        examples=["openai:gpt-5-mini"],
    )


class SharedConversation(BaseModel):
    """What a share link shows: no id by which the conversation could be found or continued, no feedback."""

    created_at: datetime = Field(description="When the conversation began.", examples=[_CREATED])
    messages: list[SharedMessage] = Field(description="Oldest first.")
