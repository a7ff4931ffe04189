"""What is run."""

from dataclasses import dataclass
from typing import Literal

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Program:
    """Python source to be run.

    Args:
        stdin: what ``input()`` reads.
        device: ``auto`` takes CUDA where there is one.
    """

    code: str
    stdin: str = ""
    device: Device = "auto"
