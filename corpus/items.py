"""A numbered Markdown document, cut into its items; what cannot be used of one is told with its line.

::

    ## Tensors                          the topic of the items below it

    1. **What is a tensor?**            a number, and the question in bold

       A typed array. Example:          the answer, which may as well start at the margin
       ```python
       torch.zeros(2)
       ```

Not covered: questions that are headings, and items inside HTML.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from corpus.markdown import Fence, Text, is_closed
from corpus.prose import breaks_off, fenced, unclosed_tick

_BOLD = re.compile(r"(\*\*|__)(?P<question>\S.*?)\1[:\s]*(?P<rest>.*)", re.DOTALL)
_MARKER = re.compile(r"\s*\d+[.)](?: {1,4}(?! )|\s)?")
_PYTHON = re.compile(r"(python3?|py)\b", re.IGNORECASE)
_HTML_ENDS = {f"<{tag}": f"</{tag}>" for tag in ("script", "pre", "style", "textarea")} | {
    "<!--": "-->",
    "<?": "?>",
    "<![cdata[": "]]>",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be used: where, what it is, how to mend it."""

    line: int
    what: str
    mend: str


@dataclass(slots=True)
class Item:
    """One question with what stands below it.

    Args:
        number: the one in the document.
        section: how many topics came before, this one included.
        parts: the answer's Markdown and python fences, in reading order.
    """

    number: int
    section: int
    topic: str
    line: int
    question: str = ""
    parts: list[Text | Fence] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    ends_in_prose: bool = False

    def trouble(self, line: int, what: str, mend: str) -> None:
        self.troubles.append(Trouble(line, what, mend))


def cut(source: str) -> tuple[list[Item], list[Trouble]]:
    """The items of ``source``, and the troubles that belong to none of them."""
    # Blocks are all that is wanted; the cost of the inline rules is not linear on hostile text.
    parser = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
    blocks = SyntaxTreeNode(parser.parse(source)).children
    cutter = _Cutter(source.split("\n"), _topic_level(blocks))
    for block in blocks:
        cutter.take(block)
    for item in cutter.items:
        _check_end(item)
    return cutter.items, cutter.troubles


