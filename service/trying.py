"""Programs that are run within a turn: one that the message holds, or once more one that was shown before."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from corpus.entry import Entry, Snippet
from service import pasted
from service.events import Origin, Running, ShownSnippet, show
from service.memory.notebook import Notebook
from service.sandbox import Busy, Limits, Program, Verdict
from service.verify import Run, Verifier

NO_LEAVE = "not run: you may not have programs run now"
ONCE_MORE = "Once more:"


@dataclass(frozen=True, slots=True)
class Trying:
    """Runs what learners want to be run.

    Args:
        run: runs their own programs; ``None`` where none may be run.
        limits: what such a program may take.
    """

    entries: Mapping[str, Entry]
    verifier: Verifier
    run: Run | None
    limits: Limits

    def pasted(
        self, running: Running, notebook: Notebook, *, may_run: bool
    ) -> Generator[Running, None, tuple[Verdict | None, str]]:
        """Tell that the learner's program runs; returns what the run shows, or why there was none."""
        if self.run is None or not may_run or not notebook.may_run():
            return None, NO_LEAVE
        yield running
        try:
            return self.run(Program(running.code), self.limits, cancelled=notebook.cancelled), ""
        except Busy as busy:
            return None, f"not run now: {busy}"

    def again(
        self, snippet: Snippet, running: Running, notebook: Notebook, *, may_run: bool
    ) -> Generator[Running, None, tuple[ShownSnippet, str]]:
        """Run what was shown anew; returns it with its fresh verdict, and what to say of that."""
        lessons = self._of_lesson(snippet)
        if lessons is None:
            verdict, not_run = yield from self.pasted(running, notebook, may_run=may_run)
            origin: Origin = "model" if snippet.id.startswith("generated-") else "learner"
            own = Snippet(snippet.id, snippet.code, caption=ONCE_MORE)
            return show(own, verdict, not_run or None, origin=origin), pasted.report_again(verdict, not_run)
        if not may_run or not notebook.may_run():
            known = self.verifier.stored(lessons)
            return show(lessons, known.verdict, known.deviation), pasted.report_again(None, NO_LEAVE)
        yield running
        checked = self.verifier.run_anew(lessons, notebook.cancelled)
        told = pasted.report_again(checked.verdict, checked.deviation or "")
        return show(lessons, checked.verdict, checked.deviation), told

    def _of_lesson(self, snippet: Snippet) -> Snippet | None:
        """The lessons' own snippet, should it be theirs as it was shown."""
        entry = self.entries.get(snippet.id.partition("#")[0])
        theirs = entry.snippets() if entry is not None else ()
        return next((one for one in theirs if (one.id, one.code) == (snippet.id, snippet.code)), None)
