"""The terminal, continued: ``torchtutor gaps [--html]``, ``gaps draft N`` and ``gaps accept FILE``."""

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from html import escape
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from corpus.entry import Entry
from corpus.reading import BUNDLED
from index.likeness import described
from index.store import open_index
from service.channels import console
from service.drafts import DraftUnusable, accept, write_draft
from service.gaps import Gap, Kind, gaps, shortfalls
from service.memory import Memory
from service.wiring import corpus_entries, ensure_index

KINDS: tuple[Kind, ...] = ("refused", "disliked", "code failed")
SHOWN = 8
"""So many questions of a gap are shown."""

app = typer.Typer(help="What the corpus lacks.", invoke_without_command=True)


@app.callback()
def report(
    context: typer.Context,
    html: Annotated[bool, typer.Option("--html", help="Print an HTML page.")] = False,
) -> None:
    """Report what the corpus lacks: refused and disliked questions and code that failed, put together by likeness."""
    if context.invoked_subcommand is not None:
        return
    found, entries = _found()
    if html:
        print(page(found, entries))
    else:
        _print(found, entries)


@app.command()
def draft(
    number: Annotated[int, typer.Argument(min=1, help="The number of the gap in the report.")],
    folder: Annotated[Path | None, typer.Option(help="Where to write it.  [default: drafts in TUTOR_HOME]")] = None,
) -> None:
    """Write a draft entry for a gap; complete it, then: torchtutor gaps accept FILE."""
    found, entries = _found()
    if number > len(found):
        raise DraftUnusable(f"no gap {number}; 'torchtutor gaps' shows {len(found)}")
    print(write_draft(found[number - 1], list(entries.values()), folder or console.settings().home / "drafts"))
    console.tell("It holds learners' own words: look through them before you publish it.")


@app.command("accept")
def accept_(
    file: Annotated[Path, typer.Argument(help="A draft that an author has completed.")],
    corpus: Annotated[Path, typer.Option(help="The folder of the corpus.")] = BUNDLED,
) -> None:
    """Take a completed draft into the corpus, if all of its code runs as stated."""
    settings = console.settings()
    served = {folder.resolve() for folder in (BUNDLED, *settings.corpus_folders)} - {corpus.resolve()}
    with closing(console.parts(settings)) as parts:  # preloaded: importing torch is not the draft's time
        checked = accept(file, corpus, parts.verifier, sorted(served))
    print(f"accepted into {corpus}: {len(checked)} snippets ran as stated; the index is built anew at the next start")


def page(found: list[Gap], entries: Mapping[str, Entry]) -> str:
    """The report as an HTML page that needs nothing else."""
    sections = "\n".join(_section(number, gap, entries) for number, gap in enumerate(found, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>What the corpus lacks</title>\n'
        "<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}</style>\n"
        f"<h1>What the corpus lacks</h1>\n{sections or '<p>Nothing that we know of.</p>'}\n</html>"
    )


def _section(number: int, gap: Gap, entries: Mapping[str, Entry]) -> str:
    questions = "".join(f"<li>{escape(text)}</li>" for text in _questions(gap))
    nearest = "".join(f"<li>{escape(text)}</li>" for text in _nearest(gap, entries))
    comments = "".join(f"<li>{escape(s.comment)}</li>" for s in gap.shortfalls if s.comment)
    told = f"<h3>Comments</h3><ul>{comments}</ul>" if comments else ""
    return (
        f"<section><h2>{number}. {escape(gap.question)}</h2><p>{_counts(gap)}</p>"
        f"<ul>{questions}</ul>{told}<h3>Nearest entries</h3><ul>{nearest}</ul></section>"
    )


def _print(found: list[Gap], entries: Mapping[str, Entry]) -> None:
    for number, gap in enumerate(found, 1):
        console.out.print(Text(f"{number}. {gap.question}", "bold"), Text(f"· {_counts(gap)}", "dim"))
        for text in _questions(gap):
            console.out.print(Text(f"   - {text}"))
        for shortfall in gap.shortfalls:
            if shortfall.comment:
                console.out.print(Text(f"   “{shortfall.comment}”", "italic"))
        console.out.print(Text(f"   nearest: {'; '.join(_nearest(gap, entries))}", "dim"))
    if not found:
        console.out.print("Nothing that we know of: no question was refused or disliked, and no code failed.")


def _counts(gap: Gap) -> str:
    return ", ".join(f"{gap.count(kind)} {kind}" for kind in KINDS if gap.count(kind))


def _questions(gap: Gap) -> list[str]:
    distinct = list(dict.fromkeys(shortfall.question for shortfall in gap.shortfalls))
    more = len(distinct) - SHOWN
    return distinct[:SHOWN] + ([f"and {more} more"] if more > 0 else [])


def _nearest(gap: Gap, entries: Mapping[str, Entry]) -> list[str]:
    return [entries[name].question for name in gap.nearest if name in entries]


def _found() -> tuple[list[Gap], dict[str, Entry]]:
    """The gaps, and all entries by id."""
    settings = console.settings()
    entries = corpus_entries(settings)
    with closing(Memory(settings.database)) as memory:
        fell_short = shortfalls(memory.feedback.messages())
    ensure_index(settings, entries, report=console.tell)
    index = open_index(entries, settings.index_folder, model=settings.embedding_model)
    found = gaps(fell_short, partial(described, retriever=index), index)
    return found, {entry.id: entry for entry in entries}
