"""A follow-up spelled out by a language model, where the rules of the dialogue are unsure, within a stated time."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from typing import Protocol

from service.guarding import Allowance, Rest, estimated
from service.language_model import LanguageModel, ModelFailed, Usage
from service.prompt import rewriting
from service.words import content, share

MAX_TOKENS = 80
MAX_LENGTH = 300
FAMILIAR = 0.6
"""This share of a rewritten question's words must be the learner's own, or those of the questions before it."""

AT_ONCE = 4


class Rewriter(Protocol):
    """Spells follow-ups out."""

    def rewrite(self, message: str, before: Sequence[str], owner: str) -> str | None:
        """``message`` so that it stands alone; ``None`` where that is not known in time.

        Args:
            before: what was asked and spoken about before, newest first.
        """
        ...


class ModelRewriter:
    """Asks ``model``, and takes what it says within ``seconds``; what comes later is not waited for."""

    def __init__(self, model: LanguageModel, allowance: Allowance, rest: Rest, seconds: float) -> None:
        self._model = model
        self._allowance = allowance
        self._rest = rest
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="rewriting")

    def rewrite(self, message: str, before: Sequence[str], owner: str) -> str | None:
        if self._rest.resting:  # whether it is well again is for an answer to find out
            return None
        try:
            self._allowance.check(owner)
        except ModelFailed:
            return None
        asked: Future[str] = self._pool.submit(self._ask, message, before, owner)
        try:
            text = asked.result(self._seconds)
        except (TooSlow, ModelFailed):
            asked.cancel()
            return None
        return text if _is_familiar(text, (message, *before)) else None

    def _ask(self, message: str, before: Sequence[str], owner: str) -> str:
        sent = rewriting(message, before)
        pieces: list[str] = []
        usage = None
        try:
            for chunk in self._model.stream(sent, max_tokens=MAX_TOKENS, seconds=self._seconds):
                pieces.append(chunk.text)
                usage = chunk.usage or usage
        finally:
            self._allowance.spend(owner, usage or Usage(estimated(sent), MAX_TOKENS))
        return " ".join("".join(pieces).split()).strip("\"'“”*` ")


def _is_familiar(text: str, said: Sequence[str]) -> bool:
    """Whether ``text`` is one short question in words that were used: no answer, and nothing brought in."""
    words = content(text)
    known = [word for one in said for word in content(one)]
    return 0 < len(text) <= MAX_LENGTH and bool(words) and share(words, known) >= FAMILIAR
