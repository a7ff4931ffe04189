"""How well questions are put together into gaps: ``python -m eval.gaps``; it prints Markdown.

Two queries ask about the same where one entry answers both or, of those that no entry covers, where they are of one
``subject``. *Precision* is the share of the pairs put together that ask about the same, *recall* the share of the pairs
that ask about the same that are put together, of all pairs of a part. *Refused* are the queries that the tutor would
refuse: they make most of the gaps. :data:`service.gaps.NEAR` was chosen on the part ``dev``; ``near`` is tried around
it, so that one sees what a change would do.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.qrels import Query, query_sets, read_sets
from index.encoder import Vectors
from index.likeness import described
from index.store import open_index
from service.gaps import NEAR, clusters
from service.settings import Settings
from service.wiring import corpus_entries, ensure_index

Pairs = NDArray[np.bool_]
AROUND = (-0.05, -0.025, 0.0, 0.025, 0.05)


@dataclass(frozen=True, slots=True)
class PairScores:
    precision: float
    recall: float


def pair_scores(labels: Sequence[int], same: Pairs) -> PairScores:
    """What clusters are worth.

    Args:
        labels: the cluster of each query.
        same: whether two queries ask about the same; shape (queries, queries).
    """
    marks = np.asarray(labels)
    above = np.triu_indices(len(marks), 1)
    together, wanted = (marks[:, None] == marks[None, :])[above], same[above]
    right = int((together & wanted).sum())
    return PairScores(right / max(int(together.sum()), 1), right / max(int(wanted.sum()), 1))


def subjects() -> dict[str, str]:
    """The subject of each uncovered query that has one, by its id."""
    rows = [json.loads(line) for path in query_sets("*_out_of_scope") for line in path.read_text("utf-8").splitlines()]
    return {row["id"]: row["subject"] for row in rows if "subject" in row}


def same_asked(queries: Sequence[Query], subject: dict[str, str]) -> Pairs:
    """Whether two queries ask about the same."""
    about = [query.best or {subject.get(query.id, query.id)} for query in queries]
    return np.array([[bool(one & other) for other in about] for one in about])


def main() -> None:
    settings, entries = Settings(), corpus_entries()
    ensure_index(settings, entries, report=print)
    retriever = open_index(entries, settings.index_folder, model=settings.embedding_model)
    subject = subjects()
    print("| part | queries | near | precision | recall |\n|---|---|---|---|---|")
    for part in ("dev", "test"):
        queries = [query for found in read_sets(query_sets(f"{part}_*"), entries).values() for query in found]
        vectors = described([query.text for query in queries], retriever)
        covered = np.array([retriever.search(query.text, k=1).covered for query in queries])
        same = same_asked(queries, subject)
        for name, chosen in (("all", np.arange(len(queries))), ("refused", np.flatnonzero(~covered))):
            _tell(f"{part} | {len(chosen)}, {name}", vectors[chosen], same[np.ix_(chosen, chosen)])


def _tell(name: str, vectors: Vectors, same: Pairs) -> None:
    for shift in AROUND:
        scores = pair_scores(clusters(vectors, NEAR + shift), same)
        print(f"| {name} | {NEAR + shift:.3f} | {scores.precision:.2f} | {scores.recall:.2f} |")


if __name__ == "__main__":
    main()
