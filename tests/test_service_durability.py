"""A real server process that is killed at any moment: nothing that it acknowledged is lost, nothing is left half."""

import random
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from conftest import Server

pytestmark = pytest.mark.integration

ROUNDS = 3
ASKERS = 3
QUESTIONS = ("what does torch.no_grad do?", "how do I boil an egg?", "hello")


def ask_until_it_dies(server: Server, acknowledged: dict[str, str], number: int) -> None:
    """Ask one question after the other, each under a key of its own, and note what was acknowledged."""
    with httpx.Client(base_url=server.url, timeout=60) as http:
        count = 0
        while True:
            count += 1
            question = f"{QUESTIONS[count % len(QUESTIONS)]}"
            try:
                key = f"{number}-{count}"
                reply = http.post("/v1/chat", json={"message": question}, headers={"Idempotency-Key": key})
                if reply.status_code != 200:
                    return
                body = reply.json()
                acknowledged[body["message_id"]] = body["conversation_id"]
                http.post("/v1/feedback", json={"message_id": body["message_id"], "helpful": False})
            except httpx.HTTPError:
                return


def test_killed_server_loses_no_acknowledged_message_and_leaves_no_half_one(
    tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["cp", "-r", str(state_folder / "index"), str(home)], check=True)
    acknowledged: dict[str, str] = {}
    for round_ in range(ROUNDS):
        server = start_server(home)
        askers = [
            threading.Thread(target=ask_until_it_dies, args=(server, acknowledged, round_ * ASKERS + number))
            for number in range(ASKERS)
        ]
        for asker in askers:
            asker.start()
        time.sleep(random.uniform(1, 4))
        server.process.kill()
        server.process.wait()
        for asker in askers:
            asker.join()
    assert len(acknowledged) > ROUNDS

    server = start_server(home)
    kept: dict[str, str] = {}
    offset = 0
    while heads := server.http.get("/v1/conversations", params={"limit": 200, "offset": offset}).json()[
        "conversations"
    ]:
        offset += len(heads)
        for head in heads:
            for message in server.http.get(f"/v1/conversations/{head['conversation_id']}").json()["messages"]:
                assert message["reply"]["message_id"] == message["message_id"]
                assert message["reply"]["answer"]
                kept[message["message_id"]] = head["conversation_id"]
    assert acknowledged.items() <= kept.items()
    assert len(kept) - len(acknowledged) <= ROUNDS * ASKERS  # stored, but killed before the client was told


def test_request_that_comes_again_after_a_kill_gets_the_same_reply(
    tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["cp", "-r", str(state_folder / "index"), str(home)], check=True)
    request = {"message": "what does torch.no_grad do?"}
    first = start_server(home)
    before = first.http.post("/v1/chat", json=request, headers={"Idempotency-Key": "k"}).json()
    first.process.kill()
    first.process.wait()
    second = start_server(home)
    after = second.http.post("/v1/chat", json=request, headers={"Idempotency-Key": "k"}).json()
    assert after == before


def test_stopping_server_lets_a_running_reply_finish(
    tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["cp", "-r", str(state_folder / "index"), str(home)], check=True)
    server = start_server(home)
    server.http.post("/v1/run", json={"code": "print(0)"}).raise_for_status()  # until the sandbox is warm
    request = {"message": "what does torch.no_grad do?", "stream": True}
    with server.http.stream("POST", "/v1/chat", json=request) as response:
        lines = response.iter_lines()
        assert next(lines)
        server.process.terminate()
        names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert names[-1] == "done"
    assert "verified" in names
    server.process.wait(120)
    assert len(start_server(home).http.get("/v1/conversations").json()["conversations"]) == 1
