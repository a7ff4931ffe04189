"""The index on disk: a folder of data whose manifest is written last; what does not match is refused with the reason.

::

    index/
    ├── manifest.json     format, model, dimension, hash of the corpus, checksums of the files below
    ├── passages.json     what is searched
    ├── vectors.faiss     their vectors
    ├── classifiers.npz   what the classifiers learned from them, and
    ├── classifiers.json  what its numbers stand for
    └── encoder/          model.onnx and tokenizer.json: the query encoder

    TutorError
    └── IndexUnusable     the index is missing, broken, of another corpus or model, or cannot be written

A build writes a folder of its own beside and renames it into place. Nothing is ever unpickled.
"""

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.entry import Entry
from corpus.errors import TutorError
from index.dense import DenseIndex
from index.embedder import Embedder
from index.encoder import MODEL_FILE, TOKENIZER_FILE, OnnxEncoder
from index.passage import Passage, passages
from index.retriever import HybridRetriever
from index.teaching import read_classifiers, teach, write_classifiers
from index.wordings import background

FORMAT = 2
RENAMES = 10
MANIFEST = "manifest.json"
PASSAGES = "passages.json"
VECTORS = "vectors.faiss"
CLASSIFIERS = "classifiers.npz"
CLASSES = "classifiers.json"
ENCODER_FILES = (f"encoder/{MODEL_FILE}", f"encoder/{TOKENIZER_FILE}")
FILES = (PASSAGES, VECTORS, CLASSIFIERS, CLASSES, *ENCODER_FILES)


class IndexUnusable(TutorError):
    """The index cannot be used or written; the message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was built from; ``files`` maps each file to its sha256."""

    format: int
    model: str
    dimension: int
    corpus: str
    files: dict[str, str]


def build_index(entries: Sequence[Entry], folder: Path, *, model: str, report: Callable[[str], None]) -> Manifest:
    """Embed ``entries`` and write the index into ``folder``, in place of what is there.

    The exported encoder of an earlier index of the same model is used again. ``report`` is told each step.

    Raises:
        ModelUnusable: the embedding model cannot be used.
        IndexUnusable: the folder cannot be written, or there is no entry.
    """
    found = [passage for entry in entries for passage in passages(entry)]
    if not found:
        raise IndexUnusable("there is no entry to index: all are drafts")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="index-", dir=folder.parent) as scratch:
            fresh = Path(scratch, "index")
            (fresh / "encoder").mkdir(parents=True)
            report(f"Loading the embedding model '{model}' …")
            embedder = Embedder(model)
            if not _reuse_encoder(folder, fresh, model):
                report("Exporting the query encoder …")
                embedder.export(fresh / "encoder")
            report(f"Embedding {len(found)} passages of {len(entries)} entries …")
            vectors = embedder.embed([passage.text for passage in found])
            dense = DenseIndex(vectors)
            dense.write(fresh / VECTORS)
            report("Teaching the classifiers …")
            beside = [(topic, text) for topic, texts in background().items() for text in texts]
            embedded = embedder.embed([text for _, text in beside])
            classifiers = teach(found, vectors, [(*one, vector) for one, vector in zip(beside, embedded, strict=True)])
            write_classifiers(classifiers, fresh / CLASSIFIERS, fresh / CLASSES)
            _write_json(fresh / PASSAGES, [asdict(passage) for passage in found])
            manifest = Manifest(FORMAT, model, dense.dimension, corpus_hash(entries), _checksums(fresh))
            _write_json(fresh / MANIFEST, asdict(manifest))
            _put_in_place(fresh, folder, Path(scratch))
    except OSError as error:
        raise IndexUnusable(f"cannot write the index into {folder}: {error.strerror or error}") from error
    return manifest


def index_fault(entries: Sequence[Entry], folder: Path, *, model: str) -> str | None:
    """Why the index in ``folder`` must be built anew; ``None`` if it fits."""
    manifest = _manifest(folder)
    if isinstance(manifest, str):
        return manifest
    if manifest.format != FORMAT:
        return f"it has format {manifest.format}, this version reads {FORMAT}"
    if manifest.model != model:
        return f"it was built with the model '{manifest.model}'"
    if manifest.corpus != corpus_hash(entries):
        return "the corpus has changed"
    try:
        broken = [name for name, checksum in _checksums(folder).items() if manifest.files.get(name) != checksum]
    except OSError as error:
        return f"{error.filename} cannot be read: {error.strerror}"
    return f"{broken[0]} is not what was written" if broken else None


def open_index(entries: Sequence[Entry], folder: Path, *, model: str) -> HybridRetriever:
    """The retriever over the index in ``folder``.

    Raises:
        IndexUnusable: it does not fit ``entries`` and ``model``, or is broken.
        EncoderUnusable: its encoder cannot be loaded.
    """
    reason = index_fault(entries, folder, model=model)
    if reason is not None:
        raise IndexUnusable(f"the index in {folder} cannot be used: {reason}; run: torchtutor index build")
    found = [Passage(**row) for row in json.loads((folder / PASSAGES).read_text(encoding="utf-8"))]
    return HybridRetriever(
        found,
        DenseIndex.read(folder / VECTORS),
        OnnxEncoder(folder / "encoder"),
        classifiers=read_classifiers(folder / CLASSIFIERS, folder / CLASSES, found),
        model=model,
    )


def corpus_hash(entries: Sequence[Entry]) -> str:
    """Changes whenever a passage or the background does."""
    found = [*(asdict(passage) for entry in entries for passage in passages(entry)), background()]
    return hashlib.sha256(json.dumps(found, ensure_ascii=False).encode()).hexdigest()


def _manifest(folder: Path) -> Manifest | str:
    """The manifest, or why there is none."""
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        return "there is none yet"
    except (OSError, UnicodeDecodeError) as error:
        return f"its manifest cannot be read: {error}"
    try:
        manifest = Manifest(**json.loads(text))
    except (ValueError, TypeError):
        return "its manifest is broken or of another program"
    return manifest if isinstance(manifest.files, dict) else "its manifest is broken or of another program"


def _checksums(folder: Path) -> dict[str, str]:
    sums = {}
    for name in FILES:
        with (folder / name).open("rb") as file:
            sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def _reuse_encoder(folder: Path, fresh: Path, model: str) -> bool:
    """Copy the encoder of an earlier index of the same format and model, where its checksums fit."""
    manifest = _manifest(folder)
    if isinstance(manifest, str) or (manifest.format, manifest.model) != (FORMAT, model):
        return False
    for name in ENCODER_FILES:
        try:
            shutil.copyfile(folder / name, fresh / name)
        except FileNotFoundError:
            return False
        with (fresh / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != manifest.files.get(name):
                return False
    return True


def _put_in_place(fresh: Path, folder: Path, scratch: Path) -> None:
    """Rename ``fresh`` to ``folder``; where another build is as fast, the one that ends later stays."""
    for attempt in range(RENAMES):
        with suppress(FileNotFoundError):
            folder.rename(scratch / f"old-{attempt}")
        try:
            fresh.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or attempt == RENAMES - 1:
                raise
        else:
            return


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
