"""How well the right entry is found: dense, BM25 and fused side by side, per query set."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from eval.metrics import Mean, mean, ndcg, recall, reciprocal_rank, success
from eval.qrels import Query
from index.fusion import Calibration, Scores
from index.retriever import HybridRetriever, Ranking

DEPTH = 10
METRICS = ("success@1", "success@3", "recall@5", "MRR", "nDCG@10")


@dataclass(frozen=True, slots=True)
class Scored:
    """A query with the scores of all passages, from which each system makes its ranking."""

    query: Query
    scores: Scores


@dataclass(frozen=True, slots=True)
class Row:
    """One system on one query set."""

    query_set: str
    system: str
    left_out: int
    means: dict[str, Mean]
    missed: tuple[str, ...]


def score(retriever: HybridRetriever, queries: Sequence[Query]) -> list[Scored]:
    """Encode and score every query once."""
    return [Scored(query, retriever.scores(query.text)) for query in queries]


def systems(shipped: Calibration) -> dict[str, Calibration]:
    """What is compared: the shipped retriever with one part switched off, and the whole."""
    return {"dense": replace(shipped, sparse_weight=0.0), "BM25": replace(shipped, sparse_weight=1.0), "fused": shipped}


def evaluate(
    retriever: HybridRetriever, name: str, scored: Sequence[Scored], *, min_grade: int, collection: str | None
) -> list[Row]:
    """The rows of one query set; queries without an entry graded ``min_grade`` or more are left out and counted."""
    asked = [one for one in scored if one.query.grade >= min_grade]
    rows = []
    for system, calibration in systems(retriever.calibration).items():
        variant = retriever.calibrated(calibration)
        values: dict[str, list[float]] = {metric: [] for metric in METRICS}
        missed = []
        for one in asked:
            ranked = ids(variant.rank(one.query.text, one.scores, k=DEPTH, collection=collection))
            found = per_query(ranked, one.query, min_grade)
            for metric, value in found.items():
                values[metric].append(value)
            if not found["success@1"]:
                missed.append(one.query.id)
        means = {metric: mean(value) for metric, value in values.items()}
        rows.append(Row(name, system, len(scored) - len(asked), means, tuple(missed)))
    return rows


def ids(ranking: Ranking) -> list[str]:
    return [match.entry_id for match in ranking.matches]


def per_query(ranked: Sequence[str], query: Query, min_grade: int) -> dict[str, float]:
    """Every metric of one query."""
    return {
        "success@1": success(ranked, query.best, 1),
        "success@3": success(ranked, query.best, 3),
        "recall@5": recall(ranked, query.relevant, 5, min_grade),
        "MRR": reciprocal_rank(ranked, query.relevant, min_grade),
        "nDCG@10": ndcg(ranked, query.relevant, DEPTH),
    }


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as data; of queries only the ids."""
    return [asdict(row) for row in rows]
