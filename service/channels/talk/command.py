"""The command ``torchtutor chat``; imports no more than the prompt needs, so that it is there at once."""

import sys
import threading
from concurrent.futures import Future
from typing import Annotated

import typer

from corpus.errors import TutorError
from service.channels import console
from service.channels.talk.orders import ORDERS, Leave, obey
from service.channels.talk.prompt import Prompt, quiet
from service.channels.talk.talk import Talk
from service.respondents import Respondent
from service.settings import Settings

HISTORY = "typed"
"""The file in the state folder that keeps what was typed."""

app = typer.Typer()


class NoTerminal(TutorError):
    """Nobody could type."""


@app.command()
def chat(
    go_on: Annotated[bool, typer.Option("--continue", "-c", help="Go on with the conversation you had last.")] = False,
) -> None:
    """Talk with the tutor in the terminal.

    Answers come with their code and what it printed; type the number of a question that is offered to ask it. /run and
    /edit run the code shown, or what you make of it; /help lists the rest. Ctrl-C stops a reply, Ctrl-D leaves.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal("chat needs a terminal; use: torchtutor ask QUESTION, or ask - to read it from a pipe")
    settings = console.settings()
    opening = _opening(settings)
    prompt = Prompt(settings.home / HISTORY, ORDERS, colour=not console.out.no_color)
    talk = Talk(console.out, opening.result, quiet=quiet)
    console.out.print(
        "[bold]torchtutor[/bold] [dim]· ask about PyTorch in your own words · /help · Ctrl-D leaves[/dim]\n"
    )
    try:
        if go_on:
            _go_on(talk)
        _converse(talk, prompt, opening)
    finally:
        if opening.done() and opening.exception() is None:
            opening.result().close()


def _converse(talk: Talk, prompt: Prompt, opening: Future[Respondent]) -> None:
    leaving = False
    while True:
        try:
            line = prompt.read()
            leaving = False
            if line.startswith("/"):
                obey(talk, line)
            elif line.strip():
                talk.ask(line.strip())
        except (EOFError, Leave):
            return
        except KeyboardInterrupt:
            if leaving:
                return
            leaving = True
            talk.say("Ctrl-C once more, or Ctrl-D, leaves.")
        except TutorError as error:
            if opening.done() and opening.exception() is error:
                raise  # there is nobody to ask
            talk.tell(error)


def _go_on(talk: Talk) -> None:
    try:
        last = talk.respondent.conversations(1)
        if last:
            talk.go_on_with(last[0].id)
        else:
            talk.say("There is no earlier conversation; this is the first.")
    except KeyboardInterrupt:
        talk.begin_anew()


def _opening(settings: Settings) -> Future[Respondent]:
    """Put the tutor together in the background; before the prompt where that tells something, as a first start does."""
    opening: Future[Respondent] = Future()

    def open_() -> None:
        try:
            opening.set_result(console.respondent(settings))
        except BaseException as error:  # noqa: BLE001 - raised where the tutor is first needed
            opening.set_exception(error)

    if settings.url is not None or settings.index_folder.is_dir():
        threading.Thread(target=open_, name="opening", daemon=True).start()
    else:
        open_()
        opening.result()
    return opening
