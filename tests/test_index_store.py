"""The index on disk: what does not fit is refused with its reason; a build never leaves half an index."""

import errno
import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from corpus.entry import Entry
from index import store
from index.dense import DenseIndex
from index.encoder import HashingEncoder, Vectors
from index.store import FILES, MANIFEST, IndexUnusable, build_index, corpus_hash, index_fault, open_index

MODEL = "small"


class SmallEmbedder:
    """Embeds by hashing; its exported encoder is two files of text."""

    exports = 0
    before_embedding: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self, model: str) -> None:
        self._model = model

    def embed(self, texts: Sequence[str]) -> Vectors:
        type(self).before_embedding()
        return HashingEncoder().encode(texts)

    def export(self, folder: Path) -> None:
        type(self).exports += 1
        for name in (store.MODEL_FILE, store.TOKENIZER_FILE):
            (folder / name).write_text(self._model)


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "Embedder", SmallEmbedder)
    monkeypatch.setattr(store, "OnnxEncoder", lambda folder: HashingEncoder())
    monkeypatch.setattr(SmallEmbedder, "exports", 0)


@pytest.fixture
def folder(tmp_path: Path, entries: tuple[Entry, ...]) -> Path:
    """A built index."""
    build(entries, tmp_path / "index")
    return tmp_path / "index"


def build(entries: Sequence[Entry], folder: Path, model: str = MODEL) -> list[str]:
    told: list[str] = []
    build_index(entries, folder, model=model, report=told.append)
    return told


def test_a_built_index_fits_and_answers(folder: Path, entries: tuple[Entry, ...]) -> None:
    assert index_fault(entries, folder, model=MODEL) is None
    opened = open_index(entries, folder, model=MODEL)
    assert opened.search("save a model", k=1).matches[0].entry_id == "save"


def test_the_manifest_names_the_checksum_of_every_file(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    assert set(manifest["files"]) == set(FILES)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} == {*FILES, MANIFEST}


def test_an_absent_index_is_told(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    assert index_fault(entries, tmp_path / "none", model=MODEL) == "there is none yet"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["truncated", "absent", "foreign"])
def test_a_file_that_is_not_what_was_written_is_refused(
    name: str, harm: str, folder: Path, entries: tuple[Entry, ...]
) -> None:
    path = folder / name
    if harm == "absent":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] if harm == "truncated" else b"\x80\x04.")
    reason = index_fault(entries, folder, model=MODEL)
    assert reason is not None
    assert Path(name).name in reason
    with pytest.raises(IndexUnusable, match="torchtutor index build"):
        open_index(entries, folder, model=MODEL)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"format": 1}', '{"files": 3}', "\x00"])
def test_a_manifest_of_another_program_is_refused(text: str, folder: Path, entries: tuple[Entry, ...]) -> None:
    (folder / MANIFEST).write_text(text)
    assert index_fault(entries, folder, model=MODEL) == "its manifest is broken or of another program"


def test_a_manifest_whose_files_are_no_table_is_refused(folder: Path, entries: tuple[Entry, ...]) -> None:
    change_manifest(folder, files=["passages.json"])
    assert index_fault(entries, folder, model=MODEL) == "its manifest is broken or of another program"


def test_a_manifest_that_is_no_text_is_refused(folder: Path, entries: tuple[Entry, ...]) -> None:
    (folder / MANIFEST).write_bytes(b"\xff\xfe\xff")
    assert "manifest cannot be read" in str(index_fault(entries, folder, model=MODEL))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"format": 0}, "format 0"), ({"model": "other"}, "model 'other'"), ({"corpus": "0"}, "corpus has changed")],
)
def test_an_older_or_other_index_is_refused(
    changed: dict, reason: str, folder: Path, entries: tuple[Entry, ...]
) -> None:
    change_manifest(folder, **changed)
    assert reason in str(index_fault(entries, folder, model=MODEL))


def change_manifest(folder: Path, **changed: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def test_only_what_is_searched_counts_as_a_change_of_the_corpus(entries: tuple[Entry, ...]) -> None:
    unseen = (replace(entries[0], references=("a page",)), entries[1])
    seen = (replace(entries[0], symptoms=("loss is nan",)), entries[1])
    assert corpus_hash(unseen) == corpus_hash(entries)
    assert corpus_hash(seen) != corpus_hash(entries)


def test_a_rebuild_uses_the_exported_encoder_again(folder: Path, entries: tuple[Entry, ...]) -> None:
    told = build(entries[:1], folder)
    assert SmallEmbedder.exports == 1
    assert not any("Exporting" in line for line in told)
    assert index_fault(entries[:1], folder, model=MODEL) is None


def test_the_encoder_is_exported_anew_for_another_model(folder: Path, entries: tuple[Entry, ...]) -> None:
    build(entries, folder, model="other")
    assert SmallEmbedder.exports == 2
    assert index_fault(entries, folder, model="other") is None


@pytest.mark.parametrize("name", store.ENCODER_FILES)
@pytest.mark.parametrize("absent", [True, False])
def test_the_encoder_is_exported_anew_where_it_is_harmed(
    name: str, absent: bool, folder: Path, entries: tuple[Entry, ...]
) -> None:
    (folder / name).unlink() if absent else (folder / name).write_text("harmed")
    build(entries, folder)
    assert SmallEmbedder.exports == 2
    assert index_fault(entries, folder, model=MODEL) is None


def test_two_builds_at_once_leave_one_whole_index(
    tmp_path: Path, entries: tuple[Entry, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = 4
    barrier = Barrier(builds)
    monkeypatch.setattr(SmallEmbedder, "before_embedding", staticmethod(barrier.wait))
    with ThreadPoolExecutor(builds) as pool:
        running = [pool.submit(build, entries, tmp_path / "index") for _ in range(builds)]
        assert [future.exception(30) for future in running] == [None] * builds
    assert index_fault(entries, tmp_path / "index", model=MODEL) is None
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_a_build_that_is_overtaken_between_its_renames_still_ends(
    folder: Path, entries: tuple[Entry, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    rename, overtaken = Path.rename, []

    def overtake(path: Path, target: Path) -> Path:
        if path.name == "index" and target == folder and not overtaken:
            overtaken.append(shutil.copytree(tmp_path / "copy", folder))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", overtake)
    build(entries[:1], folder)
    assert overtaken == [folder]
    assert index_fault(entries[:1], folder, model=MODEL) is None


def test_a_failed_build_leaves_the_index_that_was_there(
    folder: Path, entries: tuple[Entry, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: DenseIndex, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(DenseIndex, "write", full)
    with pytest.raises(IndexUnusable, match=rf"cannot write the index into {folder}: No space left on device"):
        build(entries[:1], folder)
    assert index_fault(entries, folder, model=MODEL) is None
    assert [path.name for path in folder.parent.iterdir()] == ["index"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexUnusable, match="cannot write the index"):
        build(entries, tmp_path / "file" / "index")


def test_an_index_of_no_entry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="no entry"):
        build((), tmp_path / "index")
