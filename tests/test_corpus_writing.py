"""Files that are written whole or not at all."""

import errno
from pathlib import Path

import pytest

from corpus.writing import write_whole


def test_files_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_whole({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"1", "b": b"2"}


@pytest.mark.parametrize("hard_links", [True, False])
def test_file_that_is_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool) -> None:
    if not hard_links:

        def none(*_: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr("corpus.writing.os.link", none)
    (tmp_path / "b").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        write_whole({tmp_path / "b": b"2"})
    write_whole({tmp_path / "c": b"3"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"b": b"mine", "c": b"3"}


def test_file_is_replaced_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    write_whole({tmp_path / "a": b"1"}, replace=True)
    assert (tmp_path / "a").read_bytes() == b"1"


def test_no_file_is_put_in_place_before_all_are_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_whole({tmp_path / "a": b"1", tmp_path / "missing" / "b": b"2"})
    assert list(tmp_path.iterdir()) == []
