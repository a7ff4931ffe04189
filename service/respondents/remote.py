"""A tutor elsewhere, over HTTP.

Nothing waits in a thread here: Ctrl-C breaks the connection, and a program that runs ends with it.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress

from corpus.errors import TutorError
from service.api.library import EntryHead, EntryView
from service.api.run import OutputEvent, RunFailed
from service.client import Client, ClientError, Conflict, NotFound
from service.events import Event, Matched, Reply, Running
from service.respondents import ConversationGone, Earlier, Printed
from service.sandbox import Device, Verdict


class CannotRun(TutorError):
    """The service could not run the program."""


class RemoteTutor:
    """Asks the service behind ``client``, which is closed with it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._question: tuple[str, str | None, str] | None = None
        self._message_id = ""

    def ask(self, message: str, conversation_id: str | None = None) -> Iterator[Event]:
        self._question = (message, conversation_id, secrets.token_urlsafe(16))
        self._message_id = ""
        return self._followed(*self._question)

    def _followed(self, message: str, conversation_id: str | None, request: str) -> Iterator[Event]:
        try:
            for event in self._client.stream(message, conversation_id=conversation_id, idempotency_key=request):
                if isinstance(event, Running | Matched):
                    self._message_id = event.message_id
                yield event
        except NotFound:
            raise ConversationGone from None

    def run(self, code: str, device: Device = "auto") -> Iterator[Printed | Verdict]:
        self._question = None
        for event in self._client.run_stream(code, device=device):
            if isinstance(event, OutputEvent):
                yield Printed(event.stream, event.text)
            elif isinstance(event, RunFailed):
                raise CannotRun(event.detail)
            else:
                yield event.verdict

    def cancel(self) -> bool:
        if self._question is None:
            return True
        try:
            if not self._message_id:  # stopped before anything came: the same request once more tells which turn it is
                next(self._followed(*self._question), None)
            self._client.cancel(self._message_id)
        except (Conflict, NotFound, ConversationGone):
            return False
        except ClientError:
            return True
        return True

    def conversations(self, limit: int) -> Sequence[Earlier]:
        heads = self._client.conversations(limit=limit)
        return [Earlier(head.conversation_id, head.title, head.updated_at, head.messages) for head in heads]

    def conversation(self, conversation_id: str) -> Sequence[tuple[str, Reply]]:
        return [(one.question, one.reply) for one in self._client.conversation(conversation_id).messages]

    def entries(self) -> Sequence[EntryHead]:
        return self._client.entries()

    def entry(self, entry_id: str) -> EntryView | None:
        try:
            return self._client.entry(entry_id)
        except NotFound:
            return None

    def close(self) -> None:
        with suppress(ClientError):
            self._client.close()
