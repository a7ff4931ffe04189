"""Which passages belong to which entries of a collection; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.passage import Passage


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The entries of a collection, the places of all their passages, and the number of the entry of each of these."""

    ids: list[str]
    places: NDArray[np.intp]
    owners: NDArray[np.intp]


def select(passages: Sequence[Passage], collection: str | None = None) -> Members:
    """The entries of the collection; all, if none is named."""
    rows: dict[str, int] = {}
    places, owners = [], []
    for place, passage in enumerate(passages):
        if collection in (None, passage.collection):
            places.append(place)
            owners.append(rows.setdefault(passage.entry_id, len(rows)))
    return Members(list(rows), np.array(places, np.intp), np.array(owners, np.intp))
