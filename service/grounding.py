"""Whether the sentences of an answer rest on what they cite."""

from collections.abc import Sequence
from functools import lru_cache

from corpus.entry import Entry
from index.encoder import Encoder
from service.events import Sentence
from service.sentences import Span, sentences
from service.support import Evidence, Fitted, features, shipped

REMEMBERED = 256
"""Lessons whose vectors are kept."""


class Grounding:
    """Judges sentences against lessons; what a lesson says is encoded once."""

    def __init__(self, encoder: Encoder, fitted: Fitted | None = None) -> None:
        self._encoder = encoder
        self.fitted = fitted or shipped()
        self._evidence = lru_cache(REMEMBERED)(Evidence)

    def judge(self, answer: str, start: int, end: int, sources: Sequence[Entry]) -> list[Sentence]:
        """The sentences of ``answer[start:end]``; ``[n]`` in them cites ``sources[n - 1]``.

        A sentence that cites nothing is held against all sources.
        """
        return [self._judged(span, sources) for span in sentences(answer, start, end)]

    def support(self, sentence: str, cited: Sequence[Entry]) -> float:
        """The probability that what ``cited`` say supports ``sentence``."""
        return self.fitted.probability(self.features(sentence, cited))

    def features(self, sentence: str, cited: Sequence[Entry]) -> list[float]:
        """What that is computed from, in the order of :data:`service.support.FEATURES`."""
        return features(sentence, [self._evidence(entry) for entry in cited], self._encoder)

    def _judged(self, span: Span, sources: Sequence[Entry]) -> Sentence:
        citations = [number for number in span.citations if 1 <= number <= len(sources)]
        support = None
        if span.claims and sources:
            cited = [sources[number - 1] for number in citations] or list(sources)
            support = round(self.support(span.text, cited), 3)
        supported = support is None or support >= self.fitted.threshold
        return Sentence(start=span.start, end=span.end, citations=citations, support=support, supported=supported)
