"""Entries of the operator's own folders, beside the bundled ones."""

from pathlib import Path

import pytest

from corpus.document import import_document
from corpus.entry import Snippet
from corpus.errors import CorpusError, TutorError
from corpus.reading import BUNDLED, bundled_ids, read_entries
from service.channels import console
from service.memory import Memory
from service.sandbox import Limits, Program, Verdict
from service.settings import Settings
from service.verify import LIMITS
from service.wiring import CollectionTaken, build_verifier, corpus_entries

DOCUMENT = "1. **Where is the data?**\n\n   On the share.\n\n2. **Who pays?**\n\n   It is paid by the\n"


def folder_of(tmp_path: Path, name: str, collection: str = "team") -> Path:
    (tmp_path / "notes.md").write_text(DOCUMENT)
    import_document(tmp_path / "notes.md", tmp_path / name, collection)
    return tmp_path / name


def test_without_folders_the_bundled_entries_are_served() -> None:
    assert {entry.id for entry in corpus_entries(Settings())} == bundled_ids()


def test_folder_is_served_as_a_collection_of_its_own_without_its_drafts(tmp_path: Path) -> None:
    served = corpus_entries(Settings(corpus_folders=(folder_of(tmp_path, "out"),)))
    assert [entry.id for entry in served if entry.collection == "team"] == ["team-01"]
    assert len(served) == len(bundled_ids()) + 1


def test_folders_are_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUTOR_CORPUS_FOLDERS", f'["{folder_of(tmp_path, "out")}"]')
    assert "team-01" in {entry.id for entry in corpus_entries()}


def test_list_that_is_not_json_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUTOR_CORPUS_FOLDERS", "/srv/notes")
    with pytest.raises(TutorError, match=r"corpus_folders.*write a list as JSON"):
        console.settings()


def test_links_may_lead_from_a_folder_to_the_bundled_entries(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "out")
    path = folder / "team-01.md"
    path.write_text(path.read_text().replace("topic:", "see_also: [no-grad]\ntopic:"))
    assert "team-01" in {entry.id for entry in corpus_entries(Settings(corpus_folders=(folder,)))}


@pytest.mark.parametrize("collections", [("interview",), ("team", "team")])
def test_collection_that_belongs_to_others_is_told(tmp_path: Path, collections: tuple[str, ...]) -> None:
    folders = [folder_of(tmp_path, str(place), name) for place, name in enumerate(collections)]
    last = folders[-1]
    for path in last.iterdir():  # other ids and numbers: the name of the collection alone is in the way
        text = path.read_text().replace("number: ", "number: 10")
        path.with_name(f"other-{path.name}").write_text(text.replace(f"id: {path.stem}", f"id: other-{path.stem}"))
        path.unlink()
    with pytest.raises(CollectionTaken, match=f"'{collections[-1]}' of {last} is already that of"):
        corpus_entries(Settings(corpus_folders=tuple(folders)))


def test_faults_of_a_folder_are_told_with_their_file(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    with pytest.raises(CorpusError, match=rf"{tmp_path}/a\.md:1: no front matter"):
        corpus_entries(Settings(corpus_folders=(tmp_path,)))
    with pytest.raises(CorpusError, match="no entry files here"):
        corpus_entries(Settings(corpus_folders=(tmp_path / "missing",)))


def test_code_that_did_not_come_with_torchtutor_is_run_as_a_strangers(memory: Memory) -> None:
    granted: dict[str, tuple[Limits, bool]] = {}

    def run(program: Program, limits: Limits) -> Verdict:
        granted[program.code] = (limits, program.curated)
        raise InterruptedError

    verifier = build_verifier(Settings(run_seconds=3), memory, run)
    for code, name in (("ours", "no-grad"), ("theirs", "team-01")):
        with pytest.raises(InterruptedError):
            verifier.check(Snippet(f"{name}#code-1", code))
    assert granted == {"ours": (LIMITS, True), "theirs": (Limits(seconds=3), False)}


def test_bundled_ids_are_those_of_the_bundled_entries() -> None:
    assert bundled_ids() == {entry.id for entry in read_entries(BUNDLED)}
