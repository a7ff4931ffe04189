"""Whether the tutor knows what it does not know: covered against uncovered queries."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.metrics import auroc, calibration_error
from eval.qrels import Query
from index.retriever import HybridRetriever, Ranking

KINDS = ("far", "near")


@dataclass(frozen=True, slots=True)
class Judged:
    """A query with what the retriever made of it."""

    query: Query
    ranking: Ranking

    @property
    def right(self) -> bool:
        """Whether the first match is one of the query's best entries."""
        return bool(self.ranking.matches) and self.ranking.matches[0].entry_id in self.query.best


@dataclass(frozen=True, slots=True)
class Report:
    """Refusal at the shipped threshold.

    Args:
        covered: number of covered queries; those below the asked grade are left out.
        false_refusals: share of the covered queries that are refused.
        calibration_error: expected; of the confidence that the first match is right, over all queries judged.
        refused: share of the uncovered queries that are refused, by kind, with their number.
        auroc: of the probability of being covered, covered against each kind.
    """

    covered: int
    false_refusals: float
    calibration_error: float
    refused: dict[str, tuple[float, int]]
    auroc: dict[str, float]
    refused_ids: tuple[str, ...]
    answered_ids: tuple[str, ...]


def judge(retriever: HybridRetriever, queries: Sequence[Query], collection: str | None) -> list[Judged]:
    """Ask the retriever each query."""
    return [Judged(query, retriever.search(query.text, k=1, collection=collection)) for query in queries]


def report(judged: Sequence[Judged], min_grade: int) -> Report:
    """What ``judged`` shows together."""
    covered = [one for one in judged if one.query.grade >= min_grade]
    uncovered = {kind: [one for one in judged if not one.query.relevant and one.query.kind == kind] for kind in KINDS}
    refused = [one.query.id for one in covered if not one.ranking.covered]
    both = [*covered, *(one for ones in uncovered.values() for one in ones)]
    inside = [one.ranking.coverage for one in covered]
    return Report(
        covered=len(covered),
        false_refusals=len(refused) / len(covered) if covered else 0.0,
        calibration_error=calibration_error([o.ranking.confidence for o in both], [o.right for o in both])
        if both
        else 0.0,
        refused={
            kind: (sum(not one.ranking.covered for one in ones) / len(ones), len(ones))
            for kind, ones in uncovered.items()
            if ones
        },
        auroc={
            kind: auroc(inside, [one.ranking.coverage for one in ones])
            for kind, ones in uncovered.items()
            if ones and covered
        },
        refused_ids=tuple(refused),
        answered_ids=tuple(one.query.id for ones in uncovered.values() for one in ones if one.ranking.covered),
    )


def as_json(found: Report) -> dict[str, Any]:
    return asdict(found)
