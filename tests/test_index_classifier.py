"""The classifier over hashed words: what it tells apart, what it keeps, what it leaves out."""

from pathlib import Path

import numpy as np
import pytest

from corpus.entry import Entry
from index import classifier
from index.classifier import fit_classifier
from index.encoder import HashingEncoder
from index.passage import Passage, passages
from index.teaching import EVERYTHING, read_classifiers, teach, write_classifiers

ENCODER = HashingEncoder()
TEXTS = ("clear the gradients", "gradients add up", "save the weights", "weights on disk")
OWNERS = np.array([0, 0, 1, 1])


def beside(*texts: str) -> list:
    return [("cooking", text, vector) for text, vector in zip(texts, ENCODER.encode(texts), strict=True)]


def judged(query: str, *texts: str):
    taught = fit_classifier(ENCODER.encode(TEXTS), TEXTS, OWNERS, beside(*texts) if texts else [])
    vector = ENCODER.encode([query])[0]
    return taught.judge(query, vector, ENCODER.encode(TEXTS) @ vector)


def test_the_entry_whose_passages_are_like_the_query_scores_highest() -> None:
    assert judged("why do gradients add").entries.argmax() == 0
    assert judged("weights to disk").entries.argmax() == 1


def test_what_is_like_the_background_scores_higher_there() -> None:
    found = judged("boil an egg", "boil an egg", "fry eggs")
    assert found.name == "cooking"
    assert found.beside > found.entries.max()


def test_without_a_background_nothing_is_beside() -> None:
    found = judged("boil an egg")
    assert (found.beside, found.name, len(found.entries)) == (0.0, None, 2)


def test_beyond_the_limit_the_first_passages_of_every_entry_are_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "MAX_TEXTS", 2)
    taught = fit_classifier(ENCODER.encode(TEXTS), TEXTS, OWNERS, [])
    assert taught.taught.tolist() == [0, 2]


OTHER = Entry("rope", 1, "sailing", "Knots", "Tying a bowline: which way round?", "The rabbit comes out of its hole.")


@pytest.fixture
def found(entries: tuple[Entry, ...]) -> list[Passage]:
    return [passage for entry in (*entries, OTHER) for passage in passages(entry)]


def test_each_collection_has_a_classifier_and_all_together_have_one(found: list[Passage]) -> None:
    vectors = ENCODER.encode([passage.text for passage in found])
    assert list(teach(found, vectors, [])) == ["interview", "sailing", EVERYTHING]
    only = [passage for passage in found if passage.collection == "sailing"]
    assert list(teach(only, ENCODER.encode([passage.text for passage in only]), [])) == ["sailing"]


def test_questions_of_other_collections_are_beside_a_collection(found: list[Passage]) -> None:
    taught = teach(found, ENCODER.encode([passage.text for passage in found]), [])
    assert taught["interview"].classes == ("entry:rope",)
    assert taught[EVERYTHING].classes == ()


def test_a_text_of_the_background_that_an_entry_covers_is_left_out(found: list[Passage]) -> None:
    vectors = ENCODER.encode([passage.text for passage in found])
    texts = beside("Tying a bowline: which way round?", "boil an egg")
    assert teach(found, vectors, texts)["sailing"].texts == ("boil an egg", *teach(found, vectors, [])["sailing"].texts)


def test_what_was_written_is_read_and_judges_the_same(found: list[Passage], tmp_path: Path) -> None:
    vectors = ENCODER.encode([passage.text for passage in found])
    taught = teach(found, vectors, beside("boil an egg"))
    write_classifiers(taught, tmp_path / "a.npz", tmp_path / "a.json")
    again = read_classifiers(tmp_path / "a.npz", tmp_path / "a.json", found)
    vector = ENCODER.encode(["save an egg"])[0]
    own = [number for number, passage in enumerate(found) if passage.collection == "interview"]
    one, other = (each["interview"].judge("save an egg", vector, vectors[own] @ vector) for each in (taught, again))
    assert one.entries == pytest.approx(other.entries)
    assert (one.beside, one.name) == (pytest.approx(other.beside), other.name)
