"""Tells the entries of a collection apart by all their passages at once, and from what no entry covers; pure.

Scores of single passages see only what is near. A kernel classifier (ridge regression onto one class an entry) also
learns from the passages of the other entries what does *not* tell an entry apart. Texts of the background and
questions of other collections are classes of their own: where they explain a query better than every entry does, it is
a near miss. All of it is computed when the index is built, from texts alone; no query takes part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors
from index.sparse import Floats, GramCosines

DENSE_SHARE = 0.6
"""What the vectors contribute to the kernel; the grams have the rest. 0.6–1.0 serve equally well."""

WIDTH = 0.5
"""Of the kernel over the vectors: exp((cosine - 1) / WIDTH)."""

CONSTANT = 0.05
RIDGE = 0.3
MAX_WEIGHT = 3.0
"""How much more a passage of an entry with few passages may count."""

MAX_TEXTS = 6000
"""The regression takes the square of their number in memory and the cube in time; beyond, passages are left out."""

COVERED = 0.75
"""From this cosine with a question of the collection on, a text of the background is covered by it."""


class Classifier:
    """A classifier for one collection.

    Args:
        taught: the places of the passages it was taught by, among those of the collection.
        background: the vectors of the texts beside them, shape (texts, dimension).
        weights: shape (taught passages + texts, entries + classes beside them).
        entries: how many classes are entries; the others follow them.
        classes: the names of those others.
        texts: the texts beside the passages.
        passages: the texts of the collection's passages.
    """

    def __init__(
        self,
        *,
        taught: NDArray[np.intp],
        background: Vectors,
        weights: Floats,
        entries: int,
        classes: tuple[str, ...],
        texts: tuple[str, ...],
        passages: Sequence[str],
    ) -> None:
        self.taught, self.background, self.weights = taught, background, weights
        self.entries, self.classes, self.texts = entries, classes, texts
        self._grams = GramCosines([*(passages[place] for place in taught), *texts])

    def judge(self, query: str, vector: Vectors, cosines: Floats) -> "Judgement":
        """What it makes of ``query`` with this vector and these cosines with the collection's passages."""
        found = self.scores(query, vector, cosines)
        beside = found[self.entries :]
        if not len(beside):
            return Judgement(found, 0.0, None)
        return Judgement(found[: self.entries], float(beside.max()), self.classes[int(beside.argmax())])

    def scores(self, query: str, vector: Vectors, cosines: Floats) -> Floats:
        """The same as one score a class, the entries first."""
        dense = np.concatenate([cosines[self.taught], self.background @ vector])
        found: Floats = kernel(dense, self._grams.scores(query)) @ self.weights
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What a classifier makes of a query.

    Args:
        entries: the score of each entry, about 0 to 1.
        beside: the highest score of what is no entry of the collection.
        name: the class that has it: a topic of the background, or ``entry:`` and the id of another collection's entry.
    """

    entries: Floats
    beside: float
    name: str | None


def kernel(cosines: Floats, shared: Floats) -> Floats:
    """The likeness of texts, of any shape."""
    likeness: Floats = DENSE_SHARE * np.exp((cosines - 1) / WIDTH) + (1 - DENSE_SHARE) * shared + CONSTANT
    return likeness


def fit_classifier(
    vectors: Vectors, passages: Sequence[str], owners: NDArray[np.intp], beside: Sequence[tuple[str, str, Vectors]]
) -> Classifier:
    """A classifier for the entries of these passages.

    Args:
        vectors: of the passages.
        owners: the number of the entry that each belongs to, from 0 without gaps.
        beside: class, text and vector of what none of the entries covers.
    """
    entries = int(owners.max()) + 1
    taught = _fairly(owners, MAX_TEXTS - min(len(beside), MAX_TEXTS // 2))
    beside = beside[: MAX_TEXTS // 2]
    names = {name: entries + number for number, name in enumerate(dict.fromkeys(name for name, _, _ in beside))}
    classes = np.concatenate([owners[taught], np.array([names[name] for name, _, _ in beside], np.intp)])
    background = np.array([vector for _, _, vector in beside], np.float32).reshape(-1, vectors.shape[1])
    texts = tuple(text for _, text, _ in beside)
    everything = np.concatenate([vectors[taught], background])
    shared = gram_matrix([*(passages[place] for place in taught), *texts])
    likeness = kernel(everything @ everything.T, shared)
    sizes = np.bincount(classes)
    counts = np.minimum(sizes[:entries].mean() / sizes, MAX_WEIGHT)[classes]
    likeness[np.diag_indices_from(likeness)] += (RIDGE / counts).astype(np.float32)
    weights = np.linalg.solve(likeness, np.eye(entries + len(names), dtype=np.float32)[classes])
    return Classifier(
        taught=taught,
        background=background,
        weights=weights.astype(np.float32),
        entries=entries,
        classes=tuple(names),
        texts=texts,
        passages=passages,
    )


def gram_matrix(texts: Sequence[str]) -> Floats:
    """The gram cosine of each text with each."""
    cosines = GramCosines(texts)
    return np.stack([cosines.scores(text) for text in texts])


def _fairly(owners: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """The places of at most ``most`` passages: the first ones of every entry, which are its questions."""
    if len(owners) <= most:
        return np.arange(len(owners))
    seen: dict[int, int] = {}
    rank = np.empty(len(owners), np.intp)
    for place, owner in enumerate(owners.tolist()):
        rank[place] = seen[owner] = seen.get(owner, -1) + 1
    return np.sort(np.argsort(rank, kind="stable")[:most])
