"""A program of one's own: what is sent, and the events of its run."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from service.sandbox import Verdict

MAX_CODE_BYTES = 1_000_000

_DEVICE = "The device that was asked for."


class RunRequest(BaseModel):
    """A program to be run."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(description="Python source, up to 1 MB.", examples=["import torch\nprint(torch.ones(2) / 0)"])
    device: Literal["auto", "cpu", "cuda", "both"] = Field(
        "auto",
        description="Where to run it: `auto` takes CUDA where there is one, `both` runs it on each and compares.",
        examples=["auto"],
    )
    timeout_s: float | None = Field(
        None, gt=0, description="Seconds that it may run; null: the service's default.", examples=[10]
    )
    stdin: str = Field("", max_length=MAX_CODE_BYTES, description="What `input()` reads.", examples=[""])
    stream: bool = Field(False, description="Send the output as it comes, as server-sent events.", examples=[False])

    @field_validator("code")
    @classmethod
    def _fits(cls, code: str) -> str:
        if not code.strip():
            raise ValueError("there is no code; send a Python program")
        size = len(code.encode("utf-8", "surrogatepass"))
        if size > MAX_CODE_BYTES:
            raise ValueError(f"the code has {size:,} bytes; {MAX_CODE_BYTES:,} are the most")
        return code


class BothVerdicts(BaseModel):
    """One program on both devices."""

    cpu: Verdict = Field(description="What its run on the CPU showed.")
    cuda: Verdict = Field(description="What its run on CUDA showed; `refused` where there is no such device.")
    agree: bool = Field(
        description="Same status, same numbers; false also where one of them was not run.", examples=[False]
    )


class OutputEvent(BaseModel):
    """A piece of what the program prints."""

    event: Literal["output"] = "output"
    device: Literal["auto", "cpu", "cuda"] = Field(description=_DEVICE, examples=["auto"])
    stream: Literal["stdout", "stderr"] = Field(description="Where it was printed to.", examples=["stdout"])
    text: str = Field(description="The next piece, control characters made visible.", examples=["tensor([inf, inf])\n"])


class VerdictEvent(BaseModel):
    """The end of a run."""

    event: Literal["verdict"] = "verdict"
    device: Literal["auto", "cpu", "cuda"] = Field(description=_DEVICE, examples=["auto"])
    verdict: Verdict = Field(description="What the sandbox says of the run.")


class RunFailed(BaseModel):
    """The program could not be run; ends the stream."""

    event: Literal["error"] = "error"
    detail: str = Field(
        description="Why, and what to do about it.", examples=["the sandbox is full; try again in a moment"]
    )


RunEvent = Annotated[OutputEvent | VerdictEvent | RunFailed, Field(discriminator="event")]
