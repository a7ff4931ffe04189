"""The client against a service that answers by a script: retries, resuming, errors."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from clients import KINDS, Cut, Script

from corpus.errors import TutorError
from service import client
from service.client.frames import Frames
from service.events import Done, Event, Failed, Matched, Reply, Running, Text, Turn
from service.replay import replay

TURN = Turn(
    conversation_id="c",
    message_id="m",
    outcome="answered",
    abstained=False,
    confidence=0.9,
    understood_as="why",
    matches=[],
    nearest=[],
    follow_ups=[],
)
REPLY = Reply(**TURN.model_dump(), answer="One.\n\nTwo.\n\nThree\u2028.", snippets=[])
EVENTS = list(replay(REPLY))
QUESTION = "my gradients keep growing"


def frames(events: list[Event], start: int = 1) -> bytes:
    told = [f"event: {e.event}\ndata: {e.model_dump_json()}\nid: {n}\n\n" for n, e in enumerate(events, start)]
    return "".join(told).encode()


def stream(events: list[Event], start: int = 1) -> httpx.Response:
    return httpx.Response(200, content=frames(events, start))


def cut(events: list[Event], start: int = 1, more: bytes = b"") -> httpx.Response:
    return httpx.Response(200, stream=Cut(frames(events, start) + more))


def reply(given: Reply = REPLY) -> httpx.Response:
    return httpx.Response(200, content=given.model_dump_json())


def problem(status: int, detail: str = "said why", **headers: str) -> httpx.Response:
    body = {"type": "about:blank", "title": "Problem", "status": status, "detail": detail}
    return httpx.Response(status, json=body, headers=headers)


@pytest.fixture(params=["sync", "async"])
def asking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Script], Any]]:
    """Makes a client of either kind that asks a script and waits for nothing."""

    async def at_once(_: float) -> None: ...

    monkeypatch.setattr("service.client.sync.time.sleep", lambda _: None)
    monkeypatch.setattr("service.client.asynchronous.asyncio.sleep", at_once)
    made: list[Any] = []

    def make(script: Script, **named: Any) -> Any:
        transport = httpx.MockTransport(script)
        made.append(KINDS[request.param]("http://tutor.example", transport=transport, **named))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_reply_comes_typed_and_the_key_is_sent(asking: Callable[..., Any]) -> None:
    script = Script(reply())
    assert asking(script, key="secret").ask(QUESTION) == REPLY
    assert script.requests[0].headers["authorization"] == "Bearer secret"


def test_broken_and_busy_services_are_asked_again_under_the_same_key(asking: Callable[..., Any]) -> None:
    busy = problem(429, **{"Retry-After": "7"})
    script = Script(httpx.ConnectError("refused"), busy, problem(503), reply())
    assert asking(script).ask(QUESTION) == REPLY
    assert len({request.headers["idempotency-key"] for request in script.requests}) == 1


def test_two_questions_have_two_keys(asking: Callable[..., Any]) -> None:
    script = Script(reply(), reply())
    tutor = asking(script)
    tutor.ask(QUESTION)
    tutor.ask(QUESTION)
    assert len({request.headers["idempotency-key"] for request in script.requests}) == 2


def test_tries_are_bounded(asking: Callable[..., Any]) -> None:
    script = Script(*[httpx.ConnectError("refused")] * 9)
    with pytest.raises(client.NotReached, match=r"no tutor answers at http://tutor.example \(refused\)"):
        asking(script, retries=2).ask(QUESTION)
    assert len(script.requests) == 3


def test_who_must_wait_too_long_is_told_at_once(asking: Callable[..., Any]) -> None:
    script = Script(problem(429, "too many requests", **{"Retry-After": "3600"}))
    with pytest.raises(client.TooManyRequests, match="too many requests") as caught:
        asking(script).ask(QUESTION)
    assert caught.value.retry_after == 3600


def test_program_is_not_run_twice(asking: Callable[..., Any]) -> None:
    script = Script(httpx.ReadError("broken"), reply())
    with pytest.raises(client.NotReached, match="broke"):
        asking(script).run("print(1)")
    assert len(script.requests) == 1


def test_program_that_was_not_taken_is_sent_again(asking: Callable[..., Any]) -> None:
    script = Script(httpx.ConnectError("refused"), problem(429, **{"Retry-After": "1"}), problem(422))
    with pytest.raises(client.Unprocessable):
        asking(script).run("print(1)")
    assert len(script.requests) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, client.NotSignedIn),
        (403, client.Forbidden),
        (404, client.NotFound),
        (409, client.Conflict),
        (413, client.Unprocessable),
        (422, client.Unprocessable),
        (500, client.ServiceFailed),
    ],
)
def test_problem_becomes_a_typed_error_at_once(asking: Callable[..., Any], status: int, kind: type[Exception]) -> None:
    script = Script(problem(status, "no such thing; do this"))
    with pytest.raises(kind, match="no such thing; do this") as caught:
        asking(script).entry("../x y")
    assert isinstance(caught.value, TutorError)
    assert script.requests[0].url.raw_path == b"/v1/entries/..%2Fx%20y"


def test_page_of_a_proxy_is_told_as_such(asking: Callable[..., Any]) -> None:
    moved = httpx.Response(301, headers={"Location": "https://tutor.example/"})
    with pytest.raises(client.Refused, match="redirects to https://tutor"):
        asking(Script(moved)).search("x")


def test_answer_of_something_else_is_told(asking: Callable[..., Any]) -> None:
    with pytest.raises(client.Misunderstood, match="none of a torchtutor"):
        asking(Script(httpx.Response(200, content=b"<html>hello</html>"))).ask(QUESTION)


@pytest.mark.parametrize("url", ["tutor.example", "ftp://tutor.example", "http://", "http://:8000", ""])
def test_what_is_no_address_is_told_before_anything_is_sent(url: str) -> None:
    with pytest.raises(client.BadAddress, match="write it like http"):
        client.Client(url)


def test_stream_gives_the_events(asking: Callable[..., Any]) -> None:
    assert list(asking(Script(stream(EVENTS))).stream(QUESTION)) == EVENTS


@pytest.mark.parametrize("kept", range(1, len(EVENTS)))
def test_dropped_stream_resumes_after_the_last_event(asking: Callable[..., Any], kept: int) -> None:
    begun = frames(EVENTS[kept : kept + 1])[:-9]  # an event that came in part
    script = Script(cut(EVENTS[:kept], more=begun), stream(EVENTS[kept:], start=kept + 1))
    assert list(asking(script).stream(QUESTION)) == EVENTS
    assert script.told == [("POST", "/v1/chat"), ("GET", "/v1/chat/m/events")]
    assert script.requests[1].headers["last-event-id"] == str(kept)


def test_stream_that_drops_before_its_first_event_asks_again_under_the_same_key(asking: Callable[..., Any]) -> None:
    script = Script(cut([]), stream(EVENTS))
    assert list(asking(script).stream(QUESTION)) == EVENTS
    assert script.told == [("POST", "/v1/chat")] * 2
    assert len({request.headers["idempotency-key"] for request in script.requests}) == 1


def test_stream_that_ends_early_and_whole_is_resumed_too(asking: Callable[..., Any]) -> None:
    script = Script(stream(EVENTS[:2]), stream(EVENTS[2:], start=3))
    assert list(asking(script).stream(QUESTION)) == EVENTS


def test_service_started_anew_tells_the_rest_only(asking: Callable[..., Any]) -> None:
    script = Script(cut(EVENTS[:3]), problem(404), stream(EVENTS))
    assert list(asking(script).stream(QUESTION)) == EVENTS
    assert script.told == [("POST", "/v1/chat"), ("GET", "/v1/chat/m/events"), ("POST", "/v1/chat")]


def test_text_that_comes_in_other_pieces_is_neither_lost_nor_repeated(asking: Callable[..., Any]) -> None:
    pieces: list[Event] = [Text(markdown=character) for character in REPLY.answer]
    first = [EVENTS[0], *pieces[:7]]
    script = Script(cut(first), problem(404), stream(EVENTS))
    given = list(asking(script).stream(QUESTION))
    assert "".join(event.markdown for event in given if isinstance(event, Text)) == REPLY.answer
    assert [event.event for event in given].count("matched") == 1


def test_run_of_a_pasted_program_is_resumed_before_anything_was_found(asking: Callable[..., Any]) -> None:
    running = Running(conversation_id="c", message_id="m", code="print(1)")
    script = Script(cut([running]), stream(EVENTS, start=2))
    assert list(asking(script).stream(QUESTION)) == [running, *EVENTS]
    assert script.told[1] == ("GET", "/v1/chat/m/events")


def test_reply_that_begins_anew_in_other_words_is_told(asking: Callable[..., Any]) -> None:
    other = [EVENTS[0], Text(markdown="Quite another."), EVENTS[-1]]
    script = Script(cut(EVENTS[:3]), problem(404), *[stream(other) for _ in range(4)])
    with pytest.raises(client.StreamBroken, match="ask again"):
        list(asking(script).stream(QUESTION))


def test_stream_that_always_drops_ends(asking: Callable[..., Any]) -> None:
    script = Script(cut(EVENTS[:1]), *[cut([]) for _ in range(9)])
    with pytest.raises(client.NotReached):
        list(asking(script, retries=2).stream(QUESTION))
    assert len(script.requests) == 3


def test_each_event_that_comes_renews_the_patience(asking: Callable[..., Any]) -> None:
    script = Script(*[cut([event], start=n) for n, event in enumerate(EVENTS[:-1], 1)], stream(EVENTS[-1:], 5))
    assert list(asking(script, retries=1).stream(QUESTION)) == EVENTS


def test_followed_turn_that_is_forgotten_is_told(asking: Callable[..., Any]) -> None:
    with pytest.raises(client.NotFound):
        list(asking(Script(problem(404))).follow("m"))


def test_event_of_a_kind_to_come_is_passed_over(asking: Callable[..., Any]) -> None:
    new = b"event: hummed\ndata: 1\nid: 2\n\n"
    script = Script(httpx.Response(200, content=frames(EVENTS[:1]) + new + frames(EVENTS[1:], 3)))
    assert list(asking(script).stream(QUESTION)) == EVENTS


def test_failed_turn_ends_the_stream_with_what_is_told(asking: Callable[..., Any]) -> None:
    failed = Failed(title="Cancelled", detail="nothing of it is kept")
    assert list(asking(Script(stream([EVENTS[0], failed]))).stream(QUESTION)) == [EVENTS[0], failed]


def test_run_that_drops_is_not_run_again(asking: Callable[..., Any]) -> None:
    output = b'event: output\ndata: {"event":"output","device":"auto","stream":"stdout","text":"1"}\n\n'
    script = Script(httpx.Response(200, stream=Cut(output)))
    with pytest.raises(client.NotReached):
        list(asking(script).run_stream("print(1)"))
    assert len(script.requests) == 1


def test_event_of_a_run_of_a_kind_to_come_is_passed_over(asking: Callable[..., Any]) -> None:
    output = b'event: output\ndata: {"event":"output","device":"auto","stream":"stdout","text":"1"}\n\n'
    failed = b'event: error\ndata: {"event":"error","detail":"the sandbox is full"}\n\n'
    new = b'event: hummed\ndata: {"event":"hummed"}\n\n'
    told = list(asking(Script(httpx.Response(200, content=output + new + failed))).run_stream("print(1)"))
    assert [event.event for event in told] == ["output", "error"]


def test_frames_are_whole_however_their_bytes_come() -> None:
    data = b": ping\n\n" + frames(EVENTS).replace(b"\n", b"\r\n")
    whole = list(Frames().feed(data))
    by_byte = Frames()
    assert [frame for byte in data for frame in by_byte.feed(bytes([byte]))] == whole
    assert [frame.id for frame in whole] == ["1", "2", "3", "4", "5"]
    assert [type(event) for event in EVENTS] == [Matched, Text, Text, Text, Done]


def test_client_loads_neither_the_index_nor_the_database_nor_the_service() -> None:
    heavy = "{'index', 'faiss', 'numpy', 'onnxruntime', 'sqlalchemy', 'fastapi', 'starlette', 'torch'}"
    program = f"import sys, service.client; print({heavy} & {{name.split('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded == "set()\n"
