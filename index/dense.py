"""The one file that knows faiss: inner product over unit vectors, which is the cosine."""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors

Scores = NDArray[np.float32]


class DenseIndex:
    """The vectors of all passages, in their order."""

    def __init__(self, vectors: Vectors) -> None:
        self._index: faiss.Index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, np.float32))

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def vectors(self) -> Vectors:
        """The vectors as they were given, shape (size, dimension)."""
        found: Vectors = self._index.reconstruct_n(0, self.size)
        return found

    def scores(self, vector: Vectors) -> Scores:
        """The cosine of ``vector``, shape (dimension,), with every passage: shape (size,)."""
        found, order = self._index.search(np.ascontiguousarray(vector[None], np.float32), self.size)
        scores = np.empty(self.size, np.float32)
        scores[order[0]] = found[0]
        return scores

    def write(self, path: Path) -> None:
        # serialised here, not by faiss's own writer, so that a full disk raises an OSError with its reason
        path.write_bytes(faiss.serialize_index(self._index).tobytes())

    @classmethod
    def read(cls, path: Path) -> "DenseIndex":
        """The index in ``path``, whose checksum the caller has verified: faiss trusts what it reads."""
        index = cls.__new__(cls)
        index._index = faiss.deserialize_index(np.frombuffer(path.read_bytes(), np.uint8))
        return index
