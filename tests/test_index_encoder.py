"""Encoders, and the vectors that FAISS keeps."""

from pathlib import Path

import numpy as np
import pytest

from index.dense import DenseIndex
from index.encoder import MODEL_FILE, TOKENIZER_FILE, EncoderUnusable, HashingEncoder, OnnxEncoder


def test_the_small_encoder_gives_unit_vectors_that_share_words() -> None:
    vectors = HashingEncoder().encode(["save a model", "load a model", "", "tie knots"])
    assert vectors.shape == (4, HashingEncoder.dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[3]


def test_an_encoder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnusable, match="cannot be loaded"):
        OnnxEncoder(tmp_path)


def test_a_broken_encoder_is_told(tmp_path: Path) -> None:
    for name in (MODEL_FILE, TOKENIZER_FILE):
        (tmp_path / name).write_bytes(b"not this")
    with pytest.raises(EncoderUnusable, match=str(tmp_path)):
        OnnxEncoder(tmp_path)


def test_vectors_are_scored_in_their_order_and_given_back(tmp_path: Path) -> None:
    vectors = HashingEncoder().encode(["save a model", "tie knots", "load a model"])
    dense = DenseIndex(vectors)
    assert dense.scores(vectors[1]) == pytest.approx(vectors @ vectors[1])
    dense.write(tmp_path / "vectors")
    again = DenseIndex.read(tmp_path / "vectors")
    assert (again.size, again.dimension) == (3, HashingEncoder.dimension)
    assert (again.vectors() == vectors).all()
