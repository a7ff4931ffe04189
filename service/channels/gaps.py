"""The terminal, continued: ``torchtutor gaps [--html]``, ``gaps draft N`` and ``gaps accept FILE``."""

from contextlib import closing
from html import escape
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from corpus.reading import BUNDLED
from index.encoder import OnnxEncoder
from service.channels import console
from service.drafts import DraftUnusable, accept, write_draft
from service.gaps import Gap, Kind, gaps, shortfalls
from service.wiring import Parts

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
    found, parts = _found()
    if html:
        print(page(found, parts))
    else:
        _print(found, parts)


@app.command()
def draft(
    number: Annotated[int, typer.Argument(min=1, help="The number of the gap in the report.")],
    folder: Annotated[Path | None, typer.Option(help="Where to write it.  [default: drafts in TUTOR_HOME]")] = None,
) -> None:
    """Write a draft entry for a gap; complete it, then: torchtutor gaps accept FILE."""
    found, parts = _found()
    if number > len(found):
        raise DraftUnusable(f"no gap {number}; 'torchtutor gaps' shows {len(found)}")
    entries = list(parts.tutor.entries.values())
    print(write_draft(found[number - 1], entries, folder or console.settings().home / "drafts"))
    console.tell("It holds learners' own words: look through them before you publish it.")


@app.command("accept")
def accept_(
    file: Annotated[Path, typer.Argument(help="A draft that an author has completed.")],
    corpus: Annotated[Path, typer.Option(help="The folder of the corpus.")] = BUNDLED,
) -> None:
    """Take a completed draft into the corpus, if all of its code runs as stated."""
    with closing(console.parts(console.settings(), preload=False)) as parts:
        checked = accept(file, corpus, parts.verifier)
    print(f"accepted into {corpus}: {len(checked)} snippets ran as stated; the index is built anew at the next start")


def page(found: list[Gap], parts: Parts) -> str:
    """The report as an HTML page that needs nothing else."""
    sections = "\n".join(_section(number, gap, parts) for number, gap in enumerate(found, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>What the corpus lacks</title>\n'
        "<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}</style>\n"
        f"<h1>What the corpus lacks</h1>\n{sections or '<p>Nothing that we know of.</p>'}\n</html>"
    )


def _section(number: int, gap: Gap, parts: Parts) -> str:
    questions = "".join(f"<li>{escape(text)}</li>" for text in _questions(gap))
    nearest = "".join(f"<li>{escape(text)}</li>" for text in _nearest(gap, parts))
    comments = "".join(f"<li>{escape(s.comment)}</li>" for s in gap.shortfalls if s.comment)
    told = f"<h3>Comments</h3><ul>{comments}</ul>" if comments else ""
    return (
        f"<section><h2>{number}. {escape(gap.question)}</h2><p>{_counts(gap)}</p>"
        f"<ul>{questions}</ul>{told}<h3>Nearest entries</h3><ul>{nearest}</ul></section>"
    )


def _print(found: list[Gap], parts: Parts) -> None:
    for number, gap in enumerate(found, 1):
        console.out.print(Text(f"{number}. {gap.question}", "bold"), Text(f"· {_counts(gap)}", "dim"))
        for text in _questions(gap):
            console.out.print(Text(f"   - {text}"))
        for shortfall in gap.shortfalls:
            if shortfall.comment:
                console.out.print(Text(f"   “{shortfall.comment}”", "italic"))
        console.out.print(Text(f"   nearest: {'; '.join(_nearest(gap, parts))}", "dim"))
    if not found:
        console.out.print("Nothing that we know of: no question was refused or disliked, and no code failed.")


def _counts(gap: Gap) -> str:
    return ", ".join(f"{gap.count(kind)} {kind}" for kind in KINDS if gap.count(kind))


def _questions(gap: Gap) -> list[str]:
    distinct = list(dict.fromkeys(shortfall.question for shortfall in gap.shortfalls))
    more = len(distinct) - SHOWN
    return distinct[:SHOWN] + ([f"and {more} more"] if more > 0 else [])


def _nearest(gap: Gap, parts: Parts) -> list[str]:
    return [parts.tutor.entries[name].question for name in gap.nearest if name in parts.tutor.entries]


def _found() -> tuple[list[Gap], Parts]:
    settings = console.settings()
    parts = console.parts(settings, preload=False)
    encoder = OnnxEncoder(settings.index_folder / "encoder")
    return gaps(shortfalls(parts.memory.feedback.messages()), encoder, parts.retriever), parts
