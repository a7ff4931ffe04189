"""Logs are JSON with the request's id, and tell no question above debug level."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service import logs
from service.app import create_app
from service.settings import Settings
from service.wiring import Parts

QUESTION = "why do my gradients keep growing for ann@example.org"


class Log:
    """What was written to standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def text(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Log(capsys)
    root.handlers[:] = handlers
    root.setLevel(level)


def client(parts: Parts) -> TestClient:
    app = create_app(parts, Settings(verify_in_background=False))
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


def requests(log: Log) -> list[dict[str, Any]]:
    return [line for line in log.lines() if line["message"] == "request"]


def test_each_request_is_one_line_with_its_id_route_and_status(log: Log, parts: Parts) -> None:
    logs.configure("info")
    served = client(parts)
    response = served.get("/v1/entries/grad")
    served.get("/nowhere/at/all", headers={"X-Request-ID": "from-the-proxy"})
    known, unknown = requests(log)
    assert known["request_id"] == response.headers["x-request-id"]
    assert (known["method"], known["route"], known["status"]) == ("GET", "/v1/entries/{entry_id}", 200)
    assert known["duration_ms"] > 0
    assert (unknown["request_id"], unknown["route"], unknown["status"]) == ("from-the-proxy", "unknown", 404)


@pytest.mark.parametrize("sent", ["a b", "x" * 65, 'x"}{', ""])
def test_request_id_that_could_forge_a_log_is_replaced(log: Log, parts: Parts, sent: str) -> None:
    logs.configure("info")
    given = client(parts).get("/livez", headers={"X-Request-ID": sent}).headers["x-request-id"]
    assert given != sent
    assert requests(log)[0]["request_id"] == given


def ask_everything(served: TestClient) -> None:
    """Send the question in every way that there is, also in ways that fail."""
    reply = served.post("/v1/chat", json={"message": QUESTION}).json()
    served.post("/v1/chat", json={"message": QUESTION, "stream": True})
    served.post("/v1/chat", json={"message": QUESTION, "conversation_id": QUESTION})
    served.post("/v1/chat", json={"message": [QUESTION]})
    served.get("/v1/search", params={"q": QUESTION})
    served.get("/v1/search", params={"q": QUESTION, "collection": QUESTION})
    served.get(f"/v1/{QUESTION}")
    served.get(f"/v1/conversations/{reply['conversation_id']}")
    served.post("/v1/feedback", json={"message_id": reply["message_id"], "helpful": False, "comment": QUESTION})


def test_no_question_is_logged_above_debug(log: Log, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("info")
    ask_everything(client(parts))

    def crash(*_: object) -> None:
        raise ValueError(QUESTION)

    monkeypatch.setattr(parts.tutor, "search", crash)
    client(parts).get("/v1/search", params={"q": "x"})
    monkeypatch.setattr(parts.verifier, "check", crash)
    client(parts).post("/v1/chat", json={"message": QUESTION})
    assert [line["exception"][:10] for line in log.lines() if "exception" in line] == ["ValueError"]
    assert "ann@example.org" not in log.text()


def test_question_is_logged_at_debug(log: Log, parts: Parts) -> None:
    logs.configure("debug")
    client(parts).post("/v1/chat", json={"message": QUESTION})
    assert QUESTION in [line.get("question") for line in log.lines()]


def test_exception_tells_its_place_and_cause() -> None:
    def inner() -> None:
        raise KeyError("secret")

    def outer() -> None:
        try:
            inner()
        except KeyError as cause:
            raise ValueError("secret") from cause

    try:
        outer()
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", (), (ValueError, error, error.__traceback__))
    line = logs.JsonFormatter(tell_all=False).format(record)
    told = json.loads(line)["exception"]
    assert "secret" not in line
    assert told.startswith("ValueError < ")
    assert "; from KeyError < " in told
    assert "test_exception_tells_its_place_and_cause" in told
