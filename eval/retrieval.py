"""How well the right entry is found: dense, BM25, fused and the shipped tutor side by side, per query set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.evaluation import WORST, Bench, Evaluation, Found, Miss, Stopwatch, Table
from eval.metrics import Mean, mean, ndcg, recall, reciprocal_rank, success
from eval.qrels import Query, own_sets, read_sets, set_names, side
from index.fusion import Calibration, Scores
from index.retriever import HybridRetriever, Ranking

DEPTH = 10
METRICS = ("success@1", "success@3", "recall@5", "MRR", "nDCG@10")
SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Scored:
    """A query with the scores of all passages, from which each system makes its ranking."""

    query: Query
    scores: Scores


@dataclass(frozen=True, slots=True)
class Row:
    """One system on one query set; queries without an entry of the asked grade are left out and counted.

    Args:
        values: of each query, by metric.
    """

    query_set: str
    system: str
    asked: tuple[Query, ...]
    left_out: int
    rankings: tuple[Ranking, ...]
    values: dict[str, list[float]]

    @property
    def means(self) -> dict[str, Mean]:
        return {metric: mean(values) for metric, values in self.values.items()}

    @property
    def missed(self) -> tuple[str, ...]:
        found = zip(self.asked, self.values["success@1"], strict=True)
        return tuple(query.id for query, success_at_1 in found if not success_at_1)


def score(retriever: HybridRetriever, queries: Sequence[Query], watch: Stopwatch | None = None) -> list[Scored]:
    """Encode and score every query once."""
    watch = watch or Stopwatch()
    found = []
    for query in queries:
        with watch.stage("encode and score all passages"):
            found.append(Scored(query, retriever.scores(query.text)))
    return found


def systems(shipped: Calibration) -> dict[str, Calibration]:
    """What the shipped tutor is compared with: its parts over passages, each alone, and their weighted sum."""
    passages = replace(
        shipped, sparse_weight=shipped.sparse_weight / (1 - shipped.taught_weight or 1), taught_weight=0.0
    )
    return {
        "dense": replace(passages, sparse_weight=0.0),
        "BM25": replace(passages, sparse_weight=1.0),
        "fused": passages,
    }


def evaluate(
    retriever: HybridRetriever,
    name: str,
    scored: Sequence[Scored],
    *,
    min_grade: int,
    collection: str | None,
    watch: Stopwatch | None = None,
) -> list[Row]:
    """The rows of one query set, that of the shipped tutor (what ``search`` finds) the last."""
    watch = watch or Stopwatch()
    asked = [one for one in scored if one.query.grade >= min_grade]
    left_out = len(scored) - len(asked)
    queries = tuple(one.query for one in asked)
    rows = []
    for system, calibration in systems(retriever.calibration).items():
        variant = retriever.calibrated(calibration)
        rankings = []
        for one in asked:
            with watch.stage("rank the entries"):
                rankings.append(variant.rank(one.query.text, one.scores, k=DEPTH, collection=collection))
        rows.append(_row(name, system, queries, left_out, rankings, min_grade))
    shipped = []
    for query in queries:
        with watch.stage("the whole search"):
            shipped.append(retriever.search(query.text, k=DEPTH, collection=collection))
    return [*rows, _row(name, SHIPPED, queries, left_out, shipped, min_grade)]


def _row(
    name: str, system: str, asked: tuple[Query, ...], left_out: int, rankings: Sequence[Ranking], min_grade: int
) -> Row:
    found = [per_query(ids(ranking), query, min_grade) for query, ranking in zip(asked, rankings, strict=True)]
    values = {metric: [one[metric] for one in found] for metric in METRICS}
    return Row(name, system, asked, left_out, tuple(rankings), values)


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


def measure(bench: Bench, paths: Sequence[Path]) -> Found:
    """All query sets that hold any covered query."""
    sets = read_sets(paths, bench.entries)
    sides = {name: side(path) for path, name in set_names(paths).items()}
    watch = Stopwatch()
    rows = []
    for name, queries in sets.items():
        covered = [query for query in queries if query.relevant]
        if covered:
            scored = score(bench.retriever, covered, watch)
            rows += evaluate(
                bench.retriever,
                name,
                scored,
                min_grade=bench.min_grade,
                collection=bench.collection,
                watch=watch,
            )
    shipped = [row for row in rows if row.system == SHIPPED]
    return Found(
        values={
            row.query_set: {
                metric: dict(zip([query.id for query in row.asked], values, strict=True))
                for metric, values in row.values.items()
            }
            for row in shipped
        },
        tables=(_summary(rows), *_shares(shipped, sides, bench)),
        worst=_worst(shipped),
        milliseconds=watch.milliseconds,
        details={"rows": [_as_data(row) for row in rows], "confusions": _confusions(shipped, sides)},
    )


def _summary(rows: Sequence[Row]) -> Table:
    return Table(
        "The right entry found, per query set",
        ("queries", "n", "left out", "system", *METRICS),
        tuple(
            (row.query_set, str(len(row.asked)), str(row.left_out), row.system, *map(str, row.means.values()))
            for row in rows
        ),
    )


def _shares(shipped: Sequence[Row], sides: dict[str, str], bench: Bench) -> list[Table]:
    """The shipped tutor by the way in which a query is put, and by topic."""
    topics = {entry.id: entry.topic for entry in bench.entries}
    by_kind: dict[tuple[str, str], list[tuple[float, float]]] = {}
    by_topic: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in shipped:
        part = sides[row.query_set]
        values = zip(row.asked, row.values["success@1"], row.values["success@3"], strict=True)
        for query, first, third in values:
            by_kind.setdefault((part, query.kind or "not told"), []).append((first, third))
            for topic in sorted({topics[entry_id] for entry_id in query.best}):
                by_topic.setdefault((part, topic), []).append((first, third))
    return [
        Table(
            f"The shipped tutor per {name}",
            ("part", name, "n", "success@1", "success@3"),
            tuple(
                (part, key, str(len(found)), *(str(mean([one[at] for one in found])) for at in (0, 1)))
                for (part, key), found in sorted(shares.items())
            ),
        )
        for name, shares in (("kind of query", by_kind), ("topic", by_topic))
    ]


def _confusions(shipped: Sequence[Row], sides: dict[str, str]) -> list[dict[str, Any]]:
    """Which entry came first in place of which, the most frequent first, with the queries' ids."""
    mixed: dict[tuple[str, str, str], list[str]] = {}
    for row in shipped:
        for query, ranking, hit in zip(row.asked, row.rankings, row.values["success@1"], strict=True):
            if not hit and ranking.matches:
                key = (sides[row.query_set], min(query.best), ranking.matches[0].entry_id)
                mixed.setdefault(key, []).append(query.id)
    found = [
        {"part": part, "wanted": wanted, "found": first, "queries": sorted(queries)}
        for (part, wanted, first), queries in mixed.items()
    ]
    return sorted(found, key=lambda one: (-len(one["queries"]), one["part"], one["wanted"], one["found"]))


