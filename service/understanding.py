"""What a message means, once the programs that this depends on have been run.

A pasted program comes first, for the question is about how it ends; a program to be run again was shown before.
"""

from collections.abc import Generator
from dataclasses import dataclass

from corpus.entry import Snippet
from service import pasted
from service.dialogue import Meant, PastTurn, resolve
from service.events import Running, ShownSnippet, show
from service.memory import Conversation, Notebook
from service.pasted import Pasted
from service.sandbox import Verdict
from service.trying import Trying


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message means.

    Args:
        tried: the program that was run for it, with its verdict.
        lead: what the reply says of that first.
        instead: what it says of that in the lesson's stead.
    """

    meant: Meant
    tried: ShownSnippet | None = None
    lead: str = ""
    instead: str = ""


def understand(
    message: str, message_id: str, conversation: Conversation, notebook: Notebook, trying: Trying, *, may_run: bool
) -> Generator[Running, None, Understood]:
    """Understand ``message``, and tell of each program that it runs for that."""
    given = pasted.read(message)
    verdict, not_run = None, ""
    if given.code and not given.error:  # a program whose traceback came with it need not be run
        running = Running(conversation_id=conversation.id, message_id=message_id, code=given.code)
        verdict, not_run = yield from trying.pasted(running, notebook, may_run=may_run)
    meant = meant_by(message, given, verdict, conversation.past)
    if meant.program is not None:
        running = Running(conversation_id=conversation.id, message_id=message_id, code=meant.program.code)
        again, said = yield from trying.again(meant.program, running, notebook, may_run=may_run)
        return Understood(meant, again, instead=said)
    if verdict is None and not not_run:
        return Understood(meant)
    tried = show(own_program(given), verdict, not_run or None, origin="learner")
    return Understood(meant, tried, lead=pasted.report(verdict, not_run))


def meant_by(message: str, given: Pasted, verdict: Verdict | None, past: tuple[PastTurn, ...]) -> Meant:
    """What is meant; a program or a traceback in the message is what the question is about."""
    if not given.code and not given.error:
        return resolve(message, past)
    failed = bool(given.error) or (
        verdict is not None and verdict.error is not None and not pasted.is_fragment(verdict)
    )
    text = pasted.query(message, verdict)
    prose = resolve(given.prose, past) if given.prose else Meant("question", text)
    leaning = prose.leaning if past and not failed and prose.intent == "question" else "own"
    said = pasted.said(given, verdict)
    wanted = "error" if failed else prose.form
    return Meant("question", text, prose=said, form=wanted, leaning=leaning)


def own_program(given: Pasted) -> Snippet:
    """The learner's program, as a reply shows it."""
    return Snippet("pasted-1", given.code, caption="Your program:")
