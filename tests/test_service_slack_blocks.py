"""Replies as Block Kit: within every limit that Slack states, whatever they say."""

from dataclasses import replace
from typing import Any

import pytest
from fake_slack_blocks import fault, loud, said
from fakes import PASSED
from hypothesis import given, settings
from hypothesis import strategies as st

from service.channels.slack import blocks
from service.events import MatchedEntry, Reply, Sentence, ShownSnippet
from service.sandbox import SnippetError

ANYTHING = st.text(max_size=200) | st.text("<@!U1>`|&\n", max_size=60)


def reply(**more: Any) -> Reply:
    match = MatchedEntry(entry_id="grad", number=7, collection="interview", question="Why <grow>?", score=1.0)
    turn = {
        "conversation_id": "c",
        "message_id": "m" * 22,
        "outcome": "answered",
        "abstained": False,
        "confidence": 1.0,
        "understood_as": "",
        "matches": [match],
        "nearest": [],
        "follow_ups": [],
        "answer": "",
        "snippets": [],
    }
    return Reply(**{**turn, **more})


def snippet(code: str = "print(1)", **more: Any) -> ShownSnippet:
    return ShownSnippet(**{"id": "grad#code-1", "code": code, "as_stated": True, "verdict": PASSED, **more})


@settings(deadline=None)
@given(st.lists(ANYTHING, max_size=8), st.lists(ANYTHING, max_size=4), st.lists(ANYTHING, max_size=7))
def test_every_reply_is_taken_by_slack_and_calls_nobody(
    paragraphs: list[str], codes: list[str], offers: list[str]
) -> None:
    whole = [block for one in paragraphs for block in blocks.answer(one)]
    shown = [snippet(code, caption=code, deviation=code, as_stated=False) for code in codes]
    whole += [block for one in shown for block in blocks.snippet(one)]
    told = reply(follow_ups=offers, snippets=shown)
    for message in blocks.messages(
        whole or blocks.notice("nothing"), blocks.closing(told, "https://tutor.example.org")
    ):
        assert fault(message) is None
        assert loud(message) == []


def test_long_reply_becomes_messages_within_the_limits_that_say_all_of_it() -> None:
    paragraphs = "\n\n".join(f"{number}: " + "word " * 100 for number in range(80))
    code = "\n".join(f"print({number})" for number in range(2000))
    found = blocks.messages([*blocks.answer(paragraphs), *blocks.snippet(snippet(code))], blocks.closing(reply(), None))
    assert len(found) > 2
    assert all(fault(message) is None for message in found)
    together = "\n".join(said(message) for message in found)
    assert all(f"{number}: " in together for number in range(80))
    assert "print(1999)" in together
    assert found[-1][-1]["type"] == "context_actions"
    assert all(block["type"] != "actions" for message in found[:-1] for block in message)


def test_code_is_said_as_it_stands() -> None:
    code = "if a < b:  # <!channel> & *bold*\n\treturn `x`"
    assert said(blocks.code(code)) == code


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, "✔ ran · CPU · torch 2.13.0 · 41 ms"),
        ({"expected_error": "ValueError: x"}, "✔ fails as stated · CPU"),
        ({"as_stated": False, "deviation": "prints 2"}, "✘ prints 2 · CPU"),
        ({"as_stated": None, "verdict": None, "deviation": "GPU: not run on this machine"}, "○ GPU: not run on"),
        ({"as_stated": None}, "✔ passed · CPU"),
        ({"as_stated": None, "verdict": replace(PASSED, status="timed_out")}, "✘ timed out · CPU"),
    ],
)
def test_verdict_is_told_in_a_line(more: dict[str, Any], line: str) -> None:
    assert blocks.told(snippet(**more)).startswith(line)


def test_long_output_is_cut_and_says_so() -> None:
    shown = blocks.output(replace(PASSED, stdout="line\n" * 2000))
    assert len(shown) < 2 * blocks.MAX_OUTPUT
    assert "more characters" in shown


def test_error_of_a_run_stands_below_its_output() -> None:
    error = SnippetError("ValueError", "bad", 1, "…")
    assert blocks.output(replace(PASSED, status="failed", stdout="1\n", error=error)) == "1\nValueError: bad"


def test_reply_leads_to_its_lesson_where_that_has_an_address() -> None:
    linked, plain = blocks.closing(reply(), "https://tutor.example.org"), blocks.closing(reply(), None)
    assert linked[0]["elements"][0]["text"].endswith("<https://tutor.example.org/entries/grad|Why &lt;grow&gt;?>")
    assert "Why <grow>?" in said(plain[:1])


def test_reply_that_a_model_worded_says_so_cites_and_doubts() -> None:
    sentences = [
        Sentence(start=0, end=9, citations=[1], support=0.9, supported=True),
        Sentence(start=10, end=17, citations=[], support=0.1, supported=False),
    ]
    told = said(blocks.closing(reply(answer="They add. I made.", worded_by="fake:model", sentences=sentences), None))
    assert "[1] lesson 7: Why <grow>?" in told
    assert "Worded by fake:model" in told
    assert "No lesson supports: I made." in told


def test_no_doubt_is_kept_quiet() -> None:
    doubtful = [Sentence(start=0, end=7, citations=[], support=0.1, supported=False) for _ in range(8)]
    told = said(blocks.closing(reply(answer="I made.", worded_by="fake:model", sentences=doubtful), None))
    assert told.count("No lesson supports: I made.") == 5
    assert "3 more" in told


def test_code_of_a_model_stands_once_with_what_its_run_showed() -> None:
    ran = replace(PASSED, stdout="2\n")
    told = said(blocks.snippet(snippet("print(1 + 1)", origin="model", as_stated=None, verdict=ran, caption="A run:")))
    assert "print" not in told
    assert "✔ passed" in told
    assert told.endswith("2")


def test_what_stands_below_a_full_message_becomes_one_of_its_own() -> None:
    doubtful = [Sentence(start=0, end=1400, citations=[], support=0.1, supported=False) for _ in range(5)]
    below = blocks.closing(reply(answer="word " * 300, worded_by="fake:model", sentences=doubtful), None)
    found = blocks.messages(blocks.answer("word " * 2100), below)
    assert all(fault(message) is None for message in found)
    assert found[-1] == below
