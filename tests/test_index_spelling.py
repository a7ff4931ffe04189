"""Misspelled words are mended, right ones, inflections and names of code are left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.spelling import Speller, slips

CORPUS = ["optimizer gradient overfitting model computational validation tensor folder"] * 3 + ["a modle of pytroch"]
LANGUAGE = {"shard", "what", "model", "tensor", "gradient"}
speller = Speller(CORPUS, LANGUAGE.__contains__, ["rsample converter"])


@pytest.fixture
def mended() -> Speller:
    return Speller(CORPUS * 2, LANGUAGE.__contains__, ["rsample converter"])


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("my optimzer", "my optimizer"),
        ("Computatonal graph", "computational graph"),
        ("overfiting modle", "overfitting model"),
        ("gradiant?", "gradient?"),
        ("tensro, please", "tensor, please"),
    ],
)
def test_a_misspelled_word_becomes_the_word_of_the_corpus(mended: Speller, query: str, right: str) -> None:
    assert mended.mended(query) == right


@pytest.mark.parametrize(
    "query",
    [
        "shard",
        "folders",
        "rsample",
        "optimzer.step()",
        "self.gradiant",
        "modle_x",
        "TensroDataset",
        "x/gradiant/y",
        "gradiant=1",
        "cmods",
        "zzzzzz",
        "日本語 🙂",
        "",
    ],
)
def test_what_is_known_inflected_code_or_like_nothing_is_left_alone(mended: Speller, query: str) -> None:
    assert mended.mended(query) == query


@pytest.mark.parametrize(
    ("one", "other", "away"),
    [
        ("abc", "abc", 0),
        ("abc", "acb", 1),
        ("abc", "ab", 1),
        ("abc", "abcd", 1),
        ("abc", "axc", 1),
        ("abcd", "badc", 2),
    ],
)
def test_slips_are_counted(one: str, other: str, away: int) -> None:
    assert slips(one, other, 3) == slips(other, one, 3) == away


def test_beyond_the_most_the_count_is_one_more() -> None:
    assert slips("abcdef", "uvwxyz", 2) == 3


@given(st.text(max_size=300))
def test_no_query_breaks_it(text: str) -> None:
    assert isinstance(speller.mended(text), str)


def test_twenty_thousand_characters_take_little_time(mended: Speller) -> None:
    start = time.thread_time()
    mended.mended("gradiant optimzer " * 1200)
    assert time.thread_time() - start < 1
