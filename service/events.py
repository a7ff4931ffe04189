"""What one turn of conversation says, in order: ``Matched``, ``Text`` and ``Verified`` as they come, then ``Done``.

``Running`` comes before them where a program of the learner's has to be run first; ``Supported`` after them where a
language model worded the answer. ``Failed`` takes the place of ``Done`` where the turn could not be finished. The names
in ``event`` are those of the server-sent events; :class:`Reply` is the same turn folded into one value.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from corpus.entry import Snippet
from service.sandbox import Verdict

Outcome = Literal["answered", "partly", "not_covered", "small_talk"]
Origin = Literal["corpus", "learner", "model"]
"""Who wrote a snippet: the lessons' authors, the learner, or a language model."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class MatchedEntry(_Frozen):
    """An entry found for the question."""

    entry_id: str = Field(description="The entry's id.", examples=["optimizer-setup"])
    number: int = Field(description="The entry's number in its collection.", examples=[19])
    collection: str = Field(description="The set of entries that it belongs to.", examples=["interview"])
    question: str = Field(
        description="The question that the entry answers.",
        examples=["How do you set up an optimizer in PyTorch, and what is its purpose?"],
    )
    score: float = Field(description="Higher is better; comparable within one search only.", examples=[0.71])


class NearestEntry(_Frozen):
    """An entry offered where none covers the question."""

    entry_id: str = Field(description="The entry's id.", examples=["dropout"])
    question: str = Field(
        description="The question that it answers.", examples=["How is dropout implemented in PyTorch?"]
    )


class ShownSnippet(_Frozen):
    """A snippet as the learner sees it: the code, what it must show, and what a run of it showed."""

    id: str = Field(description="Unique in the reply.", examples=["optimizer-setup#code-1"])
    origin: Origin = Field(default="corpus", description="Who wrote it: the lessons, the learner, or a language model.")
    code: str = Field(
        description="The whole program, as it was run.", examples=["import torch\n\nprint(torch.ones(2))"]
    )
    caption: str = Field("", description="Markdown that introduces the code.", examples=["One step of training:"])
    expected_output: str | None = Field(
        None, description="What the entry says that it prints; null: not said.", examples=["tensor([1., 1.])"]
    )
    expected_error: str | None = Field(
        None,
        description="How the entry says that it fails; null: it must pass.",
        examples=["RuntimeError: does not require grad"],
    )
    as_stated: bool | None = Field(
        description="Whether the run showed what the entry says; null: not run here, or not of the corpus.",
        examples=[True],
    )
    deviation: str | None = Field(
        None,
        description="Where not as stated, or not run: how, or why; else null.",
        examples=["GPU: not run on this machine"],
    )
    verdict: Verdict | None = Field(description="What the sandbox says of the run; null: not run here.")


class Sentence(_Frozen):
    """A sentence of an answer that a language model worded, and how far what it cites supports it."""

    start: int = Field(ge=0, description="Where it begins in the answer, in characters.", examples=[0])
    end: int = Field(ge=0, description="Where it ends, exclusive.", examples=[62])
    citations: list[int] = Field(description="What it cites: `n` stands for `matches[n - 1]`.", examples=[[1]])
    support: float | None = Field(
        description="Computed probability that what it cites (else any match) supports it; null: it claims nothing.",
        examples=[0.93],
    )
    supported: bool = Field(description="False where the reader should not trust it.", examples=[True])


