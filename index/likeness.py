"""How alike two questions are: in meaning, and in what the classifier takes them for.

The encoder alone puts most of what is asked about PyTorch near together. The classifier was taught which words and
meanings tell the entries and the topics of the background apart, so that two questions which it takes for the same ask
about the same far more often, also where no entry covers them.
"""

from collections.abc import Sequence

import numpy as np

from index.encoder import Vectors
from index.retriever import HybridRetriever

MEANING = 0.6
"""The share of the meaning; what the classifier says has the rest. Chosen on the development queries, with
:data:`service.gaps.NEAR`, by ``python -m eval.gaps``; 0.5 serves about as well."""


def described(texts: Sequence[str], retriever: HybridRetriever) -> Vectors:
    """One vector a text, by whose cosines they can be compared; shape (texts, dimension + classes)."""
    classifier = retriever.classifier()
    taken = []
    for text in texts:
        scores = retriever.scores(text)
        taken.append(np.clip(classifier.scores(scores.text, scores.vector, scores.cosines), 0, None))
    meant = retriever.encoder.encode(list(texts))
    weighted = (np.sqrt(MEANING) * meant, np.sqrt(1 - MEANING) * _unit(np.stack(taken)))
    return np.hstack(weighted).astype(np.float32)


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float32)
    lengths[lengths == 0] = 1
    found: Vectors = vectors / lengths
    return found
