"""What the sandbox says of a run."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

Status = Literal[
    "passed",  # the end was reached and the process ended with 0
    "failed",  # an exception reached the top; `error` tells it
    "exited_early",  # sys.exit, os._exit or exec before the end
    "timed_out",
    "out_of_memory",
    "over_limit",  # another limit; `stderr` names it
    "crashed",  # a signal of its own doing, a segmentation fault say
    "killed",  # ended from outside, not for a limit
    "refused",  # not run: `stderr` says why and what to do
    "sandbox_error",  # the sandbox itself failed; says nothing about the code
]


@dataclass(frozen=True, slots=True)
class SnippetError:
    """The exception that ended a run."""

    type: Annotated[str, Field(description="Its class, as a traceback prints it.", examples=["RuntimeError"])]
    message: Annotated[
        str,
        Field(
            description="What it says.",
            examples=["element 0 of tensors does not require grad and does not have a grad_fn"],
        ),
    ]
    line: Annotated[
        int | None, Field(description="The program's own line, counted from 1; null: none of its own.", examples=[3])
    ]
    traceback: Annotated[
        str, Field(description="The whole traceback.", examples=["Traceback (most recent call last):\n…"])
    ]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A picture that a run left."""

    name: Annotated[str, Field(description="Its file's name.", examples=["figure-1.png"])]
    media_type: Annotated[str, Field(description="What kind of picture it is.", examples=["image/png"])]
    base64: Annotated[str, Field(description="Its bytes, in base64.", examples=["iVBORw0KGgo="])]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one run."""

    status: Annotated[
        Status,
        Field(
            description="How it ended: `passed` (the end was reached), `failed` (an exception, told in `error`), "
            "`exited_early` (before its end), `timed_out`, `out_of_memory`, `over_limit` (another limit; `stderr` "
            "names it), `crashed` (a signal of its own doing), `killed` (ended from outside), `refused` (not run; "
            "`stderr` says why), `sandbox_error` (says nothing about the code)."
        ),
    ]
    stdout: Annotated[
        str, Field(description="What it printed, control characters made visible.", examples=["tensor([inf, inf])\n"])
    ]
    stderr: Annotated[str, Field(description="What it wrote to standard error.", examples=[""])]
    error: Annotated[SnippetError | None, Field(description="The exception that ended it; null: none did.")]
    warnings: Annotated[
        tuple[str, ...],
        Field(description="Python's warnings.", examples=[["DeprecationWarning: use torch.export"]]),
    ]
    duration_ms: Annotated[float, Field(description="Milliseconds from its start to its end.", examples=[41.2])]
    queue_ms: Annotated[float, Field(description="Milliseconds that it waited before that.", examples=[0.0])]
    peak_memory_mb: Annotated[float, Field(description="The most memory that it took, in MB.", examples=[12.5])]
    device: Annotated[str, Field(description="`cpu`, or `cuda` where it was used.", examples=["cpu"])]
    device_name: Annotated[str, Field(description="The device's own name.", examples=["CPU"])]
    torch_version: Annotated[str, Field(description="The torch that it ran with.", examples=["2.13.0"])]
    python_version: Annotated[str, Field(description="The Python that it ran with.", examples=["3.11.2"])]
    isolation: Annotated[str, Field(description="How it was kept in.", examples=["namespaces"])]
    stand_ins: Annotated[
        tuple[str, ...],
        Field(
            description="What was supplied in place of a download or a missing part.",
            examples=[["MNIST: generated digits"]],
        ),
    ]
    artifacts: Annotated[tuple[Artifact, ...], Field(description="Pictures that it left.")]
    truncated: Annotated[bool, Field(description="Whether its output was cut at the limit.", examples=[False])]
    verified_at: Annotated[str, Field(description="When it ran: ISO 8601, UTC.", examples=["2026-11-26T09:30:00Z"])]
