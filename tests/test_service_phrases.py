"""Short requests, and places in a list."""

import time

import pytest

from service.phrases import Shorthand, bare, place, shorthand


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Why?", "explanation"),
        ("hm, but why though", "explanation"),
        ("I don't get it", "summary"),
        ("More details, please!", "more"),
        ("what else?", "more"),
        ("Can you give me a working example?", "code"),
        ("how would that look in code?", "code"),
        ("any gotchas?", "pitfalls"),
        ("What if I don't do that?", "consequence"),
        ("is that really necessary?", "consequence"),
        ("why is that bad?", "explanation"),
        ("Why is it built like that?", "explanation"),
        ("and why is that needed", "explanation"),
        ("which one then?", "choice"),
        ("how is that different from the first thing I asked?", "comparison"),
        ("tl;dr", "summary"),
        ("explain it like I'm five", "summary"),
        ("source?", "sources"),
        ("in which lesson is that?", "sources"),
        ("What's the difference between the two?", "comparison"),
        ("so which one is better?", "choice"),
        ("thanks, and how do I fix it?", "fix"),
        ("the other one", "other"),
        ("sounds good", "yes"),
    ],
)
def test_short_requests_are_told_apart(message: str, expected: Shorthand) -> None:
    assert shorthand(bare(message)) == expected


@pytest.mark.parametrize(
    "message", ["why does dropout scale its output?", "more layers or more data?", "show me the loss curve", ""]
)
def test_what_names_a_topic_is_no_short_request(message: str) -> None:
    assert shorthand(bare(message)) is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("2", 1),
        ("the second one", 1),
        ("number 3", 2),
        ("the last", 2),
        ("option 1 please", 0),
        ("4", None),
        ("two cats", None),
    ],
)
def test_places_in_a_list_of_three(message: str, expected: int | None) -> None:
    assert place(bare(message), 3) == expected


def test_nothing_is_picked_from_an_empty_list() -> None:
    assert place("1", 0) is None


@pytest.mark.parametrize("piece", ["ok ", "and ", "more ", "what if i ", "the "])
def test_repetition_does_not_slow_the_patterns_down(piece: str) -> None:
    start = time.thread_time()
    shorthand(bare(piece * 5000))
    shorthand((piece * 50)[:100].strip())
    place((piece * 5000).strip(), 3)
    assert time.thread_time() - start < 1
