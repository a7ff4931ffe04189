"""BM25 by bm25s over runs of four characters, which bear typos, inflections and the parts of identifiers.

``optimzer`` and ``optimizer`` share most of their grams, and ``zero_grad`` and ``CrossEntropyLoss`` hold those of
their parts; so neither stop words, nor stemming, nor a spelling checker is needed.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

GRAM = 4
_WORD = re.compile(r"[a-z0-9]+")


def grams(text: str) -> list[str]:
    """The overlapping runs of :data:`GRAM` characters of each word, with a space at its two ends.

    A word that is shorter than a run is one run of its own. ``_`` and ``.`` end a word.
    """
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        padded = f" {word} "
        found += [padded[start : start + GRAM] for start in range(max(1, len(padded) - GRAM + 1))]
    return found


class SparseIndex:
    """BM25 over ``texts``, in their order."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._bm25 = bm25s.BM25()
        self._bm25.index([grams(text) or [""] for text in texts], show_progress=False)
        self._size = len(texts)

    def scores(self, query: str) -> NDArray[np.float32]:
        """The BM25 score of every passage, 0 where nothing is shared: shape (size,)."""
        asked = grams(query)
        if not asked:
            return np.zeros(self._size, np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores(asked)
        return scores


class Vocabulary:
    """Which grams each entry holds, and how rare they are.

    Args:
        texts: by entry id, all texts of the entry.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self._grams = {key: {gram for text in own for gram in grams(text)} for key, own in texts.items()}
        held = Counter(gram for own in self._grams.values() for gram in own)
        self._rarity = {gram: math.log1p(len(texts) / count) for gram, count in held.items()}
        self._unknown = math.log1p(len(texts))

    def coverage(self, query: str, entry_id: str) -> float:
        """The share of the query's grams, weighted by rarity, that the entry holds; 0 for a query without any."""
        asked = set(grams(query))
        weights = {gram: self._rarity.get(gram, self._unknown) for gram in asked}
        total = sum(weights.values())
        return sum(weights[gram] for gram in asked & self._grams[entry_id]) / total if total else 0.0
