"""What begins with ``/``."""

from collections.abc import Callable

from rich.table import Table
from rich.text import Text

from corpus.errors import TutorError
from service.channels import terminal
from service.channels.talk.editing import edited
from service.channels.talk.talk import Talk

LISTED = 20


class UnknownOrder(TutorError):
    """It is no order, or its argument is of no use."""


class Leave(Exception):
    """The learner has had enough."""


ORDERS = {
    "/run": "run the code shown last, or /run 2 the one with this number",
    "/edit": "open it in your editor ($EDITOR) and run what you made of it; without code, write some",
    "/more": "hear more about the last answer",
    "/sources": "show what the last answer rests on",
    "/history": "list earlier conversations; /history 2 opens the second",
    "/new": "begin another conversation",
    "/help": "show this",
    "/quit": "leave, as Ctrl-D does",
}

KEYS = """\
Type a question, or the number of one that is offered. Enter sends it, Alt+Enter begins a new line; pasted programs \
and tracebacks keep their lines. Ctrl-C stops a reply or a program, Ctrl-X Ctrl-E opens what you type in your editor, \
Tab completes an order. A line that begins with a space is a question, whatever comes first in it."""


def obey(talk: Talk, line: str) -> None:
    """Do what ``line``, which begins with ``/``, says.

    Raises:
        Leave: the conversation is over.
        UnknownOrder, or whatever else a ``TutorError`` tells.
    """
    name, _, argument = line.strip().partition(" ")
    order = _OBEYED.get(name)
    if order is None:
        raise UnknownOrder(f"no order {name}; /help lists them, and a line that begins with a space is a question")
    order(talk, argument.strip())


def _run(talk: Talk, argument: str) -> None:
    talk.run(talk.programs[_chosen(talk, argument)])


def _edit(talk: Talk, argument: str) -> None:
    before = talk.programs[_chosen(talk, argument)] if talk.programs or argument else ""
    code = edited(before)
    if code is None or not code.strip():
        talk.say("Nothing was changed; /run runs it as it is." if before else "Nothing was written.")
        return
    talk.programs.append(code)
    talk.say(f"Yours is number {len(talk.programs)}.")
    talk.run(code)


def _more(talk: Talk, argument: str) -> None:
    talk.ask("more", told=False)


def _sources(talk: Talk, argument: str) -> None:
    if talk.reply is None or not talk.reply.matches:
        talk.say("The last answer rests on no lesson.")
        return
    for number, match in enumerate(talk.reply.matches, 1):
        terminal.show(talk.out, Text.assemble(f"[{number}] {match.question} ", (match.entry_id, "dim")))
    talk.say(f"The whole lesson: torchtutor show {talk.reply.matches[0].entry_id}")
    talk.ask("sources", told=False)


def _history(talk: Talk, argument: str) -> None:
    earlier = talk.respondent.conversations(LISTED)
    if not earlier:
        talk.say("There are no earlier conversations.")
    elif argument:
        chosen = earlier[_number(argument, len(earlier), "conversation")]
        talk.go_on_with(chosen.id)
    else:
        table = Table(box=None, show_header=False, padding=(0, 1))
        for number, one in enumerate(earlier, 1):
            here = "●" if one.id == talk.conversation_id else ""
            messages = f"{one.messages} message{'' if one.messages == 1 else 's'}"
            table.add_row(
                Text(f"{number}"), Text(terminal.when(one.updated_at), "dim"), Text(one.title), messages, here
            )
        terminal.show(talk.out, table)
        talk.say("/history 1 opens the first.")


def _new(talk: Talk, argument: str) -> None:
    talk.begin_anew()
    talk.say("Another conversation; /history finds the last one again.")


def _help(talk: Talk, argument: str) -> None:
    table = Table(box=None, show_header=False, padding=(0, 1))
    for name, does in ORDERS.items():
        table.add_row(Text(name, "bold"), Text(does))
    talk.out.print(table)
    talk.out.print()
    talk.out.print(Text(KEYS))
    talk.out.print()


def _quit(talk: Talk, argument: str) -> None:
    raise Leave


_OBEYED: dict[str, Callable[[Talk, str], None]] = {
    "/run": _run,
    "/edit": _edit,
    "/more": _more,
    "/sources": _sources,
    "/history": _history,
    "/new": _new,
    "/help": _help,
    "/quit": _quit,
    "/exit": _quit,
}


def _chosen(talk: Talk, argument: str) -> int:
    if not talk.programs:
        raise UnknownOrder("no code was shown yet; ask for some, or write your own with /edit")
    return _number(argument, len(talk.programs), "program") if argument else len(talk.programs) - 1


def _number(argument: str, most: int, what: str) -> int:
    """The position that ``argument`` names, from 0."""
    if not (argument.isascii() and argument.isdecimal() and 1 <= int(argument[:6]) <= most):
        raise UnknownOrder(f"no {what} '{argument}'; there are 1 to {most}")
    return int(argument) - 1
