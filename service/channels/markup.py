"""Entries' Markdown and code as HTML; pure. What comes out is safe to put into a page, whoever wrote the entry.

Raw HTML stays text, addresses that are no web addresses are no links, and a picture is a link, since the page's
Content-Security-Policy loads none from elsewhere. Code has the classes of highlight.js, so that one style sheet fits
what is coloured here and in the browser.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from textwrap import shorten
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape
from pygments.lexers import PythonLexer
from pygments.token import Token as Kinds

HIGHEST_HEADING = 4
"""Above it are the page's own headings."""

MAX_HIGHLIGHTED = 20_000
MAX_BLANK = 400
"""Code that is longer, or has more blanks in a row, stays in one colour: both may take the lexer minutes."""

MAX_PARAGRAPH = 3_000
"""Text with a longer paragraph is shown as it is: Markdown takes the square of its length."""

KEPT = 2_000

_CLASSES = {
    Kinds.Comment: "hljs-comment",
    Kinds.Keyword.Constant: "hljs-literal",
    Kinds.Keyword: "hljs-keyword",
    Kinds.Operator.Word: "hljs-keyword",
    Kinds.Literal.String.Interpol: "hljs-subst",
    Kinds.Literal.String: "hljs-string",
    Kinds.Literal.Number: "hljs-number",
    Kinds.Name.Builtin: "hljs-built_in",
    Kinds.Name.Class: "hljs-title",
    Kinds.Name.Decorator: "hljs-meta",
    Kinds.Name.Function: "hljs-title",
}
# controls but tab and newline, and what turns the direction of writing: it could make text look like other text
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile(rf"\s{{{MAX_BLANK}}}")


class _Renderer(RendererHTML):
    """Renders for a page that has its own headings, and its own rules about pictures."""

    def heading_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f"<h{_level(tokens[index])}>"

    def heading_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{_level(tokens[index])}>\n"

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        source = str(tokens[index].attrGet("src") or "")
        told = escape(tokens[index].content or source)
        return str(Markup('<a href="{}" rel="noopener nofollow">{}</a>').format(source, told))

    def link_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        tokens[index].attrSet("rel", "noopener nofollow")
        return self.renderToken(tokens, index, options, env)

    def table_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n'

    def table_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[index]
        language = (token.info.split() or [""])[0].lower()
        return _block(highlighted(token.content) if language in ("python", "py") else escape(token.content))

    def code_block(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return _block(escape(tokens[index].content))


_MARKDOWN = MarkdownIt("js-default", {"html": False, "linkify": False}, renderer_cls=_Renderer)
_CODE_SPANS = MarkdownIt("zero").enable("backticks")


@lru_cache(KEPT)
def markdown(source: str) -> Markup:
    """``source`` as blocks of HTML."""
    source = visible(source)
    if _is_long(source):
        return Markup('<p class="as-is">{}</p>').format(source)
    return Markup(_MARKDOWN.render(source))  # noqa: S704  raw HTML is off, and the rules above escape


@lru_cache(KEPT)
def code_spans(text: str) -> Markup:
    """One line of text, in which only back-ticks mean anything."""
    text = visible(text)
    if _is_long(text):
        return escape(text)
    return Markup(_CODE_SPANS.renderInline(text))  # noqa: S704  as above


@lru_cache(KEPT)
def highlighted(code: str) -> Markup:
    """Python ``code`` with its parts named by the classes of highlight.js."""
    code = visible(code)
    if len(code) > MAX_HIGHLIGHTED or _BLANKS.search(code):
        return escape(code)
    pieces = ((_class(kind), text) for _, kind, text in PythonLexer().get_tokens_unprocessed(code))
    span = Markup('<span class="{}">{}</span>')
    return Markup("").join(span.format(name, text) if name else escape(text) for name, text in pieces)


def plain(source: str, width: int) -> str:
    """The words of Markdown ``source`` in one line of at most ``width`` characters: for titles and descriptions."""
    start = unmarked(source[: 10 * width])
    words = start if _is_long(start) else " ".join(text for token in _MARKDOWN.parse(start) for text in _texts(token))
    return shorten(words, width, placeholder=" …")


def unmarked(text: str) -> str:
    """``text`` without what is not seen."""
    return _HIDDEN.sub("", text)


def visible(text: str) -> str:
    """``text`` with what is not seen spelled out."""
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))


def _is_long(source: str) -> bool:
    return any(len(paragraph) > MAX_PARAGRAPH for paragraph in source.split("\n\n"))


def _texts(token: Token) -> Iterator[str]:
    if token.children:
        yield "".join(child.content or " " for child in token.children)


def _level(token: Token) -> int:
    return min(6, HIGHEST_HEADING + int(token.tag[1:]) - 1)


def _block(code: Markup) -> str:
    return Markup('<pre tabindex="0"><code>{}</code></pre>\n').format(code)


def _class(kind: Any) -> str | None:
    while kind is not None:
        if kind in _CLASSES:
            return _CLASSES[kind]
        kind = kind.parent
    return None
