"""A run from an event loop: its output as it comes, then its verdict."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from corpus.errors import TutorError
from service.sandbox.limits import Limits
from service.sandbox.program import Program
from service.sandbox.runner import Sandbox
from service.sandbox.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of what a running program prints."""

    stream: Literal["stdout", "stderr"]
    text: str


async def follow(sandbox: Sandbox, program: Program, limits: Limits) -> AsyncIterator[Output | Verdict]:
    """Run ``program``; the verdict comes last. Leaving the iterator ends the run.

    Raises:
        Busy: too many programs wait already.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[Output | Verdict | TutorError] = asyncio.Queue()
    left = threading.Event()

    def put(item: Output | Verdict | TutorError) -> None:
        if not left.is_set():
            loop.call_soon_threadsafe(arrived.put_nowait, item)

    def work() -> None:
        try:
            put(
                sandbox.run(
                    program,
                    limits,
                    on_output=lambda stream, text: put(Output(stream, text)),
                    cancelled=left.is_set,
                )
            )
        except TutorError as error:
            put(error)

    threading.Thread(target=work, name="sandbox run", daemon=True).start()
    try:
        while True:
            item = await arrived.get()
            if isinstance(item, TutorError):
                raise item
            yield item
            if isinstance(item, Verdict):
                return
    finally:
        left.set()
