"""The form of reply that a question wants, and the sides of a comparison."""

import pytest

from service.forms import Form, form, sides


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
