"""What the MCP tools give back, and how it reads: data for programs, Markdown for models."""

from typing import Literal

from pydantic import BaseModel, Field

from corpus.entry import Entry
from service.channels import markdown
from service.channels.terminal import where
from service.events import Reply, ShownSnippet
from service.sandbox import Verdict

URI = "torchtutor://entries/"


class Lesson(BaseModel):
    """A lesson that an answer rests on, or that a search found."""

    entry_id: str = Field(description="Pass it to get_entry.", examples=["optimizer-setup"])
    question: str = Field(description="The question that it answers.")
    uri: str = Field(description="The resource that holds it.", examples=["torchtutor://entries/optimizer-setup"])
    score: float | None = Field(default=None, description="Higher is nearer; comparable within one search only.")


class Answered(BaseModel):
    """The answer to a question."""

    outcome: Literal["answered", "partly", "not_covered", "small_talk"] = Field(
        description="`not_covered`: no lesson covers it, and the answer says so."
    )
    answer: str = Field(description="Markdown: the answer, each snippet of code with the verdict of its run.")
    confidence: float = Field(description="Probability that the first lesson is the right one.")
    lessons: list[Lesson] = Field(description="What the answer rests on; none where no lesson covers the question.")
    follow_ups: list[str] = Field(description="What to ask next; each works as the next question.")
    conversation_id: str = Field(description="Pass it with the next question, to go on.")


class FoundLessons(BaseModel):
    """The nearest lessons."""

    lessons: list[Lesson] = Field(description="Best first; there are always some, near or not.")


class WholeLesson(BaseModel):
    """A whole lesson."""

    entry_id: str = Field(examples=["optimizer-setup"])
    collection: str = Field(examples=["interview"])
    topic: str = Field(examples=["Training"])
    question: str
    text: str = Field(description="Markdown: answer, explanation, code with verdicts, pitfalls, follow-ups.")
    see_also: list[str] = Field(description="Ids of related lessons.")
    references: list[str] = Field(description="Where to read on.")


class Ran(BaseModel):
    """What the sandbox says of a program."""

    status: str = Field(description="`passed`, `failed`, `timed_out`, `out_of_memory`, …", examples=["passed"])
    stdout: str = Field(description="What it printed.")
    stderr: str
    error: str | None = Field(description="The exception that ended it.", examples=["ValueError: …"])
    line: int | None = Field(description="The line that raised it.")
    traceback: str | None
    warnings: list[str]
    pictures: list[str] = Field(description="Names of the pictures that it left; they come as images.")
    duration_ms: float
    device: str = Field(examples=["cpu"])
    torch_version: str
    stand_ins: list[str] = Field(description="What was supplied in place of downloads.")
    truncated: bool = Field(description="Whether the output was cut.")

    @classmethod
    def of(cls, verdict: Verdict) -> "Ran":
        error = verdict.error
        return cls(
            status=verdict.status,
            stdout=verdict.stdout,
            stderr=verdict.stderr,
            error=f"{error.type}: {error.message}" if error else None,
            line=error.line if error else None,
            traceback=error.traceback if error else None,
            warnings=list(verdict.warnings),
            pictures=[picture.name for picture in verdict.artifacts],
            duration_ms=verdict.duration_ms,
            device=verdict.device,
            torch_version=verdict.torch_version,
            stand_ins=list(verdict.stand_ins),
            truncated=verdict.truncated,
        )


def answered(reply: Reply) -> Answered:
    """The reply as a tool tells it."""
    code = [markdown.snippet(one) for one in reply.snippets]
    shown = {piece.partition("#")[0] for piece in reply.shown}
    about = [(one.entry_id, one.question) for one in reply.matches if one.entry_id in shown]
    return Answered(
        outcome=reply.outcome,
        answer="\n\n".join([reply.answer.strip() + markdown.doubts(reply.sentences, reply.answer), *code]).strip(),
        confidence=reply.confidence,
        lessons=[Lesson(entry_id=id_, question=question, uri=URI + id_, score=None) for id_, question in about],
        follow_ups=reply.follow_ups,
        conversation_id=reply.conversation_id,
    )


def lesson(entry: Entry, snippets: dict[str, ShownSnippet]) -> WholeLesson:
    """A whole lesson; ``snippets`` are its snippets with their stored verdicts, by id."""

    def code(*ids: str) -> list[str]:
        return [markdown.snippet(snippets[one]) for one in ids]

    parts = [f"# {entry.question}", entry.answer]
    parts += ["## Explanation", entry.explanation] if entry.explanation else []
    parts += ["## Code", *code(*(one.id for one in entry.code))] if entry.code else []
    parts += ["## Pitfalls"] if entry.pitfalls else []
    for pitfall in entry.pitfalls:
        parts += [f"### {pitfall.title}", pitfall.text, *code(pitfall.broken.id, pitfall.mended.id)]
    parts += ["## Follow-ups"] if entry.follow_ups else []
    for follow_up in entry.follow_ups:
        parts += [f"### {follow_up.question}", follow_up.answer, *code(*(one.id for one in follow_up.snippets))]
    return WholeLesson(
        entry_id=entry.id,
        collection=entry.collection,
        topic=entry.topic,
        question=entry.question,
        text="\n\n".join(part for part in parts if part),
        see_also=list(entry.see_also),
        references=list(entry.references),
    )


def ran(verdict: Verdict) -> str:
    """The verdict as a model reads it."""
    head = f"{verdict.status} · {where(verdict)}"
    warned = "\n".join(f"warning: {one}" for one in verdict.warnings)
    traced = markdown.fenced(verdict.error.traceback, "text") if verdict.error else ""
    told_already = not verdict.stderr.strip() or (verdict.status != "passed" and not verdict.error)
    aside = "" if told_already else f"On standard error:\n\n{markdown.fenced(verdict.stderr, 'text')}"
    return "\n\n".join(part for part in (head, markdown.printed(verdict), traced, aside, warned) if part)
