"""The terminal: ``torchtutor serve | ask | verify | run | index build``."""

import json
from contextlib import closing
from typing import Annotated, Any, Literal

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import Progress

from corpus.errors import TutorError
from index.store import build_index
from service.channels import gaps, keys, serving, state, terminal
from service.events import Done, Event, Text, Verified
from service.outputs import agree
from service.sandbox import Device, Limits, Program, Verdict
from service.settings import Settings, load_settings
from service.verify import Checked
from service.wiring import Parts, corpus_entries, make_sandbox, prepare

NOT_COVERED = 3

app = typer.Typer(help="A PyTorch tutor: every piece of code it shows has been run.", no_args_is_help=True)
index_app = typer.Typer(help="The search index.", no_args_is_help=True)
app.add_typer(index_app, name="index")
app.add_typer(gaps.app, name="gaps")
app.add_typer(keys.app, name="keys")
state.install(app)

_out = Console()
_err = Console(stderr=True)
_VERDICT = TypeAdapter(Verdict)


def main() -> None:
    """Run the command line; errors that can be told are told in a line, with exit status 1."""
    try:
        app()
    except TutorError as error:
        _err.print(f"torchtutor: {error}", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Serve the page and the API; builds what the state folder lacks."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings().model_copy(update=given)
    serving.serve(settings, _parts, _tell)


@app.command()
def ask(question: Annotated[str, typer.Argument(help="In your own words.")]) -> None:
    """Answer one question; exit status 3 where no lesson covers it."""
    if not question.strip():
        raise typer.BadParameter("the question is empty; write one in quotation marks")
    reply = None
    with closing(_parts(load_settings(), preload=False)) as parts:
        for event in parts.tutor.answer(question):
            _render(event)
            reply = event.reply if isinstance(event, Done) else None
    if reply is not None and reply.abstained:
        raise typer.Exit(NOT_COVERED)


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print a machine-readable report.")] = False,
    quiet: Annotated[bool, typer.Option(help="Print only what is not as stated.")] = False,
) -> None:
    """Run all code of the corpus that has no verdict yet; exit status 1 if anything is not as stated."""
    entries = corpus_entries()
    total = sum(len(tuple(entry.snippets())) for entry in entries)
    checked: list[Checked] = []
    shown = Progress(console=_err, disable=quiet or as_json, transient=True)
    with closing(_parts(load_settings())) as parts, shown as progress:
        task = progress.add_task("Running the corpus's code", total=total)
        for result in parts.verifier.check_all(entries, at_once=parts.sandbox.slots):
            checked.append(result)
            progress.advance(task)
    if as_json:
        print(json.dumps(terminal.report(checked), indent=2))
    else:
        terminal.print_report(_out, checked, quiet=quiet)
    if any(result.as_stated is False for result in checked):
        raise typer.Exit(1)


@app.command()
def run(
    file: Annotated[typer.FileText, typer.Argument(help="A Python file, or - for standard input.")],
    device: Annotated[Literal["auto", "cpu", "cuda", "both"], typer.Option(help="Where to run it.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole verdict.")] = False,
) -> None:
    """Run a program in the sandbox and tell what happened; exit status 1 unless it passed."""
    settings = load_settings()
    code = file.read()
    devices: tuple[Device, ...] = ("cpu", "cuda") if device == "both" else (device,)
    with closing(make_sandbox(settings, preload=False)) as sandbox:
        limits = Limits(seconds=settings.run_seconds, memory_mb=settings.run_memory_mb)
        verdicts = [sandbox.run(Program(code, device=name), limits) for name in devices]
    if as_json:
        told: Any = [_VERDICT.dump_python(verdict, mode="json") for verdict in verdicts]
        if device == "both":
            told = [{"cpu": told[0], "cuda": told[1], "agree": agree(*verdicts)}]
        print(json.dumps(told[0], indent=2))
    else:
        for verdict in verdicts:
            terminal.print_verdict(_out, verdict)
        if device == "both":
            _out.print("They agree." if agree(*verdicts) else "They do not agree.")
    if any(verdict.status != "passed" for verdict in verdicts):
        raise typer.Exit(1)


@index_app.command("build")
def build() -> None:
    """Embed the corpus and write the index into the state folder."""
    settings = load_settings()
    build_index(corpus_entries(), settings.index_folder, model=settings.embedding_model, report=_tell)


def _render(event: Event) -> None:
    if isinstance(event, Text):
        terminal.print_markdown(_out, event.markdown)
    elif isinstance(event, Verified):
        terminal.print_snippet(_out, event.snippet)
    elif isinstance(event, Done):
        terminal.print_follow_ups(_out, event.reply.follow_ups)


def _tell(message: str) -> None:
    _err.print(message, markup=False, highlight=False)


def _parts(settings: Settings, *, preload: bool = True) -> Parts:
    return prepare(settings, _tell, preload=preload)