class Turn(_Frozen):
    """What is known of a turn before its text: what was understood and found."""

    conversation_id: str = Field(
        description="Send it with the next message to go on.", examples=["vJv3T0kq7Zc1mB0m2i6xGA"]
    )
    message_id: str = Field(
        description="Names this turn: to resume or cancel it, and in feedback.", examples=["Jt5r0mPp0wbvPUYjq5Bk3A"]
    )
    outcome: Outcome = Field(
        description="`answered`; `partly` (the nearest lesson, or not all that was asked); `not_covered` (no lesson "
        "does); `small_talk`."
    )
    abstained: bool = Field(
        description="True where no entry covers the question: `matches` is empty then.", examples=[False]
    )
    confidence: float = Field(ge=0, le=1, description="Probability that the first match is right.", examples=[0.94])
    understood_as: str = Field(
        description="The question as the tutor understood it, follow-ups spelled out.",
        examples=["why do my gradients keep growing every step?"],
    )
    matches: list[MatchedEntry] = Field(description="Best first; the reply speaks about the first one.")
    nearest: list[NearestEntry] = Field(description="Where the tutor abstains: the nearest questions it can answer.")
    follow_ups: list[str] = Field(
        description="What to ask next; each works as the next message.",
        examples=[["Why does the order of `zero_grad` and `backward` matter?"]],
    )
    intent: str = Field(
        "question",
        description="What was meant: `question`, `explanation`, `code`, `small_talk` …",
        examples=["question"],
    )
    shown: list[str] = Field(
        [], description="Ids of the pieces of entries that the reply shows.", examples=[["no-grad#answer"]]
    )
    worded_by: str | None = Field(
        default=None,
        description="The language model that words the answer; null: it is the lessons' own text.",
        examples=["openai:gpt-5-mini"],
    )


class Running(_Frozen):
    """A program out of the message is being run; from now on the turn can be cancelled."""

    event: Literal["running"] = "running"
    conversation_id: str = Field(description="As in `matched`.", examples=["vJv3T0kq7Zc1mB0m2i6xGA"])
    message_id: str = Field(description="As in `matched`.", examples=["Jt5r0mPp0wbvPUYjq5Bk3A"])
    code: str = Field(description="The program.", examples=["import torch\nprint(torch.ones(2))\n"])


class Matched(Turn):
    """The first event: what was understood and found, before any text."""

    event: Literal["matched"] = "matched"


class Text(_Frozen):
    """A piece of the answer."""

    event: Literal["text"] = "text"
    markdown: str = Field(
        description="The next piece of the answer; the pieces joined are the answer.",
        examples=["`backward()` adds to `.grad`.\n\n"],
    )


class Verified(_Frozen):
    """A snippet of the reply, once its verdict is known."""

    event: Literal["verified"] = "verified"
    snippet: ShownSnippet = Field(description="The code with its verdict.")


class Supported(_Frozen):
    """Where a language model worded the answer: how far the lessons support what it says."""

    event: Literal["supported"] = "supported"
    sentences: list[Sentence] = Field(description="The sentences of the whole answer, in order.")


class Failed(_Frozen):
    """The last event where the turn could not be finished; nothing of it is kept."""

    event: Literal["error"] = "error"
    title: str = Field(description="The kind of failure, in a few words.", examples=["Cancelled"])
    detail: str = Field(
        description="What happened, and what to do.",
        examples=["The reply was cancelled before it was finished; nothing of it is kept."],
    )


class Reply(Turn):
    """One whole turn."""

    answer: str = Field(
        description="The answer, as Markdown; its code is in `snippets`.",
        examples=["`backward()` adds to `.grad`.\n\nClear it before each step."],
    )
    snippets: list[ShownSnippet] = Field(description="The code that the reply shows, each with its verdict.")
    sentences: list[Sentence] = Field(
        default=[], description="Where a language model worded the answer: its sentences, each with its support."
    )


class Done(_Frozen):
    """The last event: the whole turn, now that it is stored."""

    event: Literal["done"] = "done"
    reply: Reply = Field(description="The whole turn.")


Event = Annotated[Running | Matched | Text | Verified | Supported | Failed | Done, Field(discriminator="event")]


def show(
    snippet: Snippet, verdict: Verdict | None, deviation: str | None, *, origin: Origin = "corpus"
) -> ShownSnippet:
    """The snippet with its verdict; ``deviation`` says how the run is not as stated, or why there is none.

    Nobody states what a snippet shows that is not of the corpus: ``as_stated`` is then ``None``.
    """
    error = snippet.error
    return ShownSnippet(
        id=snippet.id,
        origin=origin,
        code=snippet.code,
        caption=snippet.caption,
        expected_output=snippet.output,
        expected_error=f"{error.type}: {error.message}" if error else None,
        as_stated=None if verdict is None or origin != "corpus" else deviation is None,
        deviation=deviation,
        verdict=verdict,
    )
