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
        curated: whether it comes from the corpus; other code is not run where isolation is incomplete.
    """

    code: str
    stdin: str = ""
    device: Device = "auto"
    curated: bool = False
