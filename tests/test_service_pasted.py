"""What a learner pasted into a message."""

import time
from dataclasses import replace

import pytest
from fakes import PASSED

from service.pasted import is_fragment, query, read, report, said
from service.sandbox import SnippetError, Verdict
from service.sandbox.verdict import Status

CODE = "x = torch.ones(3)\ny = (x * 2).sum()\ny.backward()"
TRACE = """Traceback (most recent call last):
  File "train.py", line 12, in <module>
    loss.backward()
  File "/usr/lib/python3/torch/_tensor.py", line 522, in backward
    torch.autograd.backward(
RuntimeError: Trying to backward through the graph a second time"""


def failed(type_: str, message: str) -> Verdict:
    return replace(PASSED, status="failed", error=SnippetError(type_, message, 3, "…"))


@pytest.mark.parametrize(
    "message",
    [
        f"why does this fail?\n```python\n{CODE}\n```",
        f"```\n{CODE}\n```\nwhy does this fail?",
        f"why does this fail?\n\n{CODE}",
        f"~~~py\n{CODE}\n~~~\nwhy does this fail?",
    ],
)
def test_a_program_is_told_from_prose_fenced_or_not(message: str) -> None:
    given = read(message)
    assert given.prose == "why does this fail?"
    assert CODE in given.code
    assert given.error == ""


def test_a_longer_fence_holds_a_program_with_fences_in_it() -> None:
    code = 'import torch\nprint("""\n```\n""")\n'
    given = read(f"why does this fail?\n````python\n{code}````\nIt is short.")
    assert given.code == code
    assert given.prose.split() == ["why", "does", "this", "fail?", "It", "is", "short."]


def test_imports_that_a_program_takes_for_granted_are_added() -> None:
    code = read("```\nlayer = nn.Linear(2, 1)\nprint(F.relu(torch.ones(1)))\n```").code
    assert code.startswith("import torch\nfrom torch import nn\nimport torch.nn.functional as F\nlayer")
    assert read("```\nimport torch\nimport torch.nn as nn\nnn.ReLU()(torch.ones(1))\n```").code.count("import") == 2


def test_prompts_of_an_interactive_session_are_dropped() -> None:
    assert (
        read("```\n>>> import torch\n>>> torch.ones(2)\ntensor([1., 1.])\n```").code == "import torch\ntorch.ones(2)\n"
    )


def test_a_traceback_is_recognised_by_its_last_exception() -> None:
    given = read(f"what now?\n{TRACE}")
    assert given.error == "RuntimeError: Trying to backward through the graph a second time"
    assert (given.prose, given.code) == ("what now?", "")


def test_a_traceback_beside_its_program_leaves_nothing_to_run() -> None:
    given = read(f"```python\n{CODE}\n```\n```\n{TRACE}\n```\nwhy?")
    assert given.error.startswith("RuntimeError")
    assert given.prose == "why?"


@pytest.mark.parametrize(
    "message",
    [
        "what does optimizer.zero_grad() do",
        "I wrote x = 3 in my notes. is that fine?",
        "my loss is nan\nand I use lr = 0.1\nwhat should I do about it?",
        "use torch.no_grad() or model.eval()?",
        "🙂",
        "```",
        "",
    ],
)
def test_prose_with_a_name_in_it_is_no_program(message: str) -> None:
    assert read(message).code == ""


def test_commands_of_a_shell_are_not_run() -> None:
    assert read("```bash\nrm -rf /\npip install torch\n```").code == ""


@pytest.mark.parametrize("name", ["NameError", "ModuleNotFoundError"])
def test_a_missing_name_shows_only_that_the_program_is_not_whole(name: str) -> None:
    assert is_fragment(failed(name, "model"))
    assert "not whole" in report(failed(name, "model"))
    assert query("why?", failed(name, "model")) == "why?"


def test_the_real_exception_is_searched_for_with_the_message() -> None:
    assert query("why?", failed("RuntimeError", "shapes")) == "RuntimeError: shapes\nwhy?"


def test_a_warning_is_searched_for_too() -> None:
    assert query("why?", replace(PASSED, warnings=("UserWarning: step",))).startswith("UserWarning: step")


def test_what_is_understood_is_the_prose_and_the_exception() -> None:
    given = read(f"why does this fail?\n```python\n{CODE}\n```")
    assert said(given, failed("RuntimeError", "shapes")) == "why does this fail?\nRuntimeError: shapes"


def test_the_report_quotes_the_exception_without_breaking_out_of_its_quotes() -> None:
    assert "`RuntimeError: a 'b' c`" in report(failed("RuntimeError", "a `b`\nc"))


@pytest.mark.parametrize(
    "status",
    [
        "passed",
        "exited_early",
        "timed_out",
        "out_of_memory",
        "over_limit",
        "crashed",
        "killed",
        "refused",
        "sandbox_error",
    ],
)
def test_every_outcome_is_told_in_a_sentence(status: Status) -> None:
    assert report(replace(PASSED, status=status)).endswith(".")


@pytest.mark.parametrize(
    "piece", ["x = ", "    ", "```\n", "a.b", "import ", "(", "E   ", ">>> ", "Error: ", "x" * 20_000]
)
def test_hostile_repetition_is_read_in_a_moment(piece: str) -> None:
    start = time.process_time()
    read((piece * 20_000)[:20_000])
    read("\n".join([piece[:500]] * 200)[:20_000])
    assert time.process_time() - start < 2
