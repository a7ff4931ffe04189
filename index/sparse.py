"""What texts share in characters: BM25 by bm25s and a cosine, both over runs of four characters.

``optimzer`` and ``optimizer`` share most of their grams, and ``zero_grad`` and ``CrossEntropyLoss`` hold those of
their parts; so neither stop words, nor stemming, nor a spelling checker is needed.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import bm25s
import numpy as np
from numpy.typing import NDArray

GRAM = 4
_WORD = re.compile(r"[a-z0-9]+")

Floats = NDArray[np.float32]


def grams(text: str) -> list[str]:
    """The overlapping runs of :data:`GRAM` characters of each word, with a space at its two ends.

    A word that is shorter than a run is one run of its own. ``_`` and ``.`` end a word.
    """
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        found += _grams_of(word) if len(word) <= GRAM * GRAM else _cut(word)
    return found


@lru_cache(maxsize=1 << 15)
def _grams_of(word: str) -> list[str]:
    return _cut(word)


def _cut(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[start : start + GRAM] for start in range(max(1, len(padded) - GRAM + 1))]


class SparseIndex:
    """BM25 over ``texts``, in their order."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._bm25 = bm25s.BM25()
        self._bm25.index([grams(text) or [""] for text in texts], show_progress=False)
        self._size = len(texts)

    def scores(self, query: str) -> Floats:
        """The BM25 score of every passage, 0 where nothing is shared: shape (size,)."""
        asked = grams(query)
        if not asked:
            return np.zeros(self._size, np.float32)
        scores: Floats = self._bm25.get_scores(asked)
        return scores


class GramCosines:
    """The cosine of texts as bags of grams, each weighted by 1 + log(count) and by how rare it is."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.size = len(texts)
        bags = [Counter(grams(text)) for text in texts]
        held = Counter(gram for bag in bags for gram in bag)
        self._places = {gram: place for place, gram in enumerate(held)}
        self._rarity = {gram: math.log((len(texts) + 1) / (count + 1)) + 1 for gram, count in held.items()}
        texts_of: list[list[int]] = [[] for _ in held]
        weights_of: list[list[float]] = [[] for _ in held]
        for number, bag in enumerate(bags):
            for place, weight in self._weighted(bag):
                texts_of[place].append(number)
                weights_of[place].append(weight)
        self._texts = [np.array(one, np.intp) for one in texts_of]
        self._weights = [np.array(one, np.float32) for one in weights_of]

    def scores(self, query: str) -> Floats:
        """The cosine of ``query`` with every text: shape (size,)."""
        scores = np.zeros(self.size, np.float32)
        for place, weight in self._weighted(Counter(grams(query))):
            scores[self._texts[place]] += np.float32(weight) * self._weights[place]
        return scores

    def _weighted(self, bag: Counter[str]) -> list[tuple[int, float]]:
        """The place of each known gram with its weight in the unit vector."""
        known = [
            (self._places[gram], (1 + math.log(count)) * self._rarity[gram])
            for gram, count in bag.items()
            if gram in self._places
        ]
        length = math.sqrt(sum(weight * weight for _, weight in known))
        return [(place, weight / length) for place, weight in known]
