"""A real server process that others reach: keys from the command line and from a secret file."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Server

pytestmark = pytest.mark.integration


def torchtutor(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        env={**os.environ, "TUTOR_HOME": str(home), "COLUMNS": "120", **settings},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path, state_folder: Path) -> Path:
    (tmp_path / "home").mkdir()
    subprocess.run(["cp", "-r", str(state_folder / "index"), str(tmp_path / "home")], check=True)
    return tmp_path / "home"


def test_service_that_others_reach_refuses_to_start_without_a_key_and_says_how_to_mend_it(home: Path) -> None:
    told = torchtutor(home, "serve", "--host", "0.0.0.0", "--port", "0")
    assert told.returncode == 1
    assert "torchtutor keys create" in told.stderr
    assert "TUTOR_KEY_FILE" in told.stderr


def test_key_made_in_the_terminal_lets_in_until_it_is_revoked(home: Path, start_server: Callable[..., Server]) -> None:
    made = torchtutor(home, "keys", "create", "ann", "--scope", "ask")
    secret = made.stdout.strip()
    assert made.returncode == 0
    assert "not shown again" in made.stderr
    server = start_server(home, TUTOR_HOST="0.0.0.0")
    server.http.base_url = server.url.replace("0.0.0.0", "127.0.0.1")
    assert server.http.get("/v1/entries").status_code == 401
    server.http.headers["Authorization"] = f"Bearer {secret}"
    assert server.http.post("/v1/chat", json={"message": "hello"}).status_code == 200
    listed = torchtutor(home, "keys", "list").stdout
    assert "ann" in listed
    assert secret not in listed
    key_id = made.stderr.split()[1]
    assert torchtutor(home, "keys", "revoke", key_id).returncode == 0
    assert server.http.get("/v1/entries").status_code == 401


def test_first_key_comes_from_a_secret_file(home: Path, tmp_path: Path, start_server: Callable[..., Server]) -> None:
    (tmp_path / "secret").write_text("0123456789abcdef" * 4 + "\n")
    server = start_server(home, TUTOR_HOST="0.0.0.0", TUTOR_KEY_FILE=str(tmp_path / "secret"))
    server.http.base_url = server.url.replace("0.0.0.0", "127.0.0.1")
    signed_in = server.http.post("/v1/session", json={"key": "0123456789abcdef" * 4})
    assert signed_in.json()["scopes"] == ["ask", "run", "admin"]
    assert server.http.get("/v1/conversations").status_code == 200
    assert server.http.get("/readyz").status_code == 200


def test_backup_of_a_running_service_is_restored_elsewhere(
    home: Path, tmp_path: Path, start_server: Callable[..., Server]
) -> None:
    server = start_server(home)
    server.http.post("/v1/chat", json={"message": "hello"})
    assert torchtutor(home, "backup", str(tmp_path / "file")).returncode == 0
    refused = torchtutor(home, "restore", "--replace", str(tmp_path / "file"))
    assert (refused.returncode, "stop it first" in refused.stderr) == (1, True)
    elsewhere = tmp_path / "elsewhere"
    restored = torchtutor(elsewhere, "restore", str(tmp_path / "file"))
    assert restored.returncode == 0, restored.stderr
    subprocess.run(["cp", "-r", str(home / "index"), str(elsewhere)], check=True)
    heads = start_server(elsewhere).http.get("/v1/conversations").json()["conversations"]
    assert [head["title"] for head in heads] == ["hello"]
