"""The file that a new lesson starts from."""

from pathlib import Path

import pytest

from corpus.entry import Entry
from corpus.reading import read_entries
from corpus.template import EntryNotMade, new_entry


def made(folder: Path, entry_id: str = "my-lesson", number: int | None = None, topic: str = "Basics") -> Entry:
    path = new_entry(entry_id, folder, number=number, collection="interview", topic=topic)
    return next(entry for entry in read_entries(folder) if entry.id == path.stem)


def test_template_is_a_draft_with_every_section_that_reads_without_a_fault(tmp_path: Path) -> None:
    entry = made(tmp_path)
    assert (entry.id, entry.number, entry.collection, entry.topic, entry.draft) == (
        "my-lesson", 1, "interview", "Basics", True,
    )  # fmt: skip
    assert all((entry.answer, entry.explanation, entry.code, entry.symptoms, entry.references))
    assert (len(entry.also_asked), len(entry.key_points), len(entry.pitfalls), len(entry.follow_ups)) == (5, 3, 2, 3)


def test_number_is_the_next_of_the_collection(tmp_path: Path) -> None:
    made(tmp_path, "first", number=7)
    assert made(tmp_path, "second").number == 8


def test_topic_may_hold_any_text(tmp_path: Path) -> None:
    assert made(tmp_path, topic="Speed: 'fast' # or \"slow\"").topic == "Speed: 'fast' # or \"slow\""


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "my-lesson.md").write_text("mine")
    with pytest.raises(EntryNotMade, match=r"my-lesson\.md exists already"):
        new_entry("my-lesson", tmp_path, number=1, collection="interview", topic="Basics")
    assert (tmp_path / "my-lesson.md").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["../x", "A", "a b", "", "a/b", "a--b", "a\n"])
def test_id_that_is_no_name_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(EntryNotMade, match="lower-case words"):
        new_entry(name, tmp_path / "new", number=1, collection="interview", topic="Basics")
    assert not (tmp_path / "new").exists()


def test_number_that_is_taken_is_told(tmp_path: Path) -> None:
    made(tmp_path, "first", number=7)
    with pytest.raises(EntryNotMade, match="number 7 of 'interview' is that of 'first'"):
        made(tmp_path, "second", number=7)


def test_number_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "broken.md").write_text("text")
    with pytest.raises(EntryNotMade, match="--number"):
        made(tmp_path)
    assert new_entry("a", tmp_path, number=3, collection="interview", topic="Basics").exists()


def test_empty_topic_and_folder_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(EntryNotMade, match="topic"):
        made(tmp_path, topic=" ")
    (tmp_path / "file").write_text("")
    with pytest.raises(EntryNotMade, match="--out"):
        new_entry("a", tmp_path / "file", number=1, collection="interview", topic="Basics")


@pytest.mark.integration
def test_code_of_the_template_is_as_stated(tmp_path: Path) -> None:
    from service.sandbox import Limits, Program, run
    from service.verify import deviation

    told = [deviation(s, run(Program(s.code), Limits(seconds=60))) for s in made(tmp_path).snippets()]
    assert told == [None] * 5
