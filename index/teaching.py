"""The classifiers of an index: taught when it is built, kept beside the vectors, each for one collection.

What a collection does not cover is taken from the background and from the questions of other collections; a text that
is like a question of the collection is left out. So an entry about a topic of the background switches that topic off.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.classifier import COVERED, Classifier, fit_classifier
from index.encoder import Vectors
from index.passage import ASKED, Passage

ENTRY = "entry:"
"""Begins the name of a class that is an entry of another collection; its id follows."""

SAME_SUBJECT = 0.6
"""From this cosine on, a question of another collection is on a subject of this one, and no evidence against it."""

Background = Sequence[tuple[str, str, Vectors]]
"""Topic, text and unit vector of what no entry covers."""

EVERYTHING = ""
"""The name under which the classifier for all collections together is kept."""


def teach(passages: Sequence[Passage], vectors: Vectors, background: Background) -> dict[str, Classifier]:
    """A classifier for each collection, and one for all together where there are several."""
    names = list(dict.fromkeys(passage.collection for passage in passages))
    own = {name: np.array([passage.collection == name for passage in passages]) for name in names}
    if len(names) > 1:
        own[EVERYTHING] = np.ones(len(passages), np.bool_)
    return {name: _teach(passages, vectors, background, mine) for name, mine in own.items()}


def _teach(passages: Sequence[Passage], vectors: Vectors, background: Background, own: NDArray[np.bool_]) -> Classifier:
    places = np.flatnonzero(own).tolist()
    rows: dict[str, int] = {}
    owners = np.array([rows.setdefault(passages[place].entry_id, len(rows)) for place in places], np.intp)
    asked = vectors[[place for place in places if passages[place].kind in ASKED]]
    beside = [*background, *_questions(passages, vectors, ~own)]
    kept = [one for one in beside if not len(asked) or float((asked @ one[2]).max()) < _limit(one[0])]
    return fit_classifier(vectors[places], [passages[place].text for place in places], owners, kept)


def _limit(name: str) -> float:
    return SAME_SUBJECT if name.startswith(ENTRY) else COVERED


def _questions(
    passages: Sequence[Passage], vectors: Vectors, foreign: NDArray[np.bool_]
) -> Iterator[tuple[str, str, Vectors]]:
    for place in np.flatnonzero(foreign).tolist():
        passage = passages[place]
        if passage.kind in ("question", "also_asked"):
            yield f"{ENTRY}{passage.entry_id}", passage.text, vectors[place]


def write_classifiers(classifiers: Mapping[str, Classifier], arrays: Path, names: Path) -> None:
    """Write the numbers into ``arrays`` (an .npz) and what they stand for into ``names`` (JSON)."""
    kept = {
        f"{number}.{part}": getattr(one, part)
        for number, one in enumerate(classifiers.values())
        for part in ("taught", "background", "weights")
    }
    with arrays.open("wb") as file:
        np.savez(file, **kept)
    told = {
        name: {"entries": one.entries, "classes": one.classes, "texts": one.texts} for name, one in classifiers.items()
    }
    names.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def read_classifiers(arrays: Path, names: Path, passages: Sequence[Passage]) -> dict[str, Classifier]:
    """What :func:`write_classifiers` wrote, for the same passages."""
    told = json.loads(names.read_text(encoding="utf-8"))
    found = {}
    with np.load(arrays, allow_pickle=False) as kept:
        for number, (name, one) in enumerate(told.items()):
            own = [passage.text for passage in passages if name in (EVERYTHING, passage.collection)]
            found[name] = Classifier(
                taught=kept[f"{number}.taught"],
                background=kept[f"{number}.background"],
                weights=kept[f"{number}.weights"],
                entries=one["entries"],
                classes=tuple(one["classes"]),
                texts=tuple(one["texts"]),
                passages=own,
            )
    return found
