"""What a language model writes, made safe to show while it streams."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from service.sentences import blocks
from service.sieve import Sieve

MARKDOWN = MarkdownIt("js-default", {"html": True, "linkify": False})


def sieved(text: str, sources: int = 2, step: int = 1) -> str:
    sieve = Sieve(sources)
    shown = [sieve.feed(text[place : place + step]) for place in range(0, len(text), step)]
    return "".join([*shown, sieve.end()])


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("It adds [1]. So [2].", "It adds [1]. So [2]."),
        ("It adds [7].", "It adds [7?]."),
        ("It adds [0].", "It adds [0?]."),
        ("It adds [1, 2].", "It adds [1][2]."),
        ("Scaled to [0, 1] [1].", "Scaled to [0, 1] [1]."),
        ("It adds [1][9].", "It adds [1][9?]."),
        ("It adds 【1†source】.", "It adds [1]."),
        ("Index x[5] and `y[7]`.", "Index x[5] and `y[7]`."),
        ("See [the docs](https://evil.example/x?q=1).", "See the docs."),
        ("See [1](https://evil.example).", "See [1]."),
        ("![](https://evil.example/a.png)", "(link removed)"),
        ("![alt](https://evil.example/a.png) x", "alt x"),
        ("See [here](/entries/no-grad#code).", "See [here](/entries/no-grad#code)."),
        ("Go to https://evil.example now", "Go to (link removed) now"),
        ("Go to <https://evil.example> now", "Go to <(link removed)> now"),
        ("[x](javascript:alert(1))", "x"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("if a < b and b > c", "if a < b and b > c"),
        ("[a]: https://evil.example\n[b][a]", "[a]\\: (link removed)\nb "),
        ("`<b>` stays", "`<b>` stays"),
        ("[a [b] c](/v1/x)", "[a [b] c] (/v1/x)"),
        ("So [1]:\n", "So [1]:\n"),
        ("- ```python\n  x = 1\n  ```\nSo <b>", "\n```python\nx = 1\n```\nSo &lt;b>"),
        ("1. So:\n\n    ```python\n    x = 1\n    ```\n", "1. So:\n\n```python\nx = 1\n```\n"),
    ],
)
def test_only_what_is_ours_can_be_cited_and_followed(written: str, shown: str, step: int) -> None:
    assert sieved(written, step=step) == shown


@pytest.mark.parametrize("step", [1, 4, 1000])
def test_blocks_of_code_pass_to_the_byte(step: int) -> None:
    text = "So [1]:\n\n```python\nx = [7]\nprint('<b>', 'https://a.example', x[0])\n```\n\nDone [9].\n"
    assert sieved(text, step=step) == text.replace("[9]", "[9?]")


def test_block_that_is_not_closed_is_closed_and_is_none_to_run() -> None:
    shown = sieved("```python\nprint(1)")
    assert shown == "```python\nprint(1)\n```\n"


def test_text_is_not_held_back_for_longer_than_a_word() -> None:
    sieve = Sieve(1)
    assert sieve.feed("Gradients are ad") == "Gradients are "


def test_bracket_that_never_closes_does_not_hold_the_answer_back() -> None:
    assert len(Sieve(1).feed("[" + "word " * 200)) > 500


MARKS = [*"`|<>[]():a \\\n", "``", "```", "~~~", "\n\n", "    ", "- ", "1. ", "> "]
LINKS = [
    "[a](https://evil.example)",
    "![a](//evil.example)",
    "[a]",
    "[a [b] c](https\\://evil.example)",
    "<https://evil.example>",
    "[a]: https&#58;//evil.example",
    "[a [b]](&#104;ttps&#58;&#47;/evil.example)",
    "| ` | [a](https://evil.example) ` |\n|-|-|",
]


@given(st.lists(st.sampled_from(MARKS + LINKS), max_size=25), st.sampled_from([1, 3, 1000]))
@example(["\\", "`", "[a](https://evil.example)", "`"], 1)
@example(["`a", "\n", "b `", "[a](https://evil.example)", "`"], 1)
@example(["- ", "```", "\n  ", "```", "\n", "[a](https://evil.example)"], 1)
@example(["```", " x" * 200, "\n", "```", "\n", "[a](https://evil.example)"], 1)
@example([" " * 5, "[ " + "a " * 148, "https", "://evil.example"], 1000)
@example(["a | ", "\n", "` | ` ", "[a](https://evil.example)", " `\n", "-|-\n"], 1)
@settings(max_examples=300)
def test_who_renders_it_finds_neither_links_nor_html(parts: list[str], step: int) -> None:
    tokens = MARKDOWN.parse(sieved("".join(parts), step=step))
    assert [one.type for one in _all(tokens) if one.type in ("link_open", "image", "html_inline", "html_block")] == []


def _all(tokens: Sequence[Token]) -> list[Token]:
    return [*tokens, *(inner for token in tokens for inner in _all(token.children or ()))]


@given(st.text(alphabet="ab [](){}<>!`~\n:/.htps12【】", max_size=80), st.integers(1, 9))
def test_however_it_is_cut_the_same_is_shown_of_code_and_nothing_is_lost(text: str, step: int) -> None:
    shown = sieved(text, step=step)
    assert [one.code for one in blocks(shown)] == [one.code for one in blocks(sieved(text, step=1000))]


@given(st.text(alphabet="ab [](){}<>!`\n:/.", max_size=60), st.sampled_from(["https://evil.example", "//evil.example"]))
def test_no_address_can_be_followed_outside_of_code(text: str, address: str) -> None:
    shown = sieved(f"{text}\n\n[a]({address}) {address} <{address}>\n")
    last = shown.splitlines()[-1] if "`" not in text else ""
    assert "evil.example" not in last
