"""``torchtutor chat``, ``ask`` and ``run`` with a tutor elsewhere: nothing is built or loaded here."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ptys import Screen

pytestmark = pytest.mark.integration

CONTROL_C = "\x03"


@pytest.fixture(scope="module")
def chat(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    screen = Screen(tmp_path_factory.mktemp("home"), "chat", TUTOR_URL=server.url)
    screen.prompted()
    screen.enter("how do I save a model?")
    screen.until("Ask next:")
    yield screen
    screen.close()


def told(home: Path, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        env={**os.environ, "TUTOR_HOME": str(home), **settings},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_conversation_goes_on_by_number_and_its_code_runs(chat: Screen) -> None:
    chat.prompted()
    chat.enter("1")
    chat.until("→ ")
    chat.prompted()
    chat.enter("/run 1")
    chat.until("✔ passed · CPU")
    chat.prompted()


def test_control_c_cancels_the_turn_at_the_service(chat: Screen, server: Any) -> None:
    chat.prompted()
    chat.enter("/new")
    chat.until("Another conversation")
    kept = server.http.get("/v1/conversations").json()["conversations"]
    chat.type("\x1b[200~why is this slow?\n\nimport time\nfor _ in range(30):\n    time.sleep(1)\n\x1b[201~\r")
    chat.until("running your program")
    chat.type(CONTROL_C)
    chat.until("Stopped; nothing of this reply is kept.")
    chat.prompted()
    chat.enter("what is autograd?")
    chat.until("From: autograd")
    chat.prompted()
    now = server.http.get("/v1/conversations").json()["conversations"]
    assert [one["title"] for one in now if one not in kept] == ["what is autograd?"]


def test_a_conversation_that_was_deleted_meanwhile_is_told_and_another_begins(chat: Screen, server: Any) -> None:
    chat.prompted()
    newest = server.http.get("/v1/conversations").json()["conversations"][0]["conversation_id"]
    server.http.delete(f"/v1/conversations/{newest}")
    chat.enter("why?")
    chat.until("this conversation was deleted")
    chat.prompted()
    chat.enter("what is a tensor?")
    chat.until("From: ", 4)
    chat.prompted()


def test_ask_and_run_use_it_too_and_leave_nothing_here(server: Any, tmp_path: Path) -> None:
    asked = told(tmp_path / "home", "ask", "--json", "how do I boil an egg?", TUTOR_URL=server.url)
    assert (asked.returncode, json.loads(asked.stdout)["abstained"]) == (3, True)
    ran = told(tmp_path / "home", "run", "-", stdin="print(6 * 7)", TUTOR_URL=server.url)
    assert (ran.returncode, ran.stdout) == (0, "42\n")
    assert not (tmp_path / "home").exists()


def test_an_address_where_no_tutor_answers_is_told(tmp_path: Path) -> None:
    asked = told(tmp_path, "ask", "what is autograd?", TUTOR_URL="http://127.0.0.1:9")
    assert asked.returncode == 1
    assert "no tutor answers at http://127.0.0.1:9" in asked.stderr
    assert "Traceback" not in asked.stderr