class _Cutter:
    """Takes the document's blocks one by one."""

    def __init__(self, lines: list[str], topic_level: int) -> None:
        self._lines = lines
        self._topic_level = topic_level
        self._topic = ""
        self._section = 0
        self._item: Item | None = None
        self.items: list[Item] = []
        self.troubles: list[Trouble] = []

    def take(self, block: SyntaxTreeNode) -> None:
        self._check_html(block)
        if block.type == "heading" and _level(block) <= self._topic_level:
            self._topic, self._section, self._item = _one_line(_content(block)), self._section + 1, None
        elif block.type == "hr":
            self._item = None
        elif _holds_items(block):
            for child in block.children:
                self._start(child)
        elif self._item is not None:
            self._add(self._item, block, indent=0)
        elif self.items and self.items[-1].section == self._section:
            self.troubles.append(Trouble(_line(block), "text that belongs to no item", "put it below a question"))

    def _start(self, node: SyntaxTreeNode) -> None:
        """A new question, with what is indented below it."""
        line = _line(node)
        item = self._item = Item(int(node.info or 0), self._section, self._topic, line)
        self.items.append(item)
        blocks = list(node.children)
        if blocks and blocks[0].type == "paragraph":
            self._ask(item, blocks.pop(0))
        if not item.question:
            item.question = f"Question {item.number}"
            item.trouble(line, "the item has no question", "write one as **…?**")
        marker = _MARKER.match(self._lines[line - 1])
        for block in blocks:
            self._check_html(block)
            self._add(item, block, indent=marker.end() if marker else 0)

    def _ask(self, item: Item, paragraph: SyntaxTreeNode) -> None:
        """The question in bold; what follows it in the same paragraph is the answer's beginning."""
        text = _content(paragraph)
        bold = _BOLD.match(text)
        item.question = _one_line(bold["question"] if bold else text.replace("**", ""))
        item.troubles += _unbalanced(paragraph)
        if bold is None:
            item.trouble(item.line, "the question is not in bold", "write it as **…?**")
        elif bold["rest"]:
            item.parts.append(Text(bold["rest"], item.line + text[: bold.start("rest")].count("\n")))
            item.ends_in_prose = True

    def _add(self, item: Item, block: SyntaxTreeNode, indent: int) -> None:
        """One block of the answer, whose lines begin ``indent`` columns from the margin."""
        line, (start, end) = _line(block), block.map or (0, 0)
        item.ends_in_prose = block.type == "paragraph"
        if block.type == "fence":
            self._add_fence(item, block, self._lines[start:end])
        elif block.type == "heading":
            item.parts.append(Text(f"**{_one_line(_content(block))}**", line))
        elif block.type == "paragraph":
            item.parts.append(Text(_content(block), line))
        elif block.type != "hr":
            lines = [_dedented(text, indent) for text in self._lines[start:end]]
            for fence in _fences(block):
                if _PYTHON.match(fence.info):
                    item.trouble(_line(fence), "python inside a list or quotation is not run", "move it out")
                    at = _line(fence) - line
                    lines[at] = lines[at].replace(fence.info, "text", 1)
            item.parts.append(Text("\n".join(lines).strip("\n"), line))
        if block.type != "fence":
            item.troubles += _unbalanced(block)

    @staticmethod
    def _add_fence(item: Item, fence: SyntaxTreeNode, lines: list[str]) -> None:
        line = _line(fence)
        if not is_closed(fence.markup, lines):
            item.trouble(line, "the code fence is never closed", f"add a line '{fence.markup}' where it ends")
        follows_code = bool(item.parts) and isinstance(item.parts[-1], Fence) and item.parts[-1].language == "python"
        if _PYTHON.match(fence.info):
            if fence.content.strip():
                item.parts.append(Fence("python", (), fence.content, line))
            else:
                item.trouble(line, "the python fence is empty", "write the code or remove the fence")
        elif fence.info.split()[:1] == ["output"] and follows_code:
            item.parts.append(Fence("output", (), fence.content, line))
        else:
            item.parts.append(Text(fenced(fence.content, fence.info), line))

    def _check_html(self, block: SyntaxTreeNode) -> None:
        text = block.content.strip().lower() if block.type == "html_block" else ""
        for opening, ending in _HTML_ENDS.items():
            if text.startswith(opening) and ending not in text:
                what = f"the HTML '{opening}' is never closed: nothing below it is read"
                self.troubles.append(Trouble(_line(block), what, f"add '{ending}'"))


def _holds_items(block: SyntaxTreeNode) -> bool:
    return block.type == "ordered_list" and any(
        child.children and child.children[0].type == "paragraph" and _BOLD.match(_content(child.children[0]))
        for child in block.children
    )


def _topic_level(blocks: Sequence[SyntaxTreeNode]) -> int:
    """The deepest level of a heading that stands right above a list of items; 2 if there is none."""
    above = pairwise(blocks)
    return max((_level(one) for one, next_ in above if one.type == "heading" and _holds_items(next_)), default=2)


def _check_end(item: Item) -> None:
    """An answer must be there, and end where a sentence does."""
    if not item.parts:
        item.trouble(item.line, "the item has no answer", "write one below the question")
    elif item.ends_in_prose:
        last = item.parts[-1]
        assert isinstance(last, Text)
        if breaks_off(last.markdown):
            line = last.line + last.markdown.rstrip().count("\n")
            item.trouble(line, "the answer breaks off in the middle of a sentence", "finish it, with a full stop")


def _unbalanced(block: SyntaxTreeNode) -> Iterator[Trouble]:
    """The first back-tick of each paragraph, heading or cell that no other one closes."""
    for node in block.walk():
        at = unclosed_tick(node.content) if node.type == "inline" else None
        if at is not None:
            line = _line(node) + node.content[:at].count("\n")
            yield Trouble(line, "a back-tick that is never closed", "add the second one, or write \\`")


def _fences(block: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    return (node for node in block.walk() if node.type == "fence")


def _content(block: SyntaxTreeNode) -> str:
    """The source of a paragraph or heading, without its indentation."""
    return block.children[0].content if block.children else ""


def _line(node: SyntaxTreeNode) -> int:
    return (node.map or (0, 0))[0] + 1


def _level(heading: SyntaxTreeNode) -> int:
    return int(heading.tag[1])


def _one_line(text: str) -> str:
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def _dedented(line: str, indent: int) -> str:
    """``line`` without its first ``indent`` columns of white space."""
    bare = line.lstrip(" \t")
    margin = line[: len(line) - len(bare)].expandtabs(4)
    return margin[indent:] + bare
