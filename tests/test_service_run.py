"""POST /v1/run: what it takes, what it refuses and how; with a fake sandbox."""

from dataclasses import replace

import pytest
from fakes import PASSED, FakeSandbox
from fastapi.testclient import TestClient

from service.app import create_app
from service.sandbox import Busy, Isolation, Limits
from service.settings import Settings
from service.wiring import Parts


@pytest.fixture
def client(parts: Parts) -> TestClient:
    return TestClient(create_app(parts, Settings(verify_in_background=False)), base_url="http://localhost")


def test_verdict_is_the_whole_reply(client: TestClient) -> None:
    verdict = client.post("/v1/run", json={"code": "print(1)"}).json()
    assert (verdict["status"], verdict["stdout"], verdict["error"], verdict["artifacts"]) == ("passed", "1\n", None, [])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "code"),
        ({"code": " \n"}, "no code"),
        ({"code": "x" * 1_000_001}, "1,000,001 bytes"),
        ({"code": "1", "device": "tpu"}, "device"),
        ({"code": "1", "timeout_s": 0}, "timeout_s"),
        ({"code": "1", "timeout_s": 61}, "60 s are the most"),
        ({"code": "1", "timeout_s": "nan"}, "timeout_s"),
        ({"code": 7}, "code"),
        ({"code": "1", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_run_is_a_problem_that_says_why(client: TestClient, body: dict[str, object], told: str) -> None:
    response = client.post("/v1/run", json=body)
    assert response.status_code == 422
    assert told in response.json()["detail"]


def test_body_that_is_no_text_is_a_problem(client: TestClient) -> None:
    response = client.post("/v1/run", content=b'{"code": "\xff\xfe"}', headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_both_devices_are_told_side_by_side(client: TestClient, sandbox: FakeSandbox) -> None:
    found = client.post("/v1/run", json={"code": "print(1)", "device": "both"}).json()
    assert (found["cpu"]["status"], found["cuda"]["status"], found["agree"]) == ("passed", "passed", True)
    assert [program.device for program in sandbox.programs] == ["cpu", "cuda"]


def test_full_queue_is_429_with_the_time_to_come_back(client: TestClient, sandbox: FakeSandbox) -> None:
    def full(limits: Limits) -> None:
        raise Busy(16, 10)

    sandbox.ensure_room = full  # type: ignore[method-assign]
    response = client.post("/v1/run", json={"code": "print(1)"})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "10")


def test_incomplete_isolation_is_503_that_says_what_is_missing(client: TestClient, sandbox: FakeSandbox) -> None:
    sandbox.runs_strangers_code = False
    sandbox.isolation = Isolation("process", "weak", complete=False, missing="install bubblewrap")
    response = client.post("/v1/run", json={"code": "print(1)"})
    assert response.status_code == 503
    assert "install bubblewrap" in response.json()["detail"]
    assert client.post("/v1/chat", json={"message": "why do gradients keep growing?"}).status_code == 200


def test_output_streams_before_the_verdict(client: TestClient, sandbox: FakeSandbox) -> None:
    sandbox.prints["print(1)"] = ["a", "b"]
    response = client.post("/v1/run", json={"code": "print(1)", "stream": True})
    names = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
    assert names == ["output", "output", "verdict"]


def test_web_page_of_another_origin_may_not_run_code(client: TestClient) -> None:
    response = client.post("/v1/run", json={"code": "print(1)"}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


def test_failed_run_is_a_verdict_and_no_error(client: TestClient, sandbox: FakeSandbox) -> None:
    sandbox.verdicts["1/0"] = replace(PASSED, status="failed")
    response = client.post("/v1/run", json={"code": "1/0"})
    assert (response.status_code, response.json()["status"]) == (200, "failed")
