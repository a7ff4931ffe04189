"""Text into Slack calls nobody; text out of Slack is what was typed."""

import pytest
from fake_slack_blocks import LOUD
from hypothesis import given
from hypothesis import strategies as st

from service.channels.slack import text

ANYTHING = st.text(alphabet=st.characters(codec="utf-8"), max_size=300) | st.text(
    "<>@!#&|`~\n lchanegtr;U1", max_size=80
)


@given(ANYTHING)
def test_no_prose_calls_anybody(markdown: str) -> None:
    assert LOUD.search(text.prose(markdown)) is None
    assert LOUD.search(text.mrkdwn(markdown)) is None
    assert LOUD.search(text.notification(markdown)) is None


@given(st.text("ab <>&;ltgmp", max_size=60))
def test_prose_looks_in_slack_as_it_was_written(markdown: str) -> None:
    shown = text.prose(markdown)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):  # what Slack decodes
        shown = shown.replace(entity, character)
    assert shown == markdown


def test_quotations_stay_quotations() -> None:
    assert text.prose("> said\na > b") == "> said\na &gt; b"


@pytest.mark.parametrize("hidden", ["\x1b", "\u202e", "\u2066", "\u200b", "\x00", "\ufeff"])
def test_what_is_not_seen_is_spelled_out(hidden: str) -> None:
    shown = text.visible(f"a{hidden}b")
    assert hidden not in shown
    assert shown.startswith("a\\")


@given(ANYTHING, st.integers(20, 200))
def test_splitting_keeps_all_words_and_the_limit(given_text: str, most: int) -> None:
    pieces = text.split(given_text, most)
    assert all(0 < len(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(given_text.split())


def test_split_is_between_paragraphs_where_there_are_some() -> None:
    paragraphs = ["word " * 15, "more " * 15, "last " * 15]
    assert text.split("\n\n".join(paragraphs), 180)[0] == "\n\n".join(paragraphs[:2]).rstrip()


def test_fenced_code_is_told_apart_from_prose() -> None:
    found = text.parts("Before:\n\n```python\nif a < b:\n    pass\n```\n\nafter")
    assert found == [(False, "Before:"), (True, "if a < b:\n    pass"), (False, "after")]


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("<@U0BOT> why?", "why?"),
        ("hi <@U0BERT> look", "hi  look"),
        ("<!channel> a &lt; b &amp;&amp; c", "a < b && c"),
        ("see <https://pytorch.org|pytorch.org> and <https://a.b/c>", "see pytorch.org and https://a.b/c"),
        ("<http://torch.nn|torch.nn>.Linear", "torch.nn.Linear"),
        ("in <#C1|general>", "in #general"),
        ("```x = 1\ny = 2```", "```\nx = 1\ny = 2\n```"),
        ("```python\nx = 1```", "```python\nx = 1\n```"),
        ("run ```x = 1``` now", "run \n```\nx = 1\n```\n now"),
    ],
)
def test_what_slack_sends_becomes_what_was_typed(sent: str, typed: str) -> None:
    assert text.typed(sent, "U0BOT") == typed
