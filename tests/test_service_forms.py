"""The form of reply that a question wants, the sides of a comparison, several questions in one message."""

import time

import pytest

from service.forms import Form, form, questions, sides


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what is a tensor", "answer"),
        ("batch size", "answer"),
        ("why do gradients add up?", "explanation"),
        ("How does autograd work internally?", "explanation"),
        ("how do I save a model?", "code"),
        ("Is there a way to freeze layers?", "code"),
        ("ValueError: optimizer got an empty parameter list", "error"),
        ("i get a RuntimeError when I call backward", "error"),
        ("SGD vs Adam", "comparison"),
        ("difference between view and reshape", "comparison"),
    ],
)
def test_the_form_fits_the_question(question: str, expected: Form) -> None:
    assert form(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the difference between SGD and Adam in PyTorch?", ("SGD", "Adam")),
        ("compare dropout with batch norm", ("dropout", "batch norm")),
        ("torch.save vs torch.jit.save?", ("torch.save", "torch.jit.save")),
        ("how is that different from a list?", ("that", "a list")),
        ("what is a tensor", None),
    ],
)
def test_both_sides_of_a_comparison_are_found(question: str, expected: tuple[str, str] | None) -> None:
    assert sides(question) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("What is a leaf? And what is a graph?", ("What is a leaf?", "And what is a graph?")),
        ("1. freeze layers 2. save weights", ("freeze layers", "save weights")),
        ("- what is a leaf\n- what is a graph", ("what is a leaf", "what is a graph")),
        ("I train a net. Why is it slow?", ("I train a net. Why is it slow?",)),
        ("Linear(64, 64) for x? (2) see", ("Linear(64, 64) for x? (2) see",)),
    ],
)
def test_several_questions_are_parted(message: str, expected: tuple[str, ...]) -> None:
    assert questions(message) == expected


@pytest.mark.parametrize("filling", ["\n", "\n ", " ", "\n-", "1. ", "a? "])
def test_a_long_message_takes_no_long_time(filling: str) -> None:
    message = f"what is autograd?{filling * (20_000 // len(filling))}x"
    before = time.process_time()  # what the machine does besides does not count
    questions(message)
    assert time.process_time() - before < 1
