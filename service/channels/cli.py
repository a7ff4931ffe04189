"""The terminal: ``torchtutor serve | ask | run | index build``, and the commands of ``cli_corpus``."""

import json
from contextlib import closing
from typing import Annotated, Any, Literal

import typer
from pydantic import TypeAdapter

from corpus.errors import TutorError
from index.store import build_index
from service.channels import cli_corpus, console, gaps, keys, serving, state, terminal
from service.events import Done, Event, Running, Text, Verified
from service.outputs import agree
from service.sandbox import Device, Limits, Program, Verdict
from service.wiring import corpus_entries, make_sandbox

NOT_COVERED = 3

app = typer.Typer(help="A PyTorch tutor: every piece of code it shows has been run.", no_args_is_help=True)
index_app = typer.Typer(help="The search index.", no_args_is_help=True)
app.add_typer(index_app, name="index")
app.add_typer(cli_corpus.app)
app.add_typer(gaps.app, name="gaps")
app.add_typer(keys.app, name="keys")
state.install(app)

_VERDICT = TypeAdapter(Verdict)


def main() -> None:
    """Run the command line; errors that can be told are told in a line, with exit status 1."""
    try:
        app()
    except TutorError as error:
        console.tell(f"torchtutor: {error}")
        raise SystemExit(1) from None


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Serve the page and the API; builds what the state folder lacks."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    serving.serve(console.settings().model_copy(update=given), console.parts, console.tell)


@app.command()
def ask(question: Annotated[str, typer.Argument(help="In your own words.")]) -> None:
    """Answer one question; exit status 3 where no lesson covers it."""
    if not question.strip():
        raise typer.BadParameter("the question is empty; write one in quotation marks")
    reply = None
    with closing(console.parts(console.settings(), preload=False)) as parts:
        for event in parts.tutor.answer(question):
            _render(event)
            reply = event.reply if isinstance(event, Done) else None
    if reply is not None and reply.abstained:
        raise typer.Exit(NOT_COVERED)


@app.command()
def run(
    file: Annotated[typer.FileText, typer.Argument(help="A Python file, or - for standard input.")],
    device: Annotated[Literal["auto", "cpu", "cuda", "both"], typer.Option(help="Where to run it.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole verdict.")] = False,
) -> None:
    """Run a program in the sandbox and tell what happened; exit status 1 unless it passed."""
    settings = console.settings()
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
            terminal.print_verdict(console.out, verdict)
        if device == "both":
            console.out.print("They agree." if agree(*verdicts) else "They do not agree.")
    if any(verdict.status != "passed" for verdict in verdicts):
        raise typer.Exit(1)


@index_app.command("build")
def build() -> None:
    """Embed the corpus and write the index into the state folder."""
    settings = console.settings()
    build_index(corpus_entries(settings), settings.index_folder, model=settings.embedding_model, report=console.tell)


def _render(event: Event) -> None:
    if isinstance(event, Running):
        console.tell("Running your program …")
    elif isinstance(event, Text):
        terminal.print_markdown(console.out, event.markdown)
    elif isinstance(event, Verified):
        terminal.print_snippet(console.out, event.snippet)
    elif isinstance(event, Done):
        terminal.print_follow_ups(console.out, event.reply.follow_ups)
