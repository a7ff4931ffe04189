"""The conversation, from one line to the next: a question becomes a reply; what begins with ``/`` is an order."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from rich.console import Console

from corpus.errors import TutorError
from service.channels import terminal
from service.channels.rendering import Rendering, Waiting, followed, print_end, print_run
from service.events import Done, Matched, Reply, ShownSnippet
from service.replay import replay
from service.respondents import ConversationGone, Respondent


@dataclass(slots=True)
class Talk:
    """One conversation at a time.

    Args:
        opened: whom to ask, once there is somebody; may block, and raise a ``TutorError``.
        programs: the code that was shown, in order; ``/run 1`` runs the first.
        quiet: held while something is printed, so that nothing typed stands amid it.
        reply: the newest reply of the conversation.
    """

    out: Console
    opened: Callable[[], Respondent]
    conversation_id: str | None = None
    reply: Reply | None = None
    quiet: Callable[[], AbstractContextManager[None]] = nullcontext
    programs: list[str] = field(default_factory=list)

    @property
    def respondent(self) -> Respondent:
        with self.quiet(), Waiting(self.out) as waiting:
            waiting.begin("starting")
            return self.opened()

    def ask(self, message: str, *, told: bool = True) -> None:
        """Send a message and render its reply; Ctrl-C stops the reply.

        Args:
            told: whether it is said how the message was understood, where that is not plain.
        """
        rendering = Rendering(self.out, message if told else "", self.number)
        respondent = self.respondent
        begun: Matched | None = None
        try:
            events = respondent.ask(message, self.conversation_id)
            with self.quiet(), Waiting(self.out) as waiting:
                for event in followed(waiting, events, lambda: rendering.unfinished):
                    rendering.event(event)
                    begun = event if isinstance(event, Matched) else begun
                    if isinstance(event, Done):
                        self.reply, self.conversation_id = event.reply, event.reply.conversation_id
                        self._offer_nearest(event.reply)
        except TutorError as error:
            rendering.flush()
            if isinstance(error, ConversationGone):
                self.begin_anew()
            raise
        except KeyboardInterrupt:
            rendering.flush()
            if respondent.cancel():
                self.say("Stopped; nothing of this reply is kept.")
            else:
                self.conversation_id = begun.conversation_id if begun else self.conversation_id
                self.say("Stopped; the whole reply is in the conversation.")
        else:
            self.out.print()

    def _offer_nearest(self, reply: Reply) -> None:
        """The questions nearest to one that is not covered stand in the reply; they have numbers like all offers."""
        if reply.nearest and not reply.follow_ups:
            most = len(reply.nearest)
            told = "Type 1 to ask it." if most == 1 else f"Type 1 to {most} to ask one of them."
            terminal.note(self.out, told)

    def run(self, code: str) -> None:
        """Run a program; Ctrl-C stops it."""
        respondent = self.respondent
        try:
            with self.quiet():
                print_run(self.out, respondent.run(code))
        except KeyboardInterrupt:
            respondent.cancel()
            self.say("Stopped.")
        else:
            self.out.print()

    def go_on_with(self, conversation_id: str) -> None:
        """Show an earlier conversation and go on with it."""
        messages = self.respondent.conversation(conversation_id)
        for question, reply in messages:
            terminal.print_question(self.out, question)
            rendering = Rendering(self.out, question, self.number)
            for event in replay(reply):
                if not isinstance(event, Done):
                    rendering.event(event)
            rendering.flush()
            self.reply = reply
        if self.reply is not None:
            print_end(self.out, self.reply)
            self.out.print()
        self.conversation_id = conversation_id

    def begin_anew(self) -> None:
        """Forget the conversation here; it stays stored."""
        self.conversation_id = self.reply = None

    def number(self, snippet: ShownSnippet) -> str:
        """Keep a snippet that is shown, so that it can be run; tells how."""
        self.programs.append(snippet.code)
        return f"/run {len(self.programs)}"

    def say(self, text: str) -> None:
        terminal.note(self.out, text)
        self.out.print()

    def tell(self, error: TutorError) -> None:
        terminal.note(self.out, str(error), "red")
        self.out.print()
