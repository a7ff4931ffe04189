"""The client over real connections to a real server, and to one that drops them."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from clients import KINDS
from conftest import Server

from service import client
from service.api.run import OutputEvent, VerdictEvent
from service.events import Done, Text, Verified

pytestmark = pytest.mark.integration

QUESTION = "why do my gradients keep growing every step?"


class Cutting:
    """A way to ``url`` on which each of the next connections breaks after so many bytes as ``after`` says."""

    def __init__(self, url: str) -> None:
        self.after: list[int] = []
        self.on_cut: Callable[[], None] = lambda: None
        self.aim(url)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def aim(self, url: str) -> None:
        self._target = ("127.0.0.1", httpx.URL(url).port)

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._pass, args=(near,), daemon=True).start()

    def _pass(self, near: socket.socket) -> None:
        left = self.after.pop(0) if self.after else None
        with near, socket.create_connection(self._target) as far:
            threading.Thread(target=_copy, args=(near, far), daemon=True).start()
            while received := far.recv(64):
                near.sendall(received)
                left = None if left is None else left - len(received)
                if left is not None and left <= 0:
                    self.on_cut()
                    break
            with suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)


@pytest.fixture
def cutting(server: Server) -> Iterator[Cutting]:
    made = Cutting(server.url)
    yield made
    made.close()


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    made: list[Any] = []

    def open_client(url: str, **named: Any) -> Any:
        made.append(KINDS[request.param](url, **named))
        return made[-1]

    yield open_client
    for each in made:
        each.close()


def text(events: list[Any]) -> str:
    return "".join(event.markdown for event in events if isinstance(event, Text))


def test_question_follow_up_feedback_and_conversation(connect: Callable[..., Any], server: Server) -> None:
    tutor = connect(server.url)
    first = tutor.ask(QUESTION)
    second = tutor.ask("show me the code", conversation_id=first.conversation_id)
    assert second.snippets[0].verdict.status == "passed"
    tutor.feedback(second.message_id, True, "thanks")
    kept = tutor.conversation(first.conversation_id)
    assert [message.reply for message in kept.messages] == [first, second]
    assert kept.messages[1].feedback.comment == "thanks"
    assert first.conversation_id in {head.conversation_id for head in tutor.conversations()}
    link = tutor.share(first.conversation_id)
    assert [message.answer for message in tutor.shared(link.token).messages] == [first.answer, second.answer]
    tutor.unshare(first.conversation_id)
    tutor.rename_conversation(first.conversation_id, "of no other name")
    assert [head.conversation_id for head in tutor.conversations("NO other")] == [first.conversation_id]
    tutor.delete_conversation(first.conversation_id)
    with pytest.raises(client.NotFound):
        tutor.conversation(first.conversation_id)


def test_same_key_gets_the_same_reply(connect: Callable[..., Any], server: Server) -> None:
    tutor = connect(server.url)
    first, second = (tutor.ask(QUESTION, idempotency_key=f"again-{id(tutor)}") for _ in range(2))
    assert first == second


def test_library(connect: Callable[..., Any], server: Server) -> None:
    tutor = connect(server.url)
    assert tutor.search("freeze layers", k=2)[0].entry_id in {head.entry_id for head in tutor.entries()}
    assert tutor.entry("dropout").code
    assert tutor.ready().entries == 40
    with pytest.raises(client.NotFound, match="GET /v1/entries lists them"):
        tutor.entry("no-such")


def test_program_is_run(connect: Callable[..., Any], server: Server) -> None:
    tutor = connect(server.url)
    assert tutor.run("print(input())", stdin="hello", device="cpu").stdout == "hello\n"
    *outputs, end = list(tutor.run_stream("print(1)\nraise ValueError('no')"))
    assert "".join(event.text for event in outputs if isinstance(event, OutputEvent)) == "1\n"
    assert isinstance(end, VerdictEvent)
    assert end.verdict.error is not None
    assert end.verdict.error.type == "ValueError"
    with pytest.raises(client.Unprocessable, match="timeout_s"):
        tutor.run("print(1)", timeout_s=1e6)


def test_stream_over_connections_that_drop_gives_every_event_once(
    connect: Callable[..., Any], cutting: Cutting
) -> None:
    cutting.after = [40, 700, 1500, 2500, 900, 4000]
    events = list(connect(cutting.url, retries=6).stream(QUESTION))
    assert cutting.after == []
    done = events[-1]
    assert isinstance(done, Done)
    assert text(events) == done.reply.answer
    assert [event.snippet for event in events if isinstance(event, Verified)] == done.reply.snippets


def test_reply_over_a_connection_that_drops_is_the_one_that_was_made(
    connect: Callable[..., Any], cutting: Cutting, server: Server
) -> None:
    cutting.after = [40]
    reply = connect(cutting.url).ask(QUESTION)
    kept = connect(server.url).conversation(reply.conversation_id)
    assert [message.message_id for message in kept.messages] == [reply.message_id]


def test_stream_goes_on_at_a_service_that_was_started_anew(
    cutting: Cutting, state_folder: Path, start_server: Callable[..., Server], server: Server
) -> None:
    again = start_server(state_folder)
    for kind in KINDS.values():
        cutting.aim(server.url)
        cutting.on_cut = lambda: cutting.aim(again.url)
        cutting.after = [1500]
        tutor = kind(cutting.url)
        events = list(tutor.stream(QUESTION, idempotency_key=f"anew-{id(tutor)}"))
        tutor.close()
        assert text(events) == events[-1].reply.answer
        assert [event.event for event in events].count("matched") == 1


def test_service_with_keys_tells_who_has_none(
    tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]
) -> None:
    (tmp_path / "key").write_text("x" * 40)
    home = tmp_path / "home"
    shutil.copytree(state_folder / "index", home / "index")  # a key that is made is kept
    closed = start_server(home, TUTOR_REQUIRE_KEYS="true", TUTOR_KEY_FILE=str(tmp_path / "key"))
    for kind in KINDS.values():
        with pytest.raises(client.NotSignedIn, match="torchtutor keys create"):
            kind(closed.url).search("dropout")
        with pytest.raises(client.NotSignedIn, match="not valid"):
            kind(closed.url, key="another").search("dropout")
        assert kind(closed.url, key="x" * 40).search("dropout")
    closed.stop()


def test_nothing_there_is_told(connect: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(client.NotReached, match=f"no tutor answers at http://127.0.0.1:{port}"):
        connect(f"http://127.0.0.1:{port}", retries=0).ask(QUESTION)
