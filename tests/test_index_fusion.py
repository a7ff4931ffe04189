"""Pooling, fusion and calibration; the arithmetic by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from index.fusion import FEATURES, Calibration, Parts, features, fuse, pooled, probability, shipped_calibration


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_an_entry_has_the_mean_of_its_best_passages() -> None:
    scores, owners = floats(0.9, 0.1, 0.5, 0.7, 0.3), np.array([0, 0, 0, 1, 1])
    assert pooled(scores, owners, 1) == pytest.approx([0.9, 0.7])
    assert pooled(scores, owners, 2) == pytest.approx([0.7, 0.5])


def test_an_entry_with_few_passages_has_the_mean_of_them_all() -> None:
    assert pooled(floats(0.8, 0.2, 0.4), np.array([0, 1, 1]), 5) == pytest.approx([0.8, 0.3])


@given(
    hnp.arrays(np.float32, 12, elements=st.floats(-1, 1, width=32)),
    hnp.arrays(np.int64, 8, elements=st.integers(0, 3)),
    st.integers(1, 6),
)
def test_pooling_is_the_plain_definition_in_any_order(scores: np.ndarray, owners: np.ndarray, depth: int) -> None:
    owners = np.concatenate([[0, 1, 2, 3], owners])
    expected = [np.sort(scores[owners == entry])[::-1][:depth].mean() for entry in range(4)]
    assert pooled(scores, owners, depth) == pytest.approx(expected, abs=1e-5)


SMALL = Calibration(0.2, 0.3, 1, 10.0, (0.0,), (0.0,), 0.5, 0.5, "small")


def test_the_parts_count_by_their_weights_and_bm25_relative_to_its_highest() -> None:
    assert fuse(floats(0.5, 1.0), floats(8.0, 4.0), floats(1.0, 0.0), SMALL) == pytest.approx([0.75, 0.6])


def test_without_any_shared_gram_bm25_counts_nothing() -> None:
    assert fuse(floats(0.5, 1.0), floats(0, 0), floats(0, 0), SMALL) == pytest.approx([0.25, 0.5])


def parts(whitened: np.ndarray, bm25: np.ndarray) -> Parts:
    return Parts(whitened, bm25, taught=floats(0.3, 0.9, 0.1)[: len(bm25)], beside=0.4, name="x", cosine=0.8, grams=0)


def test_the_features_are_those_that_are_named() -> None:
    told = parts(floats(0.1, 0.5, 0.4), floats(0.0, np.e - 1, 3.0))
    found = features(np.array([1, 2, 0]), floats(0.2, 0.7, 0.6), told, sharpness=0.0)
    assert found == pytest.approx([0.5, 1.0, 0.1, 1 / 3, 0.8, 0.0, 0.9, 0.4])
    assert len(found) == len(FEATURES)


def test_the_share_of_the_first_entry_grows_with_its_lead() -> None:
    told = parts(floats(0.5, 0.4), floats(0, 0))
    shares = [features(np.array([0, 1]), floats(lead, 0.0), told, sharpness=10.0)[3] for lead in (0.0, 0.1, 1.0)]
    assert shares == pytest.approx([0.5, 1 / (1 + np.exp(-1)), 1.0], abs=1e-4)


def test_a_single_entry_leads_by_its_whole_score() -> None:
    found = features(np.array([0]), floats(0.7), parts(floats(0.5), floats(0)), sharpness=1.0)
    assert found[2:4] == pytest.approx([0.7, 1.0])


def test_a_probability_is_the_logistic_function() -> None:
    assert probability(floats(1.0, 2.0), (3.0, -1.0, -1.0)) == pytest.approx(0.5)
    assert probability(floats(1.0, 2.0), (3.0, -1.0, 1.0)) == pytest.approx(1 / (1 + np.exp(-2)))


def test_the_shipped_calibration_fits_the_features() -> None:
    shipped = shipped_calibration()
    assert len(shipped.covered) == len(shipped.right) == len(FEATURES) + 1
    assert 0 < shipped.threshold < 1
    assert 0 < shipped.sparse_weight < 1
    assert 0 < shipped.taught_weight < 1 - shipped.sparse_weight
    assert 0 < shipped.sure < 1
    assert shipped.depth >= 1
