"""Finds the entries for a query: the protocol, the hybrid retriever, and a small one without a model."""

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from corpus.entry import Entry
from index.dense import DenseIndex
from index.encoder import Encoder
from index.fusion import Calibration, Floats, Scores, features, fuse, pooled, probability, shipped_calibration
from index.passage import Passage, passages
from index.sparse import SparseIndex, Vocabulary, grams
from index.whitening import fit_whitening

NEAR_PASSAGES = 6
"""How many passages of an entry a match names."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry found, the passage of it that is nearest to the query, and those that come next, nearest first."""

    entry_id: str
    score: float
    passage: Passage
    others: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The matches for a query, best first.

    Args:
        confidence: the calibrated probability that the first match is right.
        covered: whether an entry seems to cover the query; where not, the tutor abstains.
        coverage: the calibrated probability that one does.
        features: what these were computed from; ``None`` where they were not computed so.
    """

    matches: tuple[Match, ...]
    confidence: float
    covered: bool
    coverage: float = 0.0
    features: Floats | None = None


@runtime_checkable
class Retriever(Protocol):
    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        """The ``k`` best entries (fewer only where there are fewer), of one collection if it is named."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Members:
    """The entries of a collection, the places of all their passages, and the number of the entry of each of these."""

    ids: list[str]
    places: NDArray[np.intp]
    owners: NDArray[np.intp]


class HybridRetriever:
    """Whitened cosine and BM25 over all passages, pooled and fused into one score an entry."""

    def __init__(
        self, passages: Sequence[Passage], dense: DenseIndex, encoder: Encoder, calibration: Calibration | None = None
    ) -> None:
        self.calibration = calibration or shipped_calibration()
        self._passages = passages
        self._dense = dense
        self._encoder = encoder
        self._sparse = SparseIndex([passage.text for passage in passages])
        everything = self._select(None)
        vectors = dense.vectors()
        self._whitening = fit_whitening(vectors, everything.owners)
        self._whitened = DenseIndex(self._whitening.apply(vectors))
        named = {passage.collection for passage in passages}
        self._members: dict[str | None, _Members] = {None: everything} | {name: self._select(name) for name in named}
        texts: dict[str, list[str]] = {entry_id: [] for entry_id in everything.ids}
        for passage in passages:
            texts[passage.entry_id].append(passage.text)
        self._vocabulary = Vocabulary(texts)

    def calibrated(self, calibration: Calibration) -> "HybridRetriever":
        """The same retriever with other numbers."""
        other = copy(self)
        other.calibration = calibration
        return other

    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        return self.rank(query, self.scores(query), k=k, collection=collection)

    def scores(self, query: str) -> Scores:
        """What each part says of every passage."""
        vector = self._encoder.encode([query])[0]
        return Scores(
            cosines=self._dense.scores(vector),
            whitened=self._whitened.scores(self._whitening.apply(vector)),
            bm25=self._sparse.scores(query),
        )

    def rank(self, query: str, scores: Scores, *, k: int, collection: str | None = None) -> Ranking:
        """What :meth:`search` makes of the scores of all passages."""
        fitted = self.calibration
        among = self._members.get(collection)
        if among is None:
            return Ranking((), 0.0, covered=False)
        whitened, bm25 = scores.whitened[among.places], scores.bm25[among.places]
        dense, sparse = pooled(whitened, among.owners, fitted.depth), pooled(bm25, among.owners, fitted.depth)
        fused = fuse(dense, sparse, fitted.sparse_weight)
        order = np.argsort(-fused, kind="stable")
        shared = self._vocabulary.coverage(query, among.ids[order[0]])
        found = features(order, fused, dense, sparse, scores.cosines[among.places], shared, len(grams(query)))
        coverage = probability(found, fitted.covered)
        by_passage = fuse(whitened, bm25, fitted.sparse_weight)
        matches = []
        for row in order[:k]:
            own = np.flatnonzero(among.owners == row)
            near = among.places[own[np.argsort(-by_passage[own], kind="stable")[:NEAR_PASSAGES]]]
            first, *others = (self._passages[place] for place in near)
            matches.append(Match(among.ids[row], float(fused[row]), first, tuple(others)))
        confidence = probability(found, fitted.right)
        return Ranking(tuple(matches), confidence, coverage >= fitted.threshold, coverage, found)

    def _select(self, collection: str | None) -> _Members:
        """The entries of the collection; all, if none is named."""
        rows: dict[str, int] = {}
        places, owners = [], []
        for place, passage in enumerate(self._passages):
            if collection in (None, passage.collection):
                places.append(place)
                owners.append(rows.setdefault(passage.entry_id, len(rows)))
        return _Members(list(rows), np.array(places, np.intp), np.array(owners, np.intp))


class KeywordRetriever:
    """A real retriever without a model: the share of the query's longer words that an entry holds. For tests."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._words = [{word for passage in passages(entry) for word in _words(passage.text)} for entry in entries]

    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        asked = _words(query) or {""}
        matches = [
            Match(entry.id, len(asked & words) / len(asked), next(passages(entry)))
            for entry, words in zip(self._entries, self._words, strict=True)
            if collection in (None, entry.collection)
        ]
        matches.sort(key=lambda match: -match.score)
        best = matches[0].score if matches else 0.0
        return Ranking(tuple(matches[:k]), best, covered=best > 0, coverage=best)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", text.lower()))
