"""The one file that knows faiss: inner product over unit vectors, which is the cosine.

Up to :data:`APPROXIMATE_FROM` passages every one is compared; beyond, only those in the cells nearest to the query
(IVF). ``python -m eval.bench.dense`` measures where that pays.
"""

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors

Scores = NDArray[np.float32]

APPROXIMATE_FROM = 40_000
"""Where comparing with every passage takes 6 ms on one core; a query does so twice."""

CELLS_PER_ROOT = 2
PROBED = 24
CANDIDATES = 2000
TRAINED_ON = 50_000
SEED = 1


class DenseIndex:
    """The vectors of all passages, in their order."""

    def __init__(self, vectors: Vectors, *, approximate_from: int = APPROXIMATE_FROM) -> None:
        given = np.ascontiguousarray(vectors, np.float32)
        self._index: Any = faiss.IndexFlatIP(given.shape[1])
        if len(given) >= approximate_from:
            self._index = _cells(given)
        self._index.add(given)

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def is_approximate(self) -> bool:
        return isinstance(self._index, faiss.IndexIVF)

    def vectors(self) -> Vectors:
        """The vectors as they were given, shape (size, dimension)."""
        found: Vectors = self._index.reconstruct_n(0, self.size)
        return found

    def scores(self, vector: Vectors) -> Scores:
        """The cosine of ``vector``, shape (dimension,), with every passage: shape (size,).

        Passages that an approximate index does not look at have the lowest cosine that was found.
        """
        wanted = CANDIDATES if self.is_approximate else self.size
        found, order = self._index.search(np.ascontiguousarray(vector[None], np.float32), wanted)
        hits = order[0] >= 0
        scores = np.full(self.size, found[0][hits].min(initial=1.0), np.float32)
        scores[order[0][hits]] = found[0][hits]
        return scores

    def write(self, path: Path) -> None:
        # serialised here, not by faiss's own writer, so that a full disk raises an OSError with its reason
        path.write_bytes(faiss.serialize_index(self._index).tobytes())

    @classmethod
    def read(cls, path: Path) -> "DenseIndex":
        """The index in ``path``, whose checksum the caller has verified: faiss trusts what it reads."""
        index = cls.__new__(cls)
        index._index = faiss.deserialize_index(np.frombuffer(path.read_bytes(), np.uint8))
        if index.is_approximate:
            index._index.make_direct_map()
        return index


def _cells(vectors: Vectors) -> Any:
    """An index trained on ``vectors``, still without them."""
    dimension = vectors.shape[1]
    cells = min(int(CELLS_PER_ROOT * len(vectors) ** 0.5), max(1, len(vectors) // 39))
    index: Any = faiss.index_factory(dimension, f"IVF{cells},Flat", faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = SEED
    index.nprobe = min(PROBED, cells)
    some = np.random.default_rng(SEED).permutation(len(vectors))[:TRAINED_ON]
    index.train(vectors[np.sort(some)])
    index.make_direct_map()
    return index
