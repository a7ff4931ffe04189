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
def test_verify_finds_the_whole_corpus_as_stated_and_then_has_nothing_left_to_run(
    state_folder: Path, tmp_path: Path
) -> None:
    first = torchtutor(state_folder, "verify", "--json")
    report = json.loads(first.stdout)
    wrong = [(row["id"], row["deviation"]) for row in report["snippets"] if row["as_stated"] is False]
    assert (first.returncode, wrong) == (0, [])
    assert report["counts"]["as stated"] >= 150
    (tmp_path / "report.json").write_text(first.stdout)
    arguments = ["verify", "--json", "--against", f"{tmp_path}/report.json", "--html", f"{tmp_path}/report.html"]
    again = json.loads(torchtutor(state_folder, *arguments).stdout)
    comparison = again.pop("comparison")
    assert again == report
    assert (comparison["changes"], comparison["compared"]) == ([], len(report["snippets"]))
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.integration
def test_verify_exits_2_where_the_report_to_compare_with_is_broken(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{")
    told = torchtutor(tmp_path / "home", "verify", "--against", f"{tmp_path}/report.json")
    assert (told.returncode, told.stdout) == (2, "")
    assert "report.json is no report of a verification" in told.stderr


@pytest.mark.integration
def test_import_tells_what_it_could_not_use_and_how_to_serve_the_rest(tmp_path: Path) -> None:
    (tmp_path / "Notes.md").write_text("1. **Where?**\n\n   On the share.\n\n2. **Who?**\n\n   It is\n")
    arguments = ["import", f"{tmp_path}/Notes.md", "--out", f"{tmp_path}/out"]
    told = torchtutor(tmp_path, *arguments)
    assert (told.returncode, told.stdout) == (0, "")
    assert f"{tmp_path}/Notes.md:7: the answer breaks off" in told.stderr
    assert "2 items" in told.stderr
    assert f"TUTOR_CORPUS_FOLDERS='[\"{tmp_path}/out\"]'" in told.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["notes-01.md", "notes-02.md"]
    assert torchtutor(tmp_path, *arguments).returncode == 1
    assert torchtutor(tmp_path, *arguments, "--force").returncode == 0


@pytest.mark.integration
def test_import_exits_1_where_nothing_could_be_read(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("prose")
    told = torchtutor(tmp_path, "import", f"{tmp_path}/notes.md")
    assert told.returncode == 1
    assert "no numbered question" in told.stderr


@pytest.mark.integration
def test_new_entry_writes_a_template_once(tmp_path: Path) -> None:
    arguments = ["new-entry", "my-lesson", "--out", f"{tmp_path}/out"]
    assert torchtutor(tmp_path, *arguments).returncode == 0
    assert "draft: true" in (tmp_path / "out" / "my-lesson.md").read_text()
    told = torchtutor(tmp_path, *arguments)
    assert (told.returncode, "exists already" in told.stderr) == (1, True)


@pytest.mark.integration
def test_ask_writes_markdown_into_a_pipe_and_reads_the_question_from_one(state_folder: Path) -> None:
    asked = torchtutor(state_folder, "ask", "-", stdin="what is autograd?\n", COLUMNS="30")
    assert asked.returncode == 0
    assert "```python\nimport torch\n" in asked.stdout
    assert max(map(len, asked.stdout.splitlines())) > 80
    assert "\x1b" not in asked.stdout


@pytest.mark.integration
def test_ask_prints_the_whole_reply_as_json(state_folder: Path) -> None:
    asked = torchtutor(state_folder, "ask", "--json", "how do I boil an egg?")
    reply = json.loads(asked.stdout)
    assert (asked.returncode, reply["abstained"], reply["answer"] != "") == (3, True, True)


@pytest.mark.integration
def test_a_question_with_bytes_that_are_no_text_is_answered_and_such_a_program_is_refused(
    state_folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "service", "ask", "-"]
    environment = {**os.environ, "TUTOR_HOME": str(state_folder)}
    asked = subprocess.run(command, env=environment, input=b"what is autograd \xff?", capture_output=True, check=False)
    assert (asked.returncode, b"gradient" in asked.stdout, asked.stderr) == (0, True, b"")
    (tmp_path / "latin.py").write_bytes(b"print('\xe4')")
    told = torchtutor(tmp_path, "run", str(tmp_path / "latin.py"))
    assert (told.returncode, "is not UTF-8 text" in told.stderr) == (2, True)
    assert "Traceback" not in told.stderr


@pytest.mark.integration
def test_a_reader_that_leaves_gets_no_traceback(state_folder: Path) -> None:
    command = f"set -o pipefail; {sys.executable} -m service ask 'what is autograd?' | head -1"
    environment = {**os.environ, "TUTOR_HOME": str(state_folder)}
    told = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert (len(told.stdout.splitlines()), told.stderr) == (1, "")


@pytest.mark.integration
def test_run_keeps_what_a_program_prints_apart_from_what_is_said_of_it(tmp_path: Path) -> None:
    told = torchtutor(tmp_path, "run", "-", stdin="print('x' * 300)\nnix")
    assert (told.returncode, told.stdout) == (1, "x" * 300 + "\n")
    assert "✘ failed · CPU" in told.stderr
    assert "line 2: NameError: name 'nix' is not defined" in told.stderr


@pytest.mark.integration
def test_a_mistyped_command_is_told_the_nearest() -> None:
    told = torchtutor(Path(), "vrify")
    assert (told.returncode, "Did you mean 'verify'" in told.stderr) == (2, True)


@pytest.mark.integration
def test_show_prints_a_lesson_whole_as_markdown_into_a_pipe(tmp_path: Path) -> None:
    told = torchtutor(tmp_path, "show", "no-grad")
    assert told.returncode == 0
    titles = [line for line in told.stdout.splitlines() if line.startswith(("# ", "## "))]
    assert titles[0].startswith("# When and why would you use torch.no_grad()")
    assert titles[1:4] == ["## Explanation", "## Pitfalls", "## Follow-ups"]
    assert "```python\nimport torch\n" in told.stdout


@pytest.mark.integration
def test_show_lists_the_lessons_and_tells_the_nearest_to_one_that_is_not_there(tmp_path: Path) -> None:
    listed = torchtutor(tmp_path, "show")
    assert "no-grad\tWhen and why would you use torch.no_grad() in PyTorch?" in listed.stdout.splitlines()
    told = torchtutor(tmp_path, "show", "no-grda")
    assert (told.returncode, "no lesson 'no-grda'; did you mean no-grad" in told.stderr) == (1, True)


@pytest.mark.integration
def test_the_shell_completes_commands_and_lessons(tmp_path: Path) -> None:
    def completed(words: str) -> str:
        asked = {"_TORCHTUTOR_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        command = [
            sys.executable,
            "-c",
            "import sys; sys.argv[0] = 'torchtutor'; import service.__main__ as m; m.main()",
        ]
        environment = {**os.environ, "TUTOR_HOME": str(tmp_path), **asked}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout

    assert completed("torchtutor ch").split() == ["chat"]
    assert completed("torchtutor show no-g").split() == ["no-grad"]
