"""Entries' Markdown and code as HTML: what it keeps, and what no stranger's entry can do with it."""

import time
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from service.channels.markup import MAX_PARAGRAPH, code_spans, highlighted, markdown, plain, visible

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&colon;alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x)",
    "![a](javascript:alert(1))",
    '[a](https://x.example/"onmouseover="alert(1))',
    '![a" onerror="alert(1)](https://x.example/p.png)',
    "<javascript:alert(1)>",
    "```python\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\ncode\n```',
    "| <b> | `</td><script>` |\n|---|---|\n| x | [a](javascript:x) |",
    "[a]: javascript:alert(1)\n\n[a]",
    "&lt;script&gt; &#x3c;script&#x3e;",
    "<" * 2000 + "script>",
)


class Tags(HTMLParser):
    """All start tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(str(html))  # what is marked up already would stay escaped

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_markdown_makes_neither_script_nor_handler_nor_picture(source: str) -> None:
    for tag, attributes in Tags(markdown(source)).found:
        assert tag in {"p", "a", "code", "pre", "span", "div", "table", "thead", "tbody", "tr", "th", "td"}, tag
        assert not any(name.startswith("on") for name in attributes)
        assert str(attributes.get("href") or "https://").startswith(("http://", "https://"))


def test_picture_is_a_link_and_headings_stay_below_those_of_the_page() -> None:
    made = markdown("# A\n\n### B\n\n![a plot](https://x.example/p.png)")
    assert '<a href="https://x.example/p.png" rel="noopener nofollow">a plot</a>' in made
    assert [tag for tag, _ in Tags(made).found] == ["h4", "h6", "p", "a"]


def test_code_has_the_classes_of_the_browsers_highlighter() -> None:
    made = highlighted("def f():\n    return f'{x}' + 1  # why\n")
    for name, text in (("keyword", "def"), ("title", "f"), ("subst", "{"), ("number", "1"), ("comment", "# why")):
        assert f'<span class="hljs-{name}">{escape(text)}</span>' in made


def test_highlighting_loses_no_character() -> None:
    code = 'x = """a\n\n"""\r\n\tif <b> & "c":\n        pass\n\n\n'

    class Words(HTMLParser):
        text = ""

        def handle_data(self, data: str) -> None:
            self.text += data

    words = Words()
    words.feed(str(highlighted(code)))
    assert words.text == code.replace("\r\n", "\n")


def test_title_has_code_spans_and_no_other_markdown() -> None:
    assert code_spans("What does `a<b>` in __init__ *do*?") == "What does <code>a&lt;b&gt;</code> in __init__ *do*?"


@pytest.mark.parametrize("sign", ["\x1b", "\x00", "\u202e", "\u2066", "\x9b"])
def test_what_is_not_seen_is_spelled_out(sign: str) -> None:
    for made in (visible(f"a{sign}b"), markdown(f"a{sign}b"), code_spans(f"a{sign}b"), highlighted(f"a{sign}b")):
        assert sign not in made
        assert "\\" in made
    assert plain(f"a{sign}b", 20) == "ab"


def test_description_is_one_line_of_words() -> None:
    assert plain("Use `no_grad`\nto *save*\n\n- memory\n- time", 40) == "Use no_grad to save memory time"
    assert len(plain("word " * 500, 100)) <= 100


@pytest.mark.parametrize("source", ["![" * 500_000, "[" * 1_000_000, "*a " * 300_000, "a" * 1_000_000])
def test_endless_paragraph_is_shown_as_it_is_at_once(source: str) -> None:
    started = time.process_time()
    made = markdown(source)
    assert time.process_time() - started < 1
    assert made.startswith('<p class="as-is">')


def test_paragraphs_below_the_limit_are_markdown() -> None:
    assert markdown("*a* " * (MAX_PARAGRAPH // 4)).startswith("<p><em>a</em>")


@pytest.mark.parametrize("code", ["\n " * 500_000, "x" * 1_000_000, " " * 19_000 + "x"])
def test_endless_code_is_not_coloured(code: str) -> None:
    started = time.process_time()
    assert "<span" not in highlighted(code)
    assert time.process_time() - started < 1
