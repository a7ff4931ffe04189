"""The command line as its user sees it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def torchtutor(home: Path, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        env={**os.environ, "TUTOR_HOME": str(home), "COLUMNS": "120", **settings},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.integration
def test_ask_shows_the_answer_the_code_its_verdict_and_what_to_ask_next(state_folder: Path) -> None:
    asked = torchtutor(state_folder, "ask", "why do my gradients keep growing every step?")
    assert asked.returncode == 0
    assert "zero_grad" in asked.stdout
    assert "✔ ran · CPU · torch 2.13.0" in asked.stdout
    assert "Ask next:" in asked.stdout


@pytest.mark.integration
def test_ask_exits_3_where_no_lesson_covers_the_question(state_folder: Path) -> None:
    assert torchtutor(state_folder, "ask", "how do I boil an egg?").returncode == 3


@pytest.mark.integration
def test_run_tells_the_verdict_of_a_program_on_standard_input(tmp_path: Path) -> None:
    passed = torchtutor(tmp_path, "run", "-", stdin="print(6 * 7)")
    assert (passed.returncode, "42" in passed.stdout) == (0, True)
    failed = torchtutor(tmp_path, "run", "--json", "-", stdin="x = 1\nx.nix")
    verdict = json.loads(failed.stdout)
    assert (failed.returncode, verdict["status"], verdict["error"]["type"]) == (1, "failed", "AttributeError")
    assert verdict["error"]["line"] == 2


@pytest.mark.integration
def test_empty_question_is_told(tmp_path: Path) -> None:
    asked = torchtutor(tmp_path, "ask", " ")
    assert asked.returncode == 2
    assert "the question is empty" in asked.stderr


@pytest.mark.integration
def test_settings_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    told = torchtutor(tmp_path, "serve", TUTOR_PORT="eighty")
    assert told.returncode == 1
    assert "TUTOR_PORT: Input should be a valid integer" in told.stderr


@pytest.mark.integration
def test_state_folder_that_cannot_be_written_is_told_at_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = torchtutor(tmp_path / "file" / "home", "serve", "--port", "0")
    assert told.returncode == 1
    assert "TUTOR_HOME" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.integration
def test_verify_finds_the_whole_corpus_as_stated_and_then_has_nothing_left_to_run(state_folder: Path) -> None:
    first = torchtutor(state_folder, "verify", "--json")
    report = json.loads(first.stdout)
    wrong = [(row["id"], row["deviation"]) for row in report["snippets"] if row["as_stated"] is False]
    assert (first.returncode, wrong) == (0, [])
    assert report["counts"]["as stated"] >= 150
    again = json.loads(torchtutor(state_folder, "verify", "--json").stdout)
    assert again == report
