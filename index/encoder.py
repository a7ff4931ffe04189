"""A query to its vector, without torch: onnxruntime and tokenizers.

::

    TutorError
    └── EncoderUnusable    the exported encoder cannot be loaded
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.errors import TutorError

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"

Vectors = NDArray[np.float32]


class EncoderUnusable(TutorError):
    """The encoder's files cannot be loaded."""


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimension), each of length 1."""
        ...

    def knows(self, word: str) -> bool:
        """Whether ``word``, in lower case, is a word of the encoder's vocabulary."""
        ...


class OnnxEncoder:
    """The encoder that :mod:`index.embedder` exported into ``folder``; one thread, one text at a time.

    Raises:
        EncoderUnusable: a file is missing or broken.
    """

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            self._session = onnxruntime.InferenceSession(
                str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise bare Exceptions
            raise EncoderUnusable(f"the query encoder in {folder} cannot be loaded ({error})") from error
        self._inputs = [node.name for node in self._session.get_inputs()]
        self.dimension: int = self._session.get_outputs()[0].shape[-1]

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.concatenate([self._encode_one(text) for text in texts])

    def knows(self, word: str) -> bool:
        return self._tokenizer.token_to_id(word) is not None

    def _encode_one(self, text: str) -> Vectors:
        encoding = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"))  # lone surrogates break it
        rows = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        feed = {name: np.array([rows[name]], dtype=np.int64) for name in self._inputs}
        vectors: Vectors = self._session.run(None, feed)[0]
        return vectors


class HashingEncoder:
    """A real encoder without a model: words hashed into a fixed number of places. For tests."""

    dimension = 256

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()) or [""]:
                vectors[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimension] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def knows(self, word: str) -> bool:
        return False
