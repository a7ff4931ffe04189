"""Vectors in which the differences *within* an entry count less than those *between* entries; pure.

All passages of one subject are alike to a general model: most of a cosine tells only "this is about PyTorch". The
passages of one entry are many ways to say the same, so their scatter about their mean shows which directions do not
tell entries apart. Dividing by it (the within-class whitening of linear discriminant analysis) needs no labels beyond
the corpus itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors

SHRINKAGE = 0.7
"""The share of the scatter that is kept; the rest is spread evenly. Chosen on the development queries: 0.5–0.9 serve
equally well."""


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """A linear map, fitted on the passages.

    Args:
        mean: of all passages, shape (dimension,).
        matrix: shape (dimension, dimension).
    """

    mean: Vectors
    matrix: Vectors

    def apply(self, vectors: Vectors) -> Vectors:
        """Unit vectors of the same shape; 0 for a vector that is the mean."""
        moved = (vectors - self.mean) @ self.matrix
        lengths = np.linalg.norm(moved, axis=-1, keepdims=True)
        return (moved / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def fit_whitening(vectors: Vectors, owners: NDArray[np.intp]) -> Whitening:
    """The whitening for passages with these vectors.

    Args:
        vectors: unit vectors, shape (passages, dimension).
        owners: the number of the entry that each passage belongs to, from 0 without gaps.
    """
    mean = vectors.mean(axis=0)
    sums = np.zeros((int(owners.max()) + 1, vectors.shape[1]), np.float64)
    np.add.at(sums, owners, vectors)
    centres = sums / np.bincount(owners)[:, None]
    apart = vectors - centres[owners]
    scatter = apart.T @ apart / len(vectors)
    even = np.trace(scatter) / len(scatter)
    if even <= 0:  # every entry has one passage: nothing is known of what does not matter
        return Whitening(mean, np.eye(len(scatter), dtype=np.float32))
    shrunk = SHRINKAGE * scatter + (1 - SHRINKAGE) * even * np.eye(len(scatter))
    values, directions = np.linalg.eigh(shrunk)
    return Whitening(mean, ((directions * values**-0.5) @ directions.T).astype(np.float32))
