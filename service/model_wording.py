"""Answers in a language model's words, held to the lessons: cited, scored against what they cite, their code run.

Whatever goes wrong with the model, the lessons' own reply follows in the same message, with a line that says why.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from corpus.entry import Snippet
from service.events import ShownSnippet, Supported, Text, Turn, Verified, show
from service.grounding import Grounding
from service.guarding import CHARACTERS, Allowance, Rest, estimated
from service.language_model import FailureKind, LanguageModel, ModelFailed, Said, Usage
from service.prompt import Question, messages, repair
from service.sandbox import Busy, Limits, Program, Verdict
from service.sentences import blocks
from service.sieve import Sieve
from service.verify import Checked, Run
from service.wording import Brief, LessonWording, Pieces, Worded

AS_WRITTEN = ("code", "sources", "fix", "pitfall", "pitfalls", "run")
"""What asks for a piece of a lesson as it stands: no model words that."""

MAX_PROGRAMS = 3
LIMITS = Limits()
OnFallback = Callable[[FailureKind], None]


@dataclass(frozen=True, slots=True)
class Programs:
    """What runs the programs that a model writes: as any stranger's, and only for those who may have code run.

    Args:
        run: ``None`` where no stranger's code is run.
    """

    run: Run | None
    limits: Limits = LIMITS

    def verdict(self, code: str, brief: Brief) -> tuple[Verdict | None, str | None]:
        """What a run shows; ``None`` and why not, where there was none."""
        if self.run is None or not brief.may_run():
            return None, "not run: whoever asks may not have code run here"
        try:
            verdict = self.run(Program(code), self.limits, cancelled=brief.cancelled)
        except Busy as busy:
            return None, f"not run now: {busy}"
        return (None, f"not run here: {verdict.stderr}") if verdict.status == "refused" else (verdict, None)


class ModelWording:
    """Asks ``model``; falls back to ``lessons``.

    Args:
        on_fallback: told why, whenever the lessons speak in the model's place.
    """

    def __init__(
        self,
        model: LanguageModel,
        lessons: LessonWording,
        grounding: Grounding,
        stored: Callable[[Snippet], Checked],
        programs: Programs,
        *,
        allowance: Allowance | None = None,
        rest: Rest | None = None,
        on_fallback: OnFallback = lambda kind: None,
    ) -> None:
        self.model = model
        self.lessons = lessons
        self.grounding = grounding
        self.stored = stored
        self.programs = programs
        self.allowance = allowance or Allowance()
        self.rest = rest or Rest()
        self.on_fallback = on_fallback

    def model_for(self, turn: Turn) -> str | None:
        """The model for a question that lessons cover; never for a refusal, small talk or a piece of a lesson."""
        worded = turn.outcome in ("answered", "partly") and turn.matches and turn.intent not in AS_WRITTEN
        return self.model.name if worded else None

    def word(self, brief: Brief) -> Pieces:
        if self.model_for(brief.turn) is None:
            return (yield from self.lessons.word(brief))
        worded = Worded()
        for said in filter(None, (brief.lead, brief.composed.reservation)):
            yield worded.say(f"{said}\n\n")
        if brief.pasted is not None:
            yield worded.verified(brief.pasted)
        try:
            yield from _Answering(self, brief, worded).answer()
        except ModelFailed as failed:
            self.on_fallback(failed.kind)
            gap = "\n\n" if worded.by_model else ""
            yield worded.say(f"{gap}*The language model {failed}. This is the lesson's own answer:*\n\n")
            yield from self.lessons.text(brief, worded)
            yield from self.lessons.code(brief, worded)
        if worded.by_model:
            worded.by = self.model.name
            judged = (self.grounding.judge(worded.text, *place, brief.entries) for place in worded.by_model)
            worded.sentences = [sentence for sentences in judged for sentence in sentences]
            yield Supported(sentences=worded.sentences)
        return worded


class _Answering:
    """One answer: what the model says, what its programs show, and a second try where one fails."""

    def __init__(self, wording: ModelWording, brief: Brief, worded: Worded) -> None:
        self._wording = wording
        self._brief = brief
        self._worded = worded
        self._allowance = wording.allowance
        self._ends_at = time.monotonic() + self._allowance.reply.seconds
        self._spent = Usage()

    def answer(self) -> Generator[Text | Verified, None, None]:
        """Everything, in order.

        Raises:
            ModelFailed: the first call gave no whole answer.
        """
        sent = self._messages()
        begun = len(self._worded.text)
        try:
            yield from self._asked(sent)
        except ModelFailed:
            yield from self._checked(begun, "not run: the answer was not finished")
            raise
        shown = yield from self._checked(begun)
        if not shown:  # the lessons' code goes with words that have none
            yield from self._wording.lessons.code(self._brief, self._worded)
        elif any(_fails(one) for one in shown):
            yield from self._mended(sent, begun, shown)

    def _mended(
        self, sent: Sequence[Said], begun: int, shown: Sequence[ShownSnippet]
    ) -> Generator[Text | Verified, None, None]:
        """A second try, told what went wrong with the first; where that fails too, or cannot be, the lessons' code."""
        failed = next(one.verdict for one in shown if _fails(one))
        if failed is not None and failed.status != "sandbox_error":
            answer, ended = self._worded.text[begun:], failed.error.type if failed.error else failed.status
            yield self._worded.say(f"\n\n*That program does not run (`{ended}`). A second try:*\n\n")
            again = len(self._worded.text)
            try:
                yield from self._asked(repair(sent, answer, failed))
            except ModelFailed as error:
                self._wording.on_fallback(error.kind)
            shown = yield from self._checked(again)
            if shown and not any(_fails(one) for one in shown):
                return
        told = "does not run" if failed is not None else "could not be run here"
        instead = " The lesson's own, which was run:" if self._brief.composed.snippets else ""
        yield self._worded.say(f"\n\n*The language model's code {told}.{instead}*")
        yield from self._wording.lessons.code(self._brief, self._worded)

    def _messages(self) -> list[Said]:
        wording, brief = self._wording, self._brief
        wording.rest.check()
        self._allowance.check(brief.owner)
        before = tuple(turn.asked for turn in brief.past if turn.asked)
        run = brief.pasted.verdict if brief.pasted else None
        question = Question(brief.message, brief.turn.understood_as, before, run, brief.manner)
        room = int(self._allowance.reply.prompt_tokens * CHARACTERS)
        return messages(question, brief.entries, brief.composed.shown, wording.stored, room)

    def _asked(self, sent: Sequence[Said]) -> Generator[Text, None, None]:
        """What the model says to ``sent``, made safe, as it comes.

        Raises:
            ModelFailed: it did not say all; what came is in the answer.
        """
        most = self._allowance.completion_tokens(sent, self._spent)
        sieve, said, usage, failed = Sieve(len(self._brief.entries)), 0, None, None
        begun, room = len(self._worded.text), round(most * CHARACTERS * 2)
        try:
            for chunk in self._wording.model.stream(sent, max_tokens=most, seconds=self._seconds()):
                usage = chunk.usage or usage
                text = sieve.feed(chunk.text[: max(0, room - said)])
                said += len(chunk.text)
                if text:
                    yield self._worded.say(text)
                if said > room:  # a provider that does not keep the limit it was given
                    failed = ModelFailed("limit", f"came to its limit of {most} tokens")
                    break
        except ModelFailed as error:
            failed = error
        finally:
            self._spend(usage or Usage(estimated(sent), round(said / CHARACTERS)))
        if rest := sieve.end():
            yield self._worded.say(rest)
        if len(self._worded.text) > begun:
            self._worded.by_model.append((begun, len(self._worded.text)))
        if failed is None and not said:
            failed = ModelFailed("refusal", "said nothing")
        self._wording.rest.learn(failed)
        if failed is not None:
            raise failed

    def _seconds(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise ModelFailed("timeout", f"took more than {self._allowance.reply.seconds:.0f} s")
        return left

    def _spend(self, usage: Usage) -> None:
        self._spent = Usage(self._spent.prompt + usage.prompt, self._spent.completion + usage.completion)
        self._allowance.spend(self._brief.owner, usage)

    def _checked(self, start: int, why_not: str | None = None) -> Generator[Verified, None, list[ShownSnippet]]:
        """Run the programs in the answer from ``start`` on: exactly what is shown there; none where ``why_not``."""
        worded = self._worded
        earlier = sum(snippet.origin == "model" for snippet in worded.snippets)
        programs = [block for block in blocks(worded.text, start) if block.is_python]
        shown: list[ShownSnippet] = []
        for number, block in enumerate(programs, earlier + 1):
            verdict, why = None, why_not
            if why is None and len(shown) < MAX_PROGRAMS:
                verdict, why = self._wording.programs.verdict(block.code, self._brief)
            elif why is None:
                why = f"not run: {MAX_PROGRAMS} programs of an answer are"
            which = "the code" if len(programs) == number == 1 else f"program {number}"
            snippet = Snippet(f"generated-{number}", block.code, caption=f"What a run of {which} above showed:")
            shown.append(show(snippet, verdict, why, origin="model"))
            yield worded.verified(shown[-1])
        return shown


def _fails(snippet: ShownSnippet) -> bool:
    return snippet.verdict is None or snippet.verdict.status != "passed"
