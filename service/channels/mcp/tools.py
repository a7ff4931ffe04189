"""The tools: each asks the tutor for one thing and tells it as data and as Markdown.

Over HTTP the caller is whoever the request's key belongs to; over stdio whoever started the process.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ContentBlock, ImageContent, TextContent
from pydantic import BaseModel, Field
from starlette.types import Scope

from corpus.errors import TutorError
from service.api.chat import MAX_MESSAGE
from service.api.run import MAX_CODE_BYTES
from service.channels import markdown
from service.channels.access import LOCAL, Caller
from service.channels.mcp.forms import URI, Answered, FoundLessons, Lesson, Ran, WholeLesson, answered, lesson, ran
from service.events import Failed, show
from service.sandbox import Limits, Program, Verdict
from service.sandbox.following import follow
from service.settings import Settings
from service.turns import Asked, Turns
from service.wiring import Parts

MAX_FOUND = 20

Question = Annotated[str, Field(description="In plain words, as a learner would ask.", max_length=MAX_MESSAGE)]
EntryId = Annotated[str, Field(description="The id of a lesson, as search and ask give it.", max_length=200)]
Collection = Annotated[str | None, Field(description="Search the lessons of this collection only.", max_length=200)]


class Tools:
    """The tools over ``parts``; ``may_run`` says whether a request over HTTP may have a program run now."""

    def __init__(self, parts: Parts, turns: Turns, settings: Settings, may_run: Callable[[Scope], bool]) -> None:
        self._parts = parts
        self._turns = turns
        self._settings = settings
        self._may_run = may_run

    async def ask(
        self,
        question: Question,
        ctx: Context[Any, Any],
        conversation_id: Annotated[str | None, Field(description="Of an earlier answer, to go on from it.")] = None,
        collection: Collection = None,
    ) -> Annotated[CallToolResult, Answered]:
        """Answer a question about PyTorch from a lesson, with code that has been run and what the run printed.

        Also takes short follow-ups ("why?", "show me the code") with the conversation_id of the answer before, and a
        program or traceback pasted into the question. Says so where no lesson covers the question.
        """
        return await self._answer(question, ctx, conversation_id, collection)

    async def explain_error(
        self,
        error: Annotated[str, Field(description="The traceback, or its last line.", max_length=MAX_MESSAGE // 2)],
        ctx: Context[Any, Any],
        code: Annotated[str, Field(description="The program that raised it.", max_length=MAX_MESSAGE // 2)] = "",
    ) -> Annotated[CallToolResult, Answered]:
        """Explain an error message or traceback of PyTorch: why it is raised, the mistake, and the mended code."""
        program = f"\n\n{markdown.fenced(code, 'python')}" if code.strip() else ""
        return await self._answer(f"{error.strip()}{program}", ctx)

    def search(
        self,
        query: Question,
        k: Annotated[int, Field(description="How many.", ge=1, le=MAX_FOUND)] = 5,
        collection: Collection = None,
    ) -> Annotated[CallToolResult, FoundLessons]:
        """Find the lessons nearest to a query; read one with get_entry."""
        _needs_text(query)
        with _told():
            matches = self._parts.tutor.search(query, k, collection)
        found = [
            Lesson(entry_id=m.entry_id, question=m.question, uri=URI + m.entry_id, score=round(m.score, 4))
            for m in matches
        ]
        listed = "\n".join(f"- {one.entry_id}: {one.question}" for one in found)
        return _result(FoundLessons(lessons=found), listed)

    def get_entry(self, entry_id: EntryId) -> Annotated[CallToolResult, WholeLesson]:
        """Read a whole lesson: answer, explanation, code with verdicts, pitfalls and follow-ups."""
        found = self.whole(entry_id)
        if found is None:
            raise ToolError(f"no lesson '{entry_id}'; find one with search")
        return _result(found, found.text)

    async def run_snippet(
        self,
        code: Annotated[str, Field(description="A complete Python program.", max_length=MAX_CODE_BYTES)],
        ctx: Context[Any, Any],
        device: Annotated[
            Literal["auto", "cpu", "cuda"], Field(description="`auto` takes CUDA where there is one.")
        ] = "auto",
        timeout_s: Annotated[
            float | None, Field(description="Seconds that it may run, up to the service's limit.", gt=0)
        ] = None,
    ) -> Annotated[CallToolResult, Ran]:
        """Run a PyTorch program in a sandbox without network or files and tell what it printed or how it failed."""
        _needs_text(code)
        self._check_run(ctx)
        most = self._settings.run_seconds_max
        seconds = min(timeout_s or self._settings.run_seconds, most)
        limits = replace(Limits(), seconds=seconds, memory_mb=self._settings.run_memory_mb)
        with _told():
            self._parts.sandbox.ensure_room(limits)
            verdict = await _verdict(self._parts, Program(code, device=device), limits)
        pictures = [
            ImageContent(type="image", data=picture.base64, mime_type=picture.media_type)
            for picture in verdict.artifacts
            if picture.media_type != "image/svg+xml"  # models cannot look at it
        ]
        return _result(Ran.of(verdict), ran(verdict), *pictures)

    def whole(self, entry_id: str) -> WholeLesson | None:
        """The lesson with its stored verdicts; ``None`` where there is none."""
        entry = self._parts.tutor.entries.get(entry_id)
        if entry is None:
            return None
        known = [self._parts.verifier.stored(snippet) for snippet in entry.snippets()]
        return lesson(entry, {one.snippet.id: show(one.snippet, one.verdict, one.deviation) for one in known})

    async def _answer(
        self, question: str, ctx: Context[Any, Any], conversation_id: str | None = None, collection: str | None = None
    ) -> CallToolResult:
        _needs_text(question)
        caller, may_run = self._who(ctx)
        with _told():
            turn = await self._turns.start(
                Asked(question, conversation_id, collection, owner=caller.owner, may_run=may_run)
            )
        reply = await turn.reply()
        if isinstance(reply, Failed):
            raise ToolError(f"{reply.title}: {reply.detail}")
        told = answered(reply)
        return _result(told, f"{told.answer}\n\n(conversation_id: {told.conversation_id})")

    def _check_run(self, ctx: Context[Any, Any]) -> None:
        caller, may_run = self._who(ctx)
        sandbox = self._parts.sandbox
        if not sandbox.runs_strangers_code:
            raise ToolError(f"only the lessons' code is run here: {sandbox.isolation.missing}")
        if "run" not in caller.scopes:
            raise ToolError("this needs a key with the scope 'run', and yours has not")
        if not may_run():
            raise ToolError("too many programs were run with your key; try again in a minute")

    def _who(self, ctx: Context[Any, Any]) -> tuple[Caller, Callable[[], bool]]:
        request = ctx.request_context.request
        if request is None:
            return LOCAL, lambda: True
        caller: Caller = request.scope["state"]["caller"]
        return caller, lambda: self._may_run(request.scope)


async def _verdict(parts: Parts, program: Program, limits: Limits) -> Verdict:
    """The verdict; a client that leaves ends the run."""
    items = follow(parts.sandbox, program, limits)
    try:
        async for item in items:
            if isinstance(item, Verdict):
                return item
    finally:
        await items.aclose()  # type: ignore[attr-defined]
    raise AssertionError("a run ends with its verdict")


def _result(data: BaseModel, text: str, *more: ContentBlock) -> CallToolResult:
    content: list[ContentBlock] = [TextContent(type="text", text=text), *more]
    return CallToolResult(content=content, structured_content=data.model_dump(mode="json"))


def _needs_text(text: str) -> None:
    if not text.strip():
        raise ToolError("the text is empty; write a question, or a program")


@contextmanager
def _told() -> Iterator[None]:
    """Errors that are safe to show, as the model reads them."""
    try:
        yield
    except TutorError as error:
        raise ToolError(str(error)) from error
