"""Questions are alike by meaning and by what the classifier takes them for."""

import numpy as np
import pytest

from corpus.entry import Entry
from index.dense import DenseIndex
from index.encoder import HashingEncoder
from index.likeness import described
from index.passage import passages
from index.retriever import HybridRetriever
from index.teaching import teach


@pytest.fixture
def retriever(entries: tuple[Entry, ...]) -> HybridRetriever:
    encoder = HashingEncoder()
    found = [passage for entry in entries for passage in passages(entry)]
    vectors = encoder.encode([passage.text for passage in found])
    aside = [("eggs", text, encoder.encode([text])[0]) for text in ("boil an egg", "fry an egg")]
    return HybridRetriever(found, DenseIndex(vectors), encoder, classifiers=teach(found, vectors, aside))


def test_every_text_has_one_unit_vector(retriever: HybridRetriever) -> None:
    vectors = described(["gradients growing", "boil an egg", ""], retriever)
    assert vectors.shape[0] == 3
    assert np.allclose(np.linalg.norm(vectors[:2], axis=1), 1, atol=1e-5)


def test_two_ways_to_ask_about_one_uncovered_topic_are_more_alike_than_their_words(retriever: HybridRetriever) -> None:
    asked = ["how to boil an egg", "can I fry an egg"]
    plain, ours = retriever.encoder.encode(asked), described(asked, retriever)
    assert ours[0] @ ours[1] > plain[0] @ plain[1]
