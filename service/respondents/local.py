"""The tutor and the sandbox in this process, for the machine's own user."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from corpus.entry import Entry
from service import views
from service.api.library import EntryHead, EntryView
from service.events import Event, Reply
from service.memory import Memory, UnknownConversation
from service.respondents import ConversationGone, Earlier, Printed
from service.respondents.background import drawn
from service.sandbox import Device, Limits, Program, Sandbox, Verdict
from service.verify import Verifier

if TYPE_CHECKING:
    from service.wiring import Parts


class LocalSandbox:
    """Runs programs, within ``limits``; the sandbox is closed with it."""

    def __init__(self, sandbox: Sandbox, limits: Limits) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._stopped = threading.Event()

    def run(self, code: str, device: Device = "auto") -> Iterator[Printed | Verdict]:
        self._stopped = stopped = threading.Event()

        def work(put: Callable[[Printed | Verdict], None]) -> None:
            put(
                self._sandbox.run(
                    Program(code, device=device),
                    self._limits,
                    on_output=lambda stream, text: put(Printed(stream, text)),
                    cancelled=stopped.is_set,
                )
            )

        return drawn(work)

    def cancel(self) -> bool:
        self._stopped.set()
        return True

    def close(self) -> None:
        self._sandbox.close()


class LocalLibrary:
    """The entries of this machine, with the verdicts that ``memory`` holds, which is closed with it."""

    def __init__(self, entries: Sequence[Entry], verifier: Verifier, memory: Memory) -> None:
        self._entries = {entry.id: entry for entry in entries}
        self._verifier = verifier
        self._memory = memory

    def entries(self) -> Sequence[EntryHead]:
        return [views.head(entry) for entry in self._entries.values()]

    def entry(self, entry_id: str) -> EntryView | None:
        entry = self._entries.get(entry_id)
        return None if entry is None else views.view(entry, self._verifier)

    def close(self) -> None:
        self._memory.close()


class LocalTutor:
    """Asks the tutor of ``parts``; they are closed with it.

    Args:
        limits: what a program of the learner's own may take.
    """

    def __init__(self, parts: "Parts", limits: Limits) -> None:
        self._parts = parts
        self._sandbox = LocalSandbox(parts.sandbox, limits)
        self._stop = self._sandbox.cancel

    def ask(self, message: str, conversation_id: str | None = None) -> Iterator[Event]:
        notebook = self._parts.memory.notebook()
        self._stop = notebook.cancel

        def work(put: Callable[[Event], None]) -> None:
            try:
                for event in self._parts.tutor.answer(message, conversation_id, notebook=notebook):
                    put(event)
            except UnknownConversation:
                raise ConversationGone from None

        return drawn(work)

    def run(self, code: str, device: Device = "auto") -> Iterator[Printed | Verdict]:
        self._stop = self._sandbox.cancel
        return self._sandbox.run(code, device)

    def cancel(self) -> bool:
        return self._stop()

    def conversations(self, limit: int) -> Sequence[Earlier]:
        heads = self._parts.memory.conversations.list(limit=limit)
        return [Earlier(head.id, head.title, head.updated_at, head.messages) for head in heads]

    def conversation(self, conversation_id: str) -> Sequence[tuple[str, Reply]]:
        stored = self._parts.memory.conversations.get(conversation_id)
        return [(one.question, Reply.model_validate_json(one.reply_json)) for one in stored.messages]

    def close(self) -> None:
        self._parts.close()
