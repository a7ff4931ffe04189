"""The terminal, continued: ``torchtutor show``, which shows a lesson whole."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from corpus.errors import TutorError
from corpus.reading import BUNDLED
from service.api.library import EntryHead, EntryView
from service.channels import console, markdown, terminal
from service.events import ShownSnippet
from service.sandbox.visible import visible

app = typer.Typer()


class NoSuchLesson(TutorError):
    """No entry has the id."""


def _ids(incomplete: str) -> list[str]:
    """For the shell's completion, which must be quick: the bundled lessons, by the names of their files."""
    return sorted(path.stem for path in BUNDLED.rglob(f"{incomplete}*.md"))


@app.command()
def show(
    entry_id: Annotated[
        str | None, typer.Argument(metavar="LESSON", help="Its id, as replies name it.", autocompletion=_ids)
    ] = None,
) -> None:
    """Show a lesson whole: its answer, explanation, code with what it printed, pitfalls and follow-ups.

    Without an id, list all lessons. In a terminal the lesson is laid out; anywhere else it is Markdown.
    """
    with closing(console.library(console.settings())) as library:
        if entry_id is None:
            _list(library.entries())
            return
        entry = library.entry(entry_id)
        if entry is None:
            near = get_close_matches(entry_id, [head.entry_id for head in library.entries()])
            hint = f"did you mean {' or '.join(near)}?" if near else "'torchtutor show' lists them all"
            raise NoSuchLesson(f"no lesson '{entry_id}'; {hint}")
    for block in blocks(entry):
        _print(block)


def blocks(entry: EntryView) -> Iterator[str | ShownSnippet]:
    """The lesson in reading order: Markdown, and snippets between."""
    snippets = {snippet.id: snippet for snippet in entry.snippets}
    yield f"# {entry.question}"
    yield entry.answer
    yield from (snippets[name] for name in entry.code)
    if entry.explanation:
        yield f"## Explanation\n\n{entry.explanation}"
    for number, pitfall in enumerate(entry.pitfalls):
        yield f"{'' if number else '## Pitfalls' + chr(10) * 2}### {pitfall.title}\n\n{pitfall.text}"
        yield from (snippets[pitfall.broken], snippets[pitfall.mended])
    for number, follow_up in enumerate(entry.follow_ups):
        yield f"{'' if number else '## Follow-ups' + chr(10) * 2}### {follow_up.question}\n\n{follow_up.answer}"
        yield from (snippets[name] for name in follow_up.snippets)
    for title, items in (
        ("What changed when", entry.versions),
        ("In the official documentation", entry.references),
        ("See also", entry.see_also),
    ):
        if items:
            yield f"## {title}\n\n" + "\n".join(f"- {item}" for item in items)


def _print(block: str | ShownSnippet) -> None:
    if not console.out.is_terminal:
        print(markdown.snippet(block) if isinstance(block, ShownSnippet) else visible(block), end="\n\n")
    elif isinstance(block, ShownSnippet):
        terminal.print_snippet(console.out, block)
    else:
        terminal.print_markdown(console.out, block)


def _list(heads: Iterable[EntryHead]) -> None:
    if not console.out.is_terminal:
        for head in heads:
            print(visible(f"{head.entry_id}\t{head.question}"))
        return
    table = Table(box=None, show_header=False, padding=(0, 1))
    for head in heads:
        table.add_row(Text(head.entry_id, "cyan"), Text(head.question))
    terminal.show(console.out, table)
