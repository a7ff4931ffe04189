"""Puts the answer of a turn into words, as the lessons have it; :mod:`service.model_wording` has a model's way."""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Protocol

from corpus.entry import Entry
from service.dialogue import PastTurn
from service.events import Sentence, ShownSnippet, Supported, Text, Turn, Verified, show
from service.memory.notebook import always, never
from service.reply import Composed
from service.verify import Verifier

Pieces = Generator[Text | Verified | Supported, None, "Worded"]


@dataclass(frozen=True, slots=True)
class Brief:
    """What is to be put into words.

    Args:
        message: what the learner wrote.
        turn: what is known of the turn.
        composed: what the lessons' own reply is.
        entries: those of ``turn.matches``, in that order.
        lead: what comes first in any case: the report on a pasted program.
        pasted: that program, with what its run showed.
        past: the turns before, newest first.
        owner: who asks; for limits.
        may_run: asked before code that is not of the corpus is run.
        manner: the tone and language that the learner's program wants, in its words.
        cancelled: whether the answer is not wanted any more; what runs asks this all the time.
    """

    message: str
    turn: Turn
    composed: Composed
    entries: tuple[Entry, ...] = ()
    lead: str = ""
    pasted: ShownSnippet | None = None
    past: tuple[PastTurn, ...] = ()
    owner: str = "local"
    may_run: Callable[[], bool] = always
    manner: str = ""
    cancelled: Callable[[], bool] = never


@dataclass(slots=True)
class Worded:
    """What came of it: the pieces of text, joined, are the answer; ``by`` is the model that worded some of it."""

    text: str = ""
    snippets: list[ShownSnippet] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    by: str | None = None
    by_model: list[tuple[int, int]] = field(default_factory=list)
    """Where its text stands: our own remarks on it, in between, are not judged."""

    def say(self, text: str) -> Text:
        """The event for a piece of text, which is noted."""
        self.text += text
        return Text(markdown=text)

    def verified(self, snippet: ShownSnippet) -> Verified:
        """The event for a snippet, which is noted."""
        self.snippets.append(snippet)
        return Verified(snippet=snippet)


class Wording(Protocol):
    """Puts answers into words."""

    def model_for(self, turn: Turn) -> str | None:
        """The language model that words this turn; ``None`` where the lessons speak for themselves."""
        ...

    def word(self, brief: Brief) -> Pieces:
        """The answer as it comes; returns the whole of it."""
        ...


class LessonWording:
    """The lessons' own words, their code with its verdicts."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def model_for(self, turn: Turn) -> str | None:
        return None

    def word(self, brief: Brief) -> Pieces:
        worded = Worded()
        if brief.lead:
            yield worded.say(f"{brief.lead}\n\n")
        yield from self.text(brief, worded)
        if brief.pasted is not None:
            yield worded.verified(brief.pasted)
        yield from self.code(brief, worded)
        return worded

    def text(self, brief: Brief, worded: Worded) -> Generator[Text, None, None]:
        """The text below what was said already, paragraph by paragraph."""
        text = brief.composed.text
        if brief.composed.reservation and brief.composed.reservation in worded.text:
            text = text.removeprefix(f"{brief.composed.reservation}\n\n")
        for paragraph in re.split(r"(?<=\n\n)", text):
            yield worded.say(paragraph)

    def code(self, brief: Brief, worded: Worded) -> Generator[Verified, None, None]:
        """The snippets, each with its verdict."""
        for snippet in brief.composed.snippets:
            checked = self._verifier.check(snippet, brief.cancelled)
            yield worded.verified(show(snippet, checked.verdict, checked.deviation))
