"""Finds the entries for a query: the protocol, the hybrid retriever, and a small one without a model."""

import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from corpus.entry import Entry
from index.classifier import Classifier
from index.dense import DenseIndex
from index.encoder import Encoder
from index.fusion import (
    Calibration,
    Floats,
    Parts,
    Scores,
    features,
    fuse,
    pooled,
    probability,
    scaled,
    shipped_calibration,
)
from index.members import Members, select
from index.passage import Passage, passages
from index.reduction import reduced
from index.sparse import SparseIndex, grams
from index.spelling import Speller
from index.teaching import EVERYTHING, teach
from index.whitening import fit_whitening

NEAR_PASSAGES = 6
"""How many passages of an entry a match names."""

UNFITTED_THRESHOLD = 0.9
"""The lowest threshold for a model that the calibration was not fitted for."""

Outcome = Literal["answered", "partly", "not_covered"]


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
        sure: from this confidence on, the first match needs no reservation.
        beside: what the query seems to be about where that is no entry searched: a topic of the background, or
            ``entry:`` and the id of an entry of another collection.
    """

    matches: tuple[Match, ...]
    confidence: float
    covered: bool
    coverage: float = 0.0
    features: Floats | None = None
    sure: float = 0.5
    beside: str | None = None

    @property
    def outcome(self) -> Outcome:
        """*answered*; *partly*, where the first match may be a neighbour of the right one; or *not_covered*."""
        if not (self.covered and self.matches):
            return "not_covered"
        return "answered" if self.confidence >= self.sure else "partly"


@runtime_checkable
class Retriever(Protocol):
    @property
    def is_calibrated(self) -> bool:
        """Whether its confidence was fitted for the embedding model in use."""
        ...

    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        """The ``k`` best entries (fewer only where there are fewer), of one collection if it is named."""
        ...


class HybridRetriever:
    """Whitened cosine and BM25 over all passages, pooled, and a classifier, fused into one score an entry.

    Args:
        classifiers: by collection, as :func:`index.teaching.teach` makes them; without them they are taught here,
            by the passages alone.
        model: the embedding model; ``None`` for the one of the calibration.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        dense: DenseIndex,
        encoder: Encoder,
        calibration: Calibration | None = None,
        *,
        classifiers: Mapping[str, Classifier] | None = None,
        model: str | None = None,
    ) -> None:
        self.calibration = calibration or shipped_calibration()
        self._model = model
        self._passages = passages
        self._dense = dense
        self.encoder = encoder
        self._sparse = SparseIndex([passage.text for passage in passages])
        everything = select(passages)
        vectors = dense.vectors()
        self._whitening = fit_whitening(vectors, everything.owners)
        self._whitened = DenseIndex(self._whitening.apply(vectors))
        named = {passage.collection for passage in passages}
        self._members: dict[str | None, Members] = {None: everything} | {name: select(passages, name) for name in named}
        self._classifiers = classifiers or teach(passages, vectors, ())
        beside = (text for classifier in self._classifiers.values() for text in classifier.texts)
        self._speller = Speller((passage.text for passage in passages), encoder.knows, beside)

    @property
    def is_calibrated(self) -> bool:
        """Whether the calibration was fitted for the embedding model; ``python -m eval fit`` makes it so."""
        return self._model in (None, self.calibration.model)

    @property
    def threshold(self) -> float:
        """From this probability of being covered on, a query is answered."""
        return self.calibration.threshold if self.is_calibrated else max(self.calibration.threshold, UNFITTED_THRESHOLD)

    def entry_ids(self, collection: str | None = None) -> list[str]:
        """The entries of a collection that there is, in the order of :meth:`parts`."""
        return self._members[collection].ids

    def calibrated(self, calibration: Calibration) -> "HybridRetriever":
        """The same retriever with other numbers."""
        other = copy(self)
        other.calibration = calibration
        return other

    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        return self.rank(query, self.scores(query), k=k, collection=collection)

    def scores(self, query: str) -> Scores:
        """What each part says of every passage."""
        text = self._speller.mended(reduced(query))
        vector = self.encoder.encode([text])[0]
        return Scores(
            text=text,
            vector=vector,
            cosines=self._dense.scores(vector),
            whitened=self._whitened.scores(self._whitening.apply(vector)),
            bm25=self._sparse.scores(text),
        )

    def parts(self, scores: Scores, collection: str | None = None) -> Parts:
        """What each part says of every entry of a collection that there is."""
        among, depth = self._members[collection], self.calibration.depth
        cosines = scores.cosines[among.places]
        judged = self.classifier(collection).judge(scores.text, scores.vector, cosines)
        return Parts(
            whitened=pooled(scores.whitened[among.places], among.owners, depth),
            bm25=pooled(scores.bm25[among.places], among.owners, depth),
            taught=judged.entries,
            beside=judged.beside,
            name=judged.name,
            cosine=float(cosines.max()),
            grams=len(set(grams(scores.text))),
        )

    def rank(self, query: str, scores: Scores, *, k: int, collection: str | None = None) -> Ranking:
        """What :meth:`search` makes of the scores of all passages."""
        fitted, among = self.calibration, self._members.get(collection)
        if among is None:
            return Ranking((), 0.0, covered=False)
        parts = self.parts(scores, collection)
        fused = fuse(parts.whitened, parts.bm25, parts.taught, fitted)
        order = np.argsort(-fused, kind="stable")
        found = features(order, fused, parts, fitted.sharpness)
        coverage, confidence = probability(found, fitted.covered), probability(found, fitted.right)
        best = self._best_passages(scores, among, order[:k])
        return Ranking(
            matches=tuple(
                Match(among.ids[row], float(fused[row]), near[0], tuple(near[1:])) for row, near in best.items()
            ),
            confidence=confidence,
            covered=coverage >= self.threshold,
            coverage=coverage,
            features=found,
            sure=fitted.sure,
            beside=parts.name if parts.beside > parts.taught.max() else None,
        )

    def classifier(self, collection: str | None = None) -> Classifier:
        """The one of a collection, or of all of them together."""
        if collection is None and EVERYTHING not in self._classifiers:  # there is one collection only
            return next(iter(self._classifiers.values()))
        return self._classifiers[collection or EVERYTHING]

    def _best_passages(self, scores: Scores, among: Members, rows: NDArray[np.intp]) -> dict[int, list[Passage]]:
        """The passages of each of these entries that are nearest to the query; phrasings are never shown."""
        sparse = self.calibration.sparse_weight
        near = (1 - sparse) * scores.whitened[among.places] + sparse * scaled(scores.bm25[among.places])
        best = {}
        for row in rows.tolist():
            own = np.flatnonzero(among.owners == row)
            ordered = (self._passages[among.places[place]] for place in own[np.argsort(-near[own], kind="stable")])
            best[row] = list(islice((one for one in ordered if one.kind != "phrasing"), NEAR_PASSAGES))
        return best


class KeywordRetriever:
    """A real retriever without a model: the share of the query's longer words that an entry holds. For tests."""

    is_calibrated = True

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
