"""A program run at somebody's wish: by the button below a snippet, or pasted with the word "run"."""

import re
from dataclasses import dataclass, replace

from service import pasted
from service.channels.slack import blocks
from service.channels.slack.answering import Answering
from service.channels.slack.posting import Saying
from service.memory.claims import Place
from service.sandbox import Limits, Program, Sandbox, Verdict
from service.sandbox.following import follow
from service.settings import Settings

NO_QUOTA = "You have had much code run in a short time; wait a little, then try again."
_RUN = re.compile(
    r"(?:(?:please|can you|could you|just) )*(?:run|execute|try)(?: (?:it|this|that|the|my|code|program|snippet"
    r"|please|for me|and|show|me|output|what|prints?))*[.!?: ]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be run, for whom."""

    place: Place
    user: str
    program: Program
    title: str


class Running:
    """Runs programs and tells what came of it."""

    def __init__(self, sandbox: Sandbox, settings: Settings, answering: Answering) -> None:
        self._sandbox = sandbox
        self._limits = replace(Limits(), seconds=settings.run_seconds, memory_mb=settings.run_memory_mb)
        self._answering = answering

    async def run(self, wanted: Wanted, post: Saying) -> None:
        """Run it within the quota of whoever wants it, and show verdict and output.

        Raises:
            Busy: too many programs wait already.
        """
        sandbox, tell, place = self._sandbox, self._answering.tell, wanted.place
        if not await self._answering.wanted(place):
            return None
        if not wanted.program.curated and not sandbox.runs_strangers_code:
            reason = f"I run only the lessons' own code here: {sandbox.isolation.missing}."
            return await tell(place, post, reason, again=False)
        if not self._answering.may_run(place.team, wanted.user):
            return await tell(place, post, NO_QUOTA, again=False)
        sandbox.ensure_room(self._limits)
        await post.open()
        await post.progress(f"Running {wanted.title}", "in_progress")
        verdict = await self._verdict(wanted.program)
        if not await self._answering.wanted(place):  # the question was deleted, or somebody took us for dead
            return await self._answering.take_back(place, post)
        status = "complete" if verdict.status == "passed" else "error"
        await post.progress(f"Ran {wanted.title}", status)
        await post.add(blocks.run(verdict, wanted.title))
        await post.finish((), f"{wanted.title}: {verdict.status}")
        return await self._answering.close(place, post)

    async def _verdict(self, program: Program) -> Verdict:
        items = follow(self._sandbox, program, self._limits)
        try:
            async for item in items:
                if isinstance(item, Verdict):
                    return item
        finally:
            await items.aclose()  # type: ignore[attr-defined]
        raise AssertionError("a run ends with its verdict")


def wanted_code(question: str) -> str:
    """The program that somebody pasted and only wants to be run; empty where they want more, or nothing of it."""
    given = pasted.read(question)
    words = " ".join(given.prose.split())
    return given.code if given.code and not given.error and _RUN.fullmatch(words) else ""
