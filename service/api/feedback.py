"""What learners think of the replies."""

from pydantic import BaseModel, ConfigDict, Field

MAX_COMMENT = 4000
MAX_ID = 100

_MESSAGE = "Jt5r0mPp0wbvPUYjq5Bk3A"


class GivenFeedback(BaseModel):
    """What a learner said of a reply."""

    helpful: bool = Field(description="Whether the reply helped.", examples=[True])
    comment: str | None = Field(description="What was said with it; null: nothing.", examples=["Now I see why."])


class FeedbackRequest(BaseModel):
    """Whether a reply helped."""

    model_config = ConfigDict(extra="forbid")

    message_id: str = Field(max_length=MAX_ID, description="From the reply that is spoken about.", examples=[_MESSAGE])
    helpful: bool = Field(description="Whether it helped.", examples=[True])
    comment: str | None = Field(
        None, max_length=MAX_COMMENT, description="Anything to add.", examples=["Now I see why."]
    )


class StoredFeedback(GivenFeedback):
    """The feedback as it is kept; a later word replaces it."""

    message_id: str = Field(description="The message that it is about.", examples=[_MESSAGE])
