"""The questions of one message, parted."""

import time

import pytest

from service.several import questions


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("What is a leaf? And what is a graph?", ("What is a leaf?", "And what is a graph?")),
        ("1. freeze layers 2. save weights", ("freeze layers", "save weights")),
        ("- what is a leaf\n- what is a graph", ("what is a leaf", "what is a graph")),
        ("what is a leaf\nwhat is a graph", ("what is a leaf", "what is a graph")),
        ("how do I save, and how do I load a net?", ("how do I save", "how do I load a net?")),
        ("difference between A and B; what is dropout", ("difference between A and B", "what is dropout")),
        ("What is dropout and how does it work?", ("What is dropout and how does it work?",)),
        ("Why is it nan? What can I do about it?", ("Why is it nan? What can I do about it?",)),
        ("What is a leaf? Why? What is a graph?", ("What is a leaf? Why?", "What is a graph?")),
        ("What is a leaf? I have read. What is a graph?", ("What is a leaf?", "I have read. What is a graph?")),
        ("What is a leaf? What is a graph? Thanks a lot", ("What is a leaf?", "What is a graph? Thanks a lot")),
        ("x = torch.where(x > 0, y)\n\nwhere is nan from", ("x = torch.where(x > 0, y)\n\nwhere is nan from",)),
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
