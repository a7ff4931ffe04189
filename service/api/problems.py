"""What every error looks like: RFC 9457, `application/problem+json`."""

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """What went wrong with a request, and how to mend it."""

    type: str = Field(
        "about:blank",
        description="Always `about:blank`: the title says what there is to say.",
        examples=["about:blank"],
    )
    title: str = Field(description="The kind of problem, in two words.", examples=["Unprocessable request"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(
        description="What failed, on which input, and what to do.",
        examples=["message: String should have at most 20000 characters"],
    )
