"""Every passage is compared while they are few, the nearest cells where they are many."""

from pathlib import Path

import numpy as np
import pytest

from index import dense
from index.dense import DenseIndex


def unit(count: int, dimension: int = 16) -> np.ndarray:
    vectors = np.random.default_rng(0).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


VECTORS = unit(2_500)


def test_few_passages_are_all_compared() -> None:
    index = DenseIndex(VECTORS)
    assert not index.is_approximate
    assert index.scores(VECTORS[3]) == pytest.approx(VECTORS @ VECTORS[3], abs=1e-5)


def test_many_passages_are_looked_up_in_cells_and_the_nearest_are_found() -> None:
    index = DenseIndex(VECTORS, approximate_from=2_000)
    assert index.is_approximate
    exact = VECTORS @ VECTORS[3]
    found = index.scores(VECTORS[3])
    assert found.argmax() == 3
    best = np.argsort(-exact)[:10]
    assert len(set(best.tolist()) & set(np.argsort(-found)[:10].tolist())) >= 8


def test_what_is_not_looked_at_has_the_lowest_cosine_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "CANDIDATES", 5)
    found = DenseIndex(VECTORS, approximate_from=2_000).scores(VECTORS[3])
    assert len(np.unique(found)) == 5
    assert (found == found.min()).sum() == 2_500 - 4


@pytest.mark.parametrize("approximate_from", [2_000, 3_000])
def test_an_index_is_read_as_it_was_written(approximate_from: int, tmp_path: Path) -> None:
    index = DenseIndex(VECTORS, approximate_from=approximate_from)
    index.write(tmp_path / "index")
    again = DenseIndex.read(tmp_path / "index")
    assert (again.size, again.dimension, again.is_approximate) == (2_500, 16, index.is_approximate)
    assert again.vectors() == pytest.approx(VECTORS)
    assert again.scores(VECTORS[7]) == pytest.approx(index.scores(VECTORS[7]))
