"""The nouns of the corpus, frozen; nothing but data.

An :class:`Entry` is one question with all that is known about it. Its code comes in :class:`Snippet`\\ s, each of
which is run, and each of which states what the run must show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Device = Literal["any", "cuda"]
"""Where a snippet can run: ``"any"`` device, or only where there is a CUDA one."""


@dataclass(frozen=True, slots=True)
class StatedError:
    """The exception that a broken snippet must end with.

    Args:
        type: the exception's class name as a traceback prints it, ``"RuntimeError"``.
        message: a text that the real message must contain.
    """

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """A complete program that an entry shows, with what running it must show.

    Args:
        id: unique in the corpus, ``"optimizer-setup#code-1"``.
        caption: the Markdown that introduces it, possibly empty.
        output: what it must print; ``None`` where the entry does not say.
        error: the exception that it must end with; ``None`` where it must pass.
    """

    id: str
    code: str
    caption: str = ""
    output: str | None = None
    error: StatedError | None = None
    device: Device = "any"


@dataclass(frozen=True, slots=True)
class Pitfall:
    """A mistake people make: code that fails as stated, and its mended form that passes."""

    title: str
    text: str
    broken: Snippet
    mended: Snippet


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question that a learner asks next, with its own answer (Markdown)."""

    question: str
    answer: str
    snippets: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with all we know about it.

    Args:
        id: the file's stem; lower-case words joined by hyphens, safe in a URL.
        number: 1 or more, unique in its collection.
        collection: the set that the entry belongs to, ``"interview"``.
        also_asked: other ways in which people put the question.
        symptoms: error messages and observations that the entry explains.
        see_also: ids of related entries.
        key_points: short statements that a good answer must contain.
        versions: what changed in which release of torch.
        references: titles of pages of the official documentation.
        answer: Markdown that stands alone, two to six sentences.
        explanation: Markdown; how it works underneath and when it matters.
        draft: not ready to be shown; left out of the index.
    """

    id: str
    number: int
    collection: str
    topic: str
    question: str
    answer: str
    explanation: str = ""
    code: tuple[Snippet, ...] = ()
    pitfalls: tuple[Pitfall, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    also_asked: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    key_points: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    draft: bool = False

    def snippets(self) -> Iterator[Snippet]:
        """Every snippet of the entry, in reading order."""
        yield from self.code
        for pitfall in self.pitfalls:
            yield pitfall.broken
            yield pitfall.mended
        for follow_up in self.follow_ups:
            yield from follow_up.snippets
