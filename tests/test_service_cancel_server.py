"""A reply that is not wanted any more ends with the program that it runs: through real HTTP, with the real sandbox."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server

pytestmark = pytest.mark.integration

ENDLESS = "does this ever end?\n```python\nimport time\nwhile True:\n    time.sleep(0.1)\n```"
SECONDS = 90
"""So long the program would hold the only slot; what is cancelled must be gone much sooner."""


@pytest.fixture(scope="module")
def one_slot(state_folder: Path, start_server: Callable[..., Server]) -> Server:
    server = start_server(state_folder, TUTOR_RUN_SLOTS="1", TUTOR_RUN_SECONDS=str(SECONDS), TUTOR_RUN_SECONDS_MAX="99")
    server.http.post("/v1/run", json={"code": "print(0)"}).raise_for_status()  # until the sandbox is warm
    return server


def events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def end_while_it_runs(server: Server, end: Callable[[dict[str, Any]], httpx.Response]) -> tuple[list[str], float]:
    """Ask to run the endless program, end that, and run another one; the events, and the seconds it all took."""
    with server.http.stream("POST", "/v1/chat", json={"message": ENDLESS, "stream": True}) as response:
        told = events(response)
        running = next(told)
        assert (running["event"], "while True" in running["code"]) == ("running", True)
        time.sleep(1)  # until it holds the slot
        started = time.monotonic()
        assert end(running).is_success
        names = [running["event"], *(event["event"] for event in told)]
    verdict = server.http.post("/v1/run", json={"code": "print(1)"}).json()
    assert verdict["status"] == "passed"
    return names, time.monotonic() - started


def test_cancelling_a_reply_ends_the_program_that_it_runs(one_slot: Server) -> None:
    def cancel(running: dict[str, Any]) -> httpx.Response:
        return one_slot.http.post(f"/v1/chat/{running['message_id']}/cancel")

    names, seconds = end_while_it_runs(one_slot, cancel)
    assert names == ["running", "error"]
    assert seconds < SECONDS / 2


def test_deleting_a_conversation_ends_the_program_of_its_running_reply(one_slot: Server) -> None:
    paths = []

    def delete(running: dict[str, Any]) -> httpx.Response:
        paths.append(f"/v1/conversations/{running['conversation_id']}")
        return one_slot.http.delete(paths[0])

    names, seconds = end_while_it_runs(one_slot, delete)
    assert names == ["running", "error"]
    assert seconds < SECONDS / 2
    assert one_slot.http.get(paths[0]).status_code == 404
