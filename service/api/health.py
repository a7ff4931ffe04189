"""Whether the service lives, and what it can answer."""

from typing import Literal

from pydantic import BaseModel, Field


class Live(BaseModel):
    """The process serves requests."""

    status: Literal["live"] = "live"


class VerificationState(BaseModel):
    """The background run of all corpus code."""

    running: bool = Field(description="Whether it goes on now.", examples=[True])
    not_run_yet: int = Field(
        description="Snippets without a stored verdict; each runs when first shown.", examples=[12]
    )


class Ready(BaseModel):
    """What can be answered, and what still runs in the background."""

    status: Literal["ready"] = "ready"
    entries: int = Field(description="How many lessons are served.", examples=[40])
    collections: list[str] = Field(description="The collections that they belong to.", examples=[["interview"]])
    calibrated: bool = Field(
        description="Whether confidences were fitted for the embedding model; if not, run `python -m eval fit`.",
        examples=[True],
    )
    torch_version: str = Field(description="The torch that code runs with.", examples=["2.13.0"])
    isolation: str = Field(
        description="How code is kept in, and what a better way lacks here.", examples=["namespaces and seccomp"]
    )
    runs_your_code: bool = Field(
        description="Whether code that you send is run; else only the lessons' is.", examples=[True]
    )
    worded_by: str | None = Field(
        default=None,
        description="The language model that words answers; null: the lessons' own text.",
        examples=["openai:gpt-5-mini"],
    )
    model_rests: bool = Field(
        default=False,
        description="Whether it failed several times in a row and is left alone for a while.",
        examples=[False],
    )
    gpu: bool = Field(description="Whether there is a CUDA device for code to run on.", examples=[False])
    verification: VerificationState = Field(description="What still has to be run.")
