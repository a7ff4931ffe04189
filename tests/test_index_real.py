"""The real index: the bundled model, exported and searched without torch."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpus.reading import BUNDLED, read_entries
from index import BUNDLED_MODEL, embedder
from index.embedder import Embedder, ModelUnusable
from index.encoder import OnnxEncoder
from index.fusion import shipped_calibration
from index.store import index_fault, open_index
from service.settings import Settings

pytestmark = pytest.mark.integration

TEXTS = ("How do I clear gradients?", "nn.CrossEntropyLoss", "ünïcödé 日本", "", "word " * 600)


def test_the_exported_encoder_gives_the_models_own_vectors(state_folder: Path) -> None:
    exported = OnnxEncoder(state_folder / "index" / "encoder").encode(TEXTS)
    own = Embedder(BUNDLED_MODEL).embed(TEXTS)
    assert (exported * own).sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert np.linalg.norm(exported, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_lone_surrogate_does_not_break_the_encoder(state_folder: Path) -> None:
    assert OnnxEncoder(state_folder / "index" / "encoder").encode(["a \ud800 b"]).shape == (1, 384)


def test_answering_a_query_imports_neither_torch_nor_transformers(state_folder: Path) -> None:
    program = """
import json, sys
from corpus.reading import BUNDLED, read_entries
import index.encoder, index.retriever, index.store
entries = tuple(entry for entry in read_entries(BUNDLED) if not entry.draft)
folder = index.store.Path(sys.argv[1])
found = index.store.open_index(entries, folder, model="bundled").search("What does zero_grad do?", k=3)
heavy = [name for name in ("torch", "transformers", "sentence_transformers", "sklearn") if name in sys.modules]
print(json.dumps({"heavy": heavy, "first": found.matches[0].entry_id, "covered": found.covered}))
"""
    done = subprocess.run([sys.executable, "-c", program, str(state_folder / "index")], capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert (found["heavy"], found["first"], found["covered"]) == ([], "optimizer-setup", True)


def test_the_built_index_fits_the_bundled_corpus(state_folder: Path) -> None:
    entries = tuple(entry for entry in read_entries(BUNDLED) if not entry.draft)
    folder = state_folder / "index"
    assert index_fault(entries, folder, model=BUNDLED_MODEL) is None
    assert open_index(entries, folder, model=BUNDLED_MODEL).calibration == shipped_calibration()
    assert shipped_calibration().model == Settings().embedding_model


def test_weights_that_are_not_the_published_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "BUNDLED_SHA256", "0" * 64)
    with pytest.raises(ModelUnusable, match="not the published ones"):
        Embedder(BUNDLED_MODEL)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="cannot be loaded"):
        Embedder(str(tmp_path))


def test_an_export_that_encodes_otherwise_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Embedder(BUNDLED_MODEL)
    monkeypatch.setattr(embedder, "MIN_COSINE", 1.1)
    with pytest.raises(ModelUnusable, match="differs from the model"):
        model.export(tmp_path)
