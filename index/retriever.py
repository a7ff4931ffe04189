"""Finds the entries for a query: the protocol, the hybrid retriever, and a small one without a model."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.entry import Entry
from index.dense import DenseIndex
from index.encoder import Encoder
from index.fusion import Calibration, Floats, confidence, entry_scores, features, fuse, shipped_calibration
from index.passage import Passage, passages
from index.sparse import SparseIndex, Vocabulary, tokens


@dataclass(frozen=True, slots=True)
class Match:
    """An entry found, and the passage of it that is nearest to the query."""

    entry_id: str
    score: float
    passage: Passage


@dataclass(frozen=True, slots=True)
class Ranking:
    """The matches for a query, best first.

    Args:
        confidence: the calibrated probability that the first match is right.
        covered: whether that suffices to answer; where not, the tutor abstains.
        features: what the confidence was computed from; ``None`` where it was not computed so.
    """

    matches: tuple[Match, ...]
    confidence: float
    covered: bool
    features: Floats | None = None


class Retriever(Protocol):
    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        """The ``k`` best entries (fewer only where there are fewer), of one collection if it is named."""
        ...


class HybridRetriever:
    """Cosine and BM25 over all passages, fused into one score an entry."""

    def __init__(
        self, passages: Sequence[Passage], dense: DenseIndex, encoder: Encoder, calibration: Calibration | None = None
    ) -> None:
        self.calibration = calibration or shipped_calibration()
        self._passages = passages
        self._dense = dense
        self._encoder = encoder
        self._sparse = SparseIndex([passage.text for passage in passages])
        by_entry: dict[str, list[int]] = {}
        for place, passage in enumerate(passages):
            by_entry.setdefault(passage.entry_id, []).append(place)
        self._places = {entry_id: np.array(places) for entry_id, places in by_entry.items()}
        self._vocabulary = Vocabulary({key: [passages[place].text for place in own] for key, own in by_entry.items()})

    def calibrated(self, calibration: Calibration) -> "HybridRetriever":
        """The same retriever with other numbers."""
        other = copy(self)
        other.calibration = calibration
        return other

    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        return self.rank(query, *self.scores(query), k=k, collection=collection)

    def scores(self, query: str) -> tuple[Floats, Floats]:
        """The cosine and the BM25 score of every passage."""
        return self._dense.scores(self._encoder.encode([query])[0]), self._sparse.scores(query)

    def rank(self, query: str, cosines: Floats, bm25: Floats, *, k: int, collection: str | None = None) -> Ranking:
        """What :meth:`search` makes of the scores of all passages."""
        fitted = self.calibration
        ids, owners = self._members(collection)
        if not ids:
            return Ranking((), 0.0, covered=False)
        fused = fuse(cosines, bm25, fitted.sparse_weight)
        scores = entry_scores(fused, owners, fitted.depth, fitted.depth_weight)
        order = np.argsort(-scores, kind="stable")
        own = np.concatenate(owners)
        coverage = self._vocabulary.coverage(query, ids[order[0]])
        found = features(scores[order], cosines[own], bm25[own], coverage, len(tokens(query)))
        sure = confidence(found, fitted.coefficients)
        matches = []
        for row in order[:k]:
            best = owners[row][fused[owners[row]].argmax()]
            matches.append(Match(ids[row], float(scores[row]), self._passages[best]))
        return Ranking(tuple(matches), sure, sure >= fitted.threshold, found)

    def _members(self, collection: str | None) -> tuple[list[str], list[NDArray[np.intp]]]:
        """The entries of the collection (all, if none is named), and the places of the passages of each."""
        places = {
            entry_id: own
            for entry_id, own in self._places.items()
            if collection in (None, self._passages[own[0]].collection)
        }
        return list(places), list(places.values())


class KeywordRetriever:
    """A real retriever without a model: the share of the query's words that an entry's passages hold. For tests."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._words = [{word for passage in passages(entry) for word in tokens(passage.text)} for entry in entries]

    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        asked = set(tokens(query)) or {""}
        matches = [
            Match(entry.id, len(asked & words) / len(asked), next(passages(entry)))
            for entry, words in zip(self._entries, self._words, strict=True)
            if collection in (None, entry.collection)
        ]
        matches.sort(key=lambda match: -match.score)
        best = matches[0].score if matches else 0.0
        return Ranking(tuple(matches[:k]), best, covered=best > 0)
