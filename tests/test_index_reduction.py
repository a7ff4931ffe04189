"""Long messages are reduced to what matters in them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.reduction import SHORT, reduced

TRACEBACK = """Traceback (most recent call last):
  File "/home/me/train.py", line 41, in <module>
    loss.backward()
  File "/usr/lib/python3.11/site-packages/torch/_tensor.py", line 522, in backward
    torch.autograd.backward(
RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn

It worked yesterday. What is wrong?"""


def test_of_a_traceback_the_exception_the_own_line_and_the_prose_are_kept() -> None:
    assert reduced(TRACEBACK).splitlines() == [
        "It worked yesterday. What is wrong?",
        "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn",
        "loss.backward()",
    ]


def test_of_many_lines_of_code_the_names_of_the_interface_and_the_question_are_kept() -> None:
    code = "\n".join(f"        self.fc{n} = nn.Linear({n}, {n + 1})" for n in range(200))
    found = reduced(f"why doesn't this learn?\nclass Net(nn.Module):\n{code}\nopt = torch.optim.SGD(net, lr=1)")
    assert "why doesn't this learn?" in found
    assert "nn.Linear" in found
    assert "torch.optim.SGD" in found
    assert len(found) < 200


def test_a_comment_in_code_counts_as_prose() -> None:
    code = "for x, y in loader:\n    loss = f(x)\n    loss.backward()  # this one crashes in the second round\n"
    found = reduced("x = torch.zeros(3)\n" * 20 + code)
    assert found.startswith("this one crashes in the second round")


@pytest.mark.parametrize("text", ["", "how do I save a model", "x = 1", "nn.CrossEntropyLoss", "日本語", "🙂"])
def test_a_short_message_is_left_as_it_is(text: str) -> None:
    assert reduced(text) == text


def test_plain_prose_is_left_as_it_is_however_long() -> None:
    prose = "I have trained a network and now I wonder how it goes on. " * 20
    assert len(prose) > SHORT
    assert reduced(prose) == prose


def test_the_last_exception_is_kept_where_there_are_several() -> None:
    chain = "\n".join(f"KeyError: number {n}" for n in range(9))
    assert "number 8" in reduced(f"Traceback (most recent call last):\n{chain}")


@given(st.text(max_size=2000))
def test_no_message_breaks_it_or_becomes_empty(text: str) -> None:
    assert bool(reduced(text)) == bool(text)


@pytest.mark.parametrize("piece", ["a.", "(", "x = ", "Error", 'File "', "1 ", "a_", "#", "\n", "'", ".a", "aA1"])
def test_twenty_thousand_characters_take_little_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000] + '\nTraceback (most recent call last):\n  File "x", line 1'
    start = time.thread_time()
    reduced(text)
    assert time.thread_time() - start < 1
