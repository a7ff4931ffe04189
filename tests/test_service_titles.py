"""What a conversation is called until its owner names it."""

import pytest

from service.memory.titles import MAX_TITLE, title_of

WHY = "Why does this fail?"
PROGRAM = "import torch\n\nx = torch.ones(2, 3)\nx @ x\n"


@pytest.mark.parametrize(
    ("question", "understood_as", "title"),
    [
        ("what is autograd?", "what is autograd? (something else)", "what is autograd?"),
        ("I have a model.\nWhy does it not learn?", "", "I have a model. Why does it not learn?"),
        (f"{WHY}\n```python\n{PROGRAM}```", f"{WHY} RuntimeError: bad shapes", f"{WHY} RuntimeError: bad shapes"),
        (f"{WHY}\n```python\n{PROGRAM}```", WHY, f"{WHY} x = torch.ones(2, 3)"),
        (f"```\n{PROGRAM}```\n{WHY}", WHY, "x = torch.ones(2, 3)"),
        (PROGRAM, "What does this program do?", "x = torch.ones(2, 3) x @ x"),
        (f"Why do gradients grow?\n```python\n{PROGRAM}```", "", "Why do gradients grow?"),
        ("```python\nimport torch\n```", "", "```python import torch ```"),
    ],
)
def test_title_tells_apart_what_people_write_about_their_programs(
    question: str, understood_as: str, title: str
) -> None:
    assert title_of(question, understood_as) == title


def test_title_is_short_and_never_empty() -> None:
    for question in ("word " * 99, f"```\n{'x = 1; ' * 99}\n```", "```", "~~~\n\n~~~"):
        assert 0 < len(title_of(question, "")) <= MAX_TITLE
