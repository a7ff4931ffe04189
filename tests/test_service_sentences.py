"""Sentences and blocks of an answer, with their places."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sentences import blocks, sentences


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("One is here. Two is there!", ["One is here.", "Two is there!"]),
        ("It adds [1]. It clears. [2] Done.", ["It adds [1].", "It clears. [2]", "Done."]),
        ("Use lr=0.1 here. Then `x.y. z` ends.", ["Use lr=0.1 here.", "Then `x.y. z` ends."]),
        ("Some tools, e.g. Adam, adapt.", ["Some tools, e.g. Adam, adapt."]),
        ("- first thing\n- second thing\n", ["first thing", "second thing"]),
        ("1. One.\n2. Two.", ["One.", "Two."]),
        ("# Title\n\nText is\nhere.", ["Title", "Text is\nhere."]),
        ("Before.\n```python\nx = 1. \n```\nAfter.", ["Before.", "After."]),
    ],
)
def test_sentences_end_where_a_reader_says(markdown: str, found: list[str]) -> None:
    assert [markdown[one.start : one.end] for one in sentences(markdown)] == found


def test_citations_belong_to_the_sentence_they_stand_behind() -> None:
    assert [one.citations for one in sentences("It adds [1]. It clears. [2][1] x[3] is none.")] == [(1,), (2, 1), ()]


@pytest.mark.parametrize("text", ["Does it?", "Here is how:", "Sure!", "OK."])
def test_what_claims_nothing_needs_no_support(text: str) -> None:
    assert not any(one.claims for one in sentences(text))


def test_block_in_a_list_loses_its_indentation() -> None:
    (block,) = blocks("- so:\n\n  ```py\n  if x:\n      y\n  ```\n")
    assert (block.code, block.is_python) == ("if x:\n    y\n", True)


def test_output_is_no_program() -> None:
    assert [one.is_python for one in blocks("```text\n1\n```\n\n```\nimport torch\n```\n")] == [False, True]


@given(st.text(alphabet="aB .!?[]1`#-*\n|", max_size=120))
def test_sentences_are_in_order_and_do_not_overlap(markdown: str) -> None:
    found = list(sentences(markdown))
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert all(0 <= one.start < one.end <= len(markdown) for one in found)


@pytest.mark.parametrize("info", ["python", "Python title='a'", "{.python}", "py", ""])
def test_block_of_python_is_one_whatever_else_stands_at_its_fence(info: str) -> None:
    (block,) = blocks(f"```{info}\nimport torch\n```\n")
    assert block.is_python


def test_block_of_another_language_is_none() -> None:
    assert [one.is_python for one in blocks("```bash\nimport torch\n```\n\n```text\ntorch.ones\n```\n")] == [False] * 2
