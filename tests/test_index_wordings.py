"""The lists of texts that are searched and never shown."""

import re
from pathlib import Path

import pytest

from corpus.reading import BUNDLED, read_entries
from eval.qrels import query_sets, read_sets
from index.wordings import background, phrasings, read_wordings


def test_lines_belong_to_the_name_above_them_each_once(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("% told\n\n# a\none\n two \none\n# b\n# a\nthree\n")
    assert read_wordings(path) == {"a": ("one", "two", "three"), "b": ()}


def test_a_line_before_the_first_name_is_told(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("lost\n# a\n")
    with pytest.raises(ValueError, match=r"list\.txt:1: .*before the first"):
        read_wordings(path)


def test_every_bundled_entry_has_phrasings_and_no_other_has() -> None:
    assert set(phrasings()) == {entry.id for entry in read_entries(BUNDLED) if entry.collection == "interview"}


def test_no_text_stands_in_two_places() -> None:
    texts = [text for found in (phrasings(), background()) for own in found.values() for text in own]
    assert len(texts) == len(set(texts))


def test_no_own_query_is_a_text_of_the_background() -> None:
    """Those in the phrasings are found by the rule for passages, in ``test_eval_qrels.py``."""
    sets = read_sets(query_sets("*"), read_entries(BUNDLED))
    asked = {" ".join(re.findall(r"\w+", query.text.lower())) for queries in sets.values() for query in queries}
    texts = [" ".join(re.findall(r"\w+", text.lower())) for own in background().values() for text in own]
    assert not [text for text in texts if text in asked]
