"""Programs run at somebody's wish: nothing is said of a run whose message is somebody else's affair by now."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fakes import FakeSandbox

from service.channels.slack.answering import Answering, Shared
from service.channels.slack.desk import Desk
from service.channels.slack.running import Running, Wanted
from service.memory import Memory
from service.memory.claims import Place
from service.sandbox import Limits, Program, Sandbox, Verdict
from service.settings import Settings

PLACE = Place("T1", "C1", "10.1:run:11.0")


class Post:
    """A reply that stands in one message from its beginning on."""

    def __init__(self) -> None:
        self.replies: list[str] = []
        self.message_id: str | None = None
        self.finished = False

    async def open(self) -> None:
        self.replies = ["12.1"]

    async def add(self, more: Any) -> None: ...

    async def progress(self, title: str, status: str) -> None: ...

    async def finish(self, closing: Any, summary: str) -> None:
        self.finished = True

    async def replace(self, content: Any, summary: str) -> None: ...


class Slack:
    def __init__(self) -> None:
        self.deleted: list[str] = []

    async def quietly(self, method: str, **arguments: Any) -> None:
        if method == "chat.delete":
            self.deleted.append(arguments["ts"])


class Meanwhile(FakeSandbox):
    """Something happens while a program runs."""

    def __init__(self, happens: Callable[[], Any]) -> None:
        super().__init__()
        self._happens = happens

    def run(self, program: Program, limits: Limits, *, on_output: Any = None, **how: object) -> Verdict:
        self._happens()
        return super().run(program, limits, on_output=on_output, **how)


def run(memory: Memory, sandbox: FakeSandbox) -> tuple[Post, Slack]:
    async def orphaned(claim: Any) -> None: ...

    async def work() -> tuple[Post, Slack]:
        slack, post = Slack(), Post()
        shared = SimpleNamespace(claims=memory.claims, memory=memory, calls=slack, running=None)
        desk = Desk(memory.claims, orphaned)
        running = Running(cast(Sandbox, sandbox), Settings(), Answering(cast(Shared, shared), desk))
        await running.run(Wanted(PLACE, "U1", Program("print(1)"), "the code"), post)
        await desk.stop(1)
        return post, slack

    return asyncio.run(work())


def test_run_is_told(memory: Memory) -> None:
    memory.claims.take(PLACE, "10.1", 60)
    post, slack = run(memory, FakeSandbox())
    claim = memory.claims.get(PLACE)
    assert post.finished
    assert slack.deleted == []
    assert claim is not None
    assert (claim.state, claim.replies) == ("posted", ("12.1",))


@pytest.mark.parametrize("state", ["told", "dropped"])
def test_what_nobody_waits_for_is_not_run(memory: Memory, state: Any) -> None:
    memory.claims.take(PLACE, "10.1", 60)
    memory.claims.close(PLACE, state)
    sandbox = FakeSandbox()
    post, _ = run(memory, sandbox)
    assert (sandbox.programs, post.replies) == ([], [])


def test_run_during_which_the_process_was_taken_for_dead_says_nothing(memory: Memory) -> None:
    memory.claims.take(PLACE, "10.1", -1)
    post, slack = run(memory, Meanwhile(lambda: memory.claims.orphans(60)))
    claim = memory.claims.get(PLACE)
    assert not post.finished
    assert slack.deleted == ["12.1"]
    assert claim is not None
    assert claim.state == "orphaned"


def test_run_of_a_question_that_is_deleted_meanwhile_says_nothing(memory: Memory) -> None:
    memory.claims.take(PLACE, "10.1", 60)
    post, slack = run(memory, Meanwhile(lambda: memory.claims.close(PLACE, "dropped")))
    assert not post.finished
    assert slack.deleted == ["12.1"]
