"""Whitening by the scatter within the entries."""

import numpy as np
import pytest

from index.whitening import fit_whitening


def passages(per_entry: int) -> tuple[np.ndarray, np.ndarray]:
    """Three entries that differ in the first two places; the other places are loud noise."""
    centres = np.zeros((3, 8))
    centres[0, 0], centres[1, 1], centres[2, :2] = 0.4, 0.4, -0.4
    noise = np.random.default_rng(0).normal(size=(3, per_entry, 8)) * np.array([0.05, 0.05, *[1.0] * 6])
    vectors = (centres[:, None] + noise).reshape(-1, 8)
    owners = np.repeat(np.arange(3), per_entry)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), owners


def nearest_is_of_the_same_entry(vectors: np.ndarray, owners: np.ndarray) -> float:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    return float((owners[cosines.argmax(axis=1)] == owners).mean())


def test_entries_are_told_apart_better_after_it() -> None:
    vectors, owners = passages(40)
    whitened = fit_whitening(vectors, owners).apply(vectors)
    before, after = (nearest_is_of_the_same_entry(given, owners) for given in (vectors, whitened))
    assert after > before + 0.2


@pytest.mark.parametrize("per_entry", [1, 2, 40])
def test_it_gives_unit_vectors_of_the_same_type_and_shape(per_entry: int) -> None:
    vectors, owners = passages(per_entry)
    whitened = fit_whitening(vectors, owners).apply(vectors)
    assert (whitened.dtype, whitened.shape) == (np.float32, vectors.shape)
    assert np.linalg.norm(whitened, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_mean_itself_becomes_zero_and_not_nan() -> None:
    vectors, owners = passages(1)
    assert not fit_whitening(vectors[:1], owners[:1]).apply(vectors[0]).any()


def test_one_vector_is_mapped_as_in_a_batch() -> None:
    vectors, owners = passages(5)
    whitening = fit_whitening(vectors, owners)
    assert whitening.apply(vectors[3]) == pytest.approx(whitening.apply(vectors)[3], abs=1e-6)
