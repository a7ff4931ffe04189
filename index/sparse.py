"""BM25 over passages, by bm25s, with tokens that suit code and error messages."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "again",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "don",
        "for",
        "from",
        "get",
        "gets",
        "had",
        "has",
        "have",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "like",
        "me",
        "more",
        "my",
        "need",
        "not",
        "of",
        "on",
        "one",
        "only",
        "or",
        "other",
        "our",
        "out",
        "should",
        "so",
        "some",
        "such",
        "t",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "too",
        "up",
        "use",
        "used",
        "using",
        "want",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "why",
        "will",
        "with",
        "work",
        "works",
        "would",
        "you",
        "your",
        "pytorch",
        "torch",
    ]
)


def tokens(text: str) -> list[str]:
    """Lower-case words without stop words; ``zero_grad`` and ``DataLoader`` also give their parts."""
    found: list[str] = []
    for word in _WORD.findall(text):
        whole = word.lower().strip("_")
        parts = [part.lower() for part in _PART.findall(word)]
        found += [whole] if parts in ([], [whole]) else [whole, *parts]
    return [_stem(token) for token in found if token not in STOP_WORDS]


def _stem(token: str) -> str:
    """Plurals and the commonest verb endings, where enough of the word is left."""
    for ending in ("ing", "ed", "es", "s"):
        if token.endswith(ending) and len(token) - len(ending) >= 4 and not token.endswith("ss"):
            return token[: -len(ending)]
    return token


class SparseIndex:
    """BM25 over ``texts``, in their order."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._bm25 = bm25s.BM25()
        self._bm25.index([tokens(text) or [""] for text in texts], show_progress=False)
        self._size = len(texts)

    def scores(self, query: str) -> NDArray[np.float32]:
        """The BM25 score of every passage, 0 where no word is shared: shape (size,)."""
        words = tokens(query)
        if not words:
            return np.zeros(self._size, np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores(words)
        return scores


class Vocabulary:
    """Which words each entry holds, and how rare they are.

    Args:
        texts: by entry id, all texts of the entry.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self._words = {key: {word for text in own for word in tokens(text)} for key, own in texts.items()}
        held = Counter(word for words in self._words.values() for word in words)
        self._rarity = {word: math.log1p(len(texts) / count) for word, count in held.items()}
        self._unknown = math.log1p(len(texts))

    def coverage(self, query: str, entry_id: str) -> float:
        """The share of the query's words, weighted by rarity, that the entry holds; 0 for a query without words."""
        words = set(tokens(query))
        weights = {word: self._rarity.get(word, self._unknown) for word in words}
        total = sum(weights.values())
        return sum(weights[word] for word in words & self._words[entry_id]) / total if total else 0.0
