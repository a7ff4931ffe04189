"""The terminal, continued: ``torchtutor ask`` and ``torchtutor run``."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any, Literal

import typer
from pydantic import TypeAdapter

from corpus.errors import TutorError
from service.channels import console, markdown, terminal
from service.channels.rendering import Rendering, Waiting, followed, print_run
from service.events import Done, Event, Failed, Reply
from service.outputs import agree
from service.respondents import Printed
from service.sandbox import Device, Verdict
from service.sandbox.visible import visible

NOT_COVERED = 3

app = typer.Typer()

_VERDICT = TypeAdapter(Verdict)


class ReplyFailed(TutorError):
    """The turn ended before its reply was whole."""


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="In your own words; - reads it from standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole reply as JSON.")] = False,
) -> None:
    """Answer one question.

    In a terminal the answer is laid out and coloured; anywhere else it is Markdown, as it is. Exit status 3 where no
    lesson covers the question, 1 where something went wrong, 130 after Ctrl-C.
    """
    question = _text(question)
    if not question.strip():
        raise typer.BadParameter("the question is empty; write one in quotation marks")
    settings = console.settings()
    with Waiting(console.out) as waiting:
        waiting.begin("starting")
        with closing(console.respondent(settings, preload=False)) as respondent:
            rendering = Rendering(console.out, question)
            events = followed(waiting, respondent.ask(question), lambda: rendering.unfinished)
            try:
                reply = _whole(events if as_json else _rendered(events, rendering))
            except KeyboardInterrupt:
                respondent.cancel()
                raise
    if as_json:
        print(reply.model_dump_json(indent=2))
    if reply.abstained:
        raise typer.Exit(NOT_COVERED)


@app.command()
def run(
    file: Annotated[typer.FileText, typer.Argument(help="A Python file, or - for standard input.")],
    device: Annotated[Literal["auto", "cpu", "cuda", "both"], typer.Option(help="Where to run it.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole verdict.")] = False,
) -> None:
    """Run a program in the sandbox and tell what happened; exit status 1 unless it passed."""
    try:
        code = file.read()
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file.name} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    devices: tuple[Device, ...] = ("cpu", "cuda") if device == "both" else (device,)
    with closing(console.runner(console.settings())) as runner:
        verdicts = [_verdict(runner.run(code, name), quiet=as_json) for name in devices]
    if as_json:
        told: Any = [_VERDICT.dump_python(verdict, mode="json") for verdict in verdicts]
        if device == "both":
            told = [{"cpu": told[0], "cuda": told[1], "agree": agree(*verdicts)}]
        print(json.dumps(told[0], indent=2))
    elif device == "both":
        console.tell("They agree." if agree(*verdicts) else "They do not agree.")
    if any(verdict.status != "passed" for verdict in verdicts):
        raise typer.Exit(1)


def _text(question: str) -> str:
    """The question, also where what was given is not all UTF-8, as logs and diffs need not be."""
    given = sys.stdin.buffer.read() if question == "-" else os.fsencode(question)
    return given.decode("utf-8", "replace")


def _rendered(events: Iterator[Event], rendering: Rendering) -> Iterator[Event]:
    """The events, each printed: laid out in a terminal, as Markdown anywhere else."""
    for event in events:
        if isinstance(event, Failed):
            rendering.flush()
        elif console.out.is_terminal:
            rendering.event(event)
        else:
            print(_rests(event) + "".join(markdown.pieces(event)), end="", flush=True)
        yield event


def _rests(event: Event) -> str:
    """What is told below an answer of what it rests on, and what of it rests on nothing."""
    if not isinstance(event, Done):
        return ""
    told = markdown.doubts(event.reply.sentences, event.reply.answer)
    return visible(told + "\n\n" + "  \n".join(markdown.sources(event.reply)))


def _whole(events: Iterator[Event]) -> Reply:
    """What the events come to."""
    for event in events:
        if isinstance(event, Failed):
            raise ReplyFailed(f"{event.title}: {event.detail}")
        if isinstance(event, Done):
            return event.reply
    raise ReplyFailed("the reply was cut off; ask again")


def _verdict(run: Iterator[Printed | Verdict], *, quiet: bool) -> Verdict:
    """Tell a run; elsewhere than in a terminal, what the program prints stays apart from what is said of it."""
    if console.out.is_terminal and not quiet:
        return print_run(console.out, run)
    verdict = list(run)[-1]
    assert isinstance(verdict, Verdict)
    if not quiet:
        print(verdict.stdout, end="", flush=True)
        terminal.print_verdict(console.err, verdict, printed=True)
    return verdict
