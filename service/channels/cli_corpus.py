"""The commands for those who write lessons: ``torchtutor verify | import | new-entry``."""

import json
import shlex
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from corpus.document import collection_name, import_document
from corpus.reading import BUNDLED
from corpus.template import new_entry
from service.channels import console, report_page, terminal_report
from service.compare import Comparison, compare
from service.memory import Memory
from service.report import Report, ReportUnusable, make_report, read_report
from service.settings import Settings
from service.verify import Checked
from service.wiring import build_verifier, corpus_entries, make_sandbox

UNUSABLE = 2

app = typer.Typer()


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print the report in a machine-readable form.")] = False,
    html: Annotated[Path | None, typer.Option(help="Draw the report into this file.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Tell what changed since this report, written by --json on another torch.")
    ] = None,
    quiet: Annotated[bool, typer.Option(help="Print only what is not as stated.")] = False,
) -> None:
    """Run all code of the corpus that has no verdict yet.

    Exit status 1 if anything is not as stated or changed since the report of --against; 2 if that cannot be used.
    """
    before = _earlier(against)
    if html is not None:
        report_page.check_writable(html)
    report = _verified(console.settings(), show_progress=not (quiet or as_json))
    comparison = compare(before, report) if before is not None else None
    if html is not None:
        report_page.write(html, report_page.render(report, comparison))
    if as_json:
        print(json.dumps(_as_json(report, comparison), indent=2))
    else:
        terminal_report.print_report(console.out, report, quiet=quiet)
        if comparison is not None:
            terminal_report.print_comparison(console.out, comparison)
    if not report.sound or (comparison is not None and comparison.changes):
        raise typer.Exit(1)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A Markdown document with numbered questions in bold.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the entries; the collection's name if none.")] = None,
    collection: Annotated[str | None, typer.Option(help="Its name; made from the file's if none.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite entries that are there.")] = False,
) -> None:
    """Turn a document of numbered questions and answers into entries; what cannot be used becomes a draft.

    Exit status 1 if nothing could be read or written.
    """
    name = collection if collection is not None else collection_name(file)
    folder = out if out is not None else Path(name)
    imported = import_document(file, folder, name, force=force)
    for fault in imported.faults:
        console.tell(str(fault))
    console.tell(f"{len(imported.entries)} items → {folder}, of which drafts, not to be served: {imported.drafts}")
    console.tell(f"to serve them: TUTOR_CORPUS_FOLDERS={shlex.quote(json.dumps([str(folder.resolve())]))}")


@app.command("new-entry")
def new_entry_(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="Lower-case words joined by '-'.")],
    number: Annotated[int | None, typer.Option(min=1, help="The collection's next if none.")] = None,
    collection: Annotated[str, typer.Option(help="The set that it belongs to.")] = "interview",
    topic: Annotated[str, typer.Option(help="As in the other entries.")] = "Basic concepts",
    out: Annotated[Path, typer.Option(help="Folder to write it into.")] = BUNDLED,
) -> None:
    """Write a template for a lesson, as a draft; never over a file that is there."""
    console.tell(f"written: {new_entry(entry_id, out, number=number, collection=collection, topic=topic)}")


def _earlier(path: Path | None) -> Report | None:
    """The report to compare with; read first, for what follows takes minutes."""
    try:
        return None if path is None else read_report(path)
    except ReportUnusable as error:
        console.tell(f"torchtutor: {error}")
        raise typer.Exit(UNUSABLE) from None


def _verified(settings: Settings, *, show_progress: bool) -> Report:
    entries = corpus_entries(settings)
    total = sum(len(tuple(entry.snippets())) for entry in entries)
    checked: list[Checked] = []
    shown = Progress(console=console.err, disable=not show_progress, transient=True)
    with closing(Memory(settings.database)) as memory, closing(make_sandbox(settings)) as sandbox, shown as progress:
        task = progress.add_task("Running the corpus's code", total=total)
        for result in build_verifier(settings, memory, sandbox.run).check_all(entries, at_once=sandbox.slots):
            checked.append(result)
            progress.advance(task)
    return make_report(entries, checked)


def _as_json(report: Report, comparison: Comparison | None) -> dict[str, object]:
    data: dict[str, object] = report.model_dump(mode="json")
    return data if comparison is None else {**data, "comparison": comparison.model_dump(mode="json")}
