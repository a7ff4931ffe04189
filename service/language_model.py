"""What a language model is to us: messages in, an answer in pieces out, or a reason why not.

::

    TutorError
    ├── ModelUnusable    the configured model cannot be set up; the message says what to install or to set
    └── ModelFailed      a call gave no answer, or not a whole one; ``kind`` names the reason for the metrics
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from corpus.errors import TutorError

FailureKind = Literal["timeout", "rate_limit", "key", "refusal", "cut_off", "unreachable", "malformed", "limit"]


class ModelUnusable(TutorError):
    """The configured language model cannot be set up."""


class ModelFailed(TutorError):
    """A language model gave no whole answer; the message ends the sentence "the language model …"."""

    def __init__(self, kind: FailureKind, told: str) -> None:
        self.kind = kind
        super().__init__(told)


@dataclass(frozen=True, slots=True)
class Said:
    """A message to or from the model."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call."""

    prompt: int = 0
    completion: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next piece of an answer; ``usage`` comes with the last one, where the provider tells it."""

    text: str = ""
    usage: Usage | None = None


class LanguageModel(Protocol):
    """Answers messages; ``name`` is ``provider:model``."""

    name: str

    def stream(self, messages: Sequence[Said], *, max_tokens: int, seconds: float) -> Iterator[Chunk]:
        """The answer as it comes, at most ``max_tokens`` long.

        Raises:
            ModelFailed: at any point; what came before was part of an answer.
        """
        ...
