"""The root of every error that torchtutor raises on purpose.

::

    TutorError                    safe to show to the user: what failed, on which input, what to do
    └── CorpusError               the faults of a corpus, all of them at once

Other packages derive theirs from ``TutorError`` beside the code that raises them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class TutorError(Exception):
    """Something went wrong that can be told to the user as it stands."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong with one corpus file.

    Args:
        line: 1-based; the line to look at first.
        mend: what the author should do about it, as an instruction.
    """

    path: Path
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}; {self.mend}"


class CorpusError(TutorError):
    """The corpus cannot be used; ``faults`` lists everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        count = f"{len(self.faults)} fault{'s' if len(self.faults) != 1 else ''} in the corpus"
        super().__init__("\n".join([count, *map(str, self.faults)]))