def _worst(shipped: Sequence[Row]) -> tuple[Miss, ...]:
    """The queries whose best entry comes last; among equals those that the tutor is surest of."""
    misses = []
    for row in shipped:
        for query, ranking in zip(row.asked, row.rankings, strict=True):
            ranked = ids(ranking)
            rank = next((rank for rank, entry_id in enumerate(ranked, 1) if entry_id in query.best), DEPTH + 1)
            if rank > 1:
                place = f"at {rank}" if rank <= DEPTH else f"not among {DEPTH}"
                first = ranked[0] if ranked else "nothing"
                told = f"{' or '.join(sorted(query.best))} {place}; first is {first}, {ranking.confidence:.2f} sure"
                misses.append((-rank, -ranking.confidence, Miss(row.query_set, query.id, told)))
    return tuple(miss for *_, miss in sorted(misses, key=lambda one: one[:2])[:WORST])


def _as_data(row: Row) -> dict[str, Any]:
    means = {
        metric: {"value": one.value, "low": one.low, "high": one.high, "n": one.n} for metric, one in row.means.items()
    }
    return {
        "query_set": row.query_set,
        "system": row.system,
        "left_out": row.left_out,
        "means": means,
        "missed": list(row.missed),
    }


EVALUATION = Evaluation("retrieval", "How well the right entry is found.", own_sets, measure)
