"""Whether the tutor knows what it does not know: covered against uncovered queries, at the shipped threshold.

Query sets are judged together by part: ``dev`` and ``test`` are the project's own, ``outside`` all others. Queries that
are covered only below the asked grade are left out: for them "partly" is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.evaluation import WORST, Bench, Evaluation, Found, Miss, Stopwatch, Table
from eval.metrics import Mean, auroc_between, calibration_error, mean, reliability, resampled
from eval.qrels import OTHER_KIND, UNCOVERED_KINDS, Query, own_sets, read_sets, set_names, side
from index.retriever import HybridRetriever, Ranking

KINDS = (*UNCOVERED_KINDS, OTHER_KIND)
STEPS = 100
"""Into how many thresholds the trade-off is cut."""

FALSE_REFUSAL = "refused though covered"
FALSE_ANSWER = "answered though {}"
COVERAGE = "probability of being covered"


@dataclass(frozen=True, slots=True)
class Judged:
    """A query with what the retriever made of it."""

    query_set: str
    query: Query
    ranking: Ranking

    @property
    def right(self) -> bool:
        """Whether the first match is one of the query's best entries."""
        return bool(self.ranking.matches) and self.ranking.matches[0].entry_id in self.query.best

    @property
    def wrong(self) -> bool:
        """Whether it is refused though covered, or answered though not."""
        return self.ranking.covered == bool(self.query.uncovered)


@dataclass(frozen=True, slots=True)
class Report:
    """One part's refusals at the shipped threshold; a figure is absent where there is no query for it.

    Args:
        false_refusals: share of the covered queries that are refused.
        false_answers: share of the uncovered queries that are answered, by kind.
        auroc: of the probability of being covered, covered queries against each kind.
        calibration_error: of the confidence that the first match is right, over all queries judged.
    """

    part: str
    judged: tuple[Judged, ...]
    left_out: int
    false_refusals: Mean | None
    false_answers: dict[str, Mean]
    auroc: dict[str, Mean]
    calibration_error: Mean | None


def judge(
    retriever: HybridRetriever,
    query_set: str,
    queries: Sequence[Query],
    collection: str | None,
    watch: Stopwatch | None = None,
) -> list[Judged]:
    """Ask the retriever each query."""
    watch = watch or Stopwatch()
    found = []
    for query in queries:
        with watch.stage("the whole search"):
            ranking = retriever.search(query.text, k=1, collection=collection)
        found.append(Judged(query_set, query, ranking))
    return found


def report(part: str, judged: Sequence[Judged], min_grade: int) -> Report:
    """What ``judged`` shows together."""
    kept = tuple(one for one in judged if one.query.uncovered or one.query.grade >= min_grade)
    covered = [one for one in kept if not one.query.uncovered]
    by_kind = {kind: [one for one in kept if one.query.uncovered == kind] for kind in KINDS}
    by_kind = {kind: ones for kind, ones in by_kind.items() if ones}
    inside = _coverages(covered)
    sure = np.array([(one.ranking.confidence, one.right) for one in kept])
    return Report(
        part=part,
        judged=kept,
        left_out=len(judged) - len(kept),
        false_refusals=mean([float(one.wrong) for one in covered]) if covered else None,
        false_answers={kind: mean([float(one.wrong) for one in ones]) for kind, ones in by_kind.items()},
        auroc={kind: auroc_between(inside, _coverages(ones)) for kind, ones in by_kind.items()} if covered else {},
        calibration_error=resampled(sure, lambda rows: calibration_error(rows[:, 0], rows[:, 1])) if kept else None,
    )


def _coverages(judged: Sequence[Judged]) -> list[float]:
    return [one.ranking.coverage for one in judged]


def measure(bench: Bench, paths: Sequence[Path]) -> Found:
    """Each part by itself."""
    sets = read_sets(paths, bench.entries)
    parts = {name: side(path) for path, name in set_names(paths).items()}
    watch = Stopwatch()
    judged: dict[str, list[Judged]] = {}
    for name, queries in sets.items():
        judged.setdefault(parts[name], []).extend(judge(bench.retriever, name, queries, bench.collection, watch))
    reports = [report(part, ones, bench.min_grade) for part, ones in judged.items()]
    per_set = [one for ones in judged.values() for one in _per_set(ones, bench.min_grade)]
    threshold = bench.retriever.calibration.threshold
    return Found(
        values=_values(reports),
        tables=(
            _table("Refusal at the shipped threshold, per part", "part", reports),
            _table("Refusal at the shipped threshold, per query set", "queries", per_set),
        ),
        worst=_worst(reports, threshold),
        milliseconds=watch.milliseconds,
        details={"threshold": threshold, "parts": [_as_data(one) for one in reports]},
    )


def _values(reports: Sequence[Report]) -> dict[str, dict[str, dict[str, float]]]:
    values: dict[str, dict[str, dict[str, float]]] = {}
    for one in (one for found in reports for one in found.judged):
        metric = FALSE_ANSWER.format(one.query.uncovered) if one.query.uncovered else FALSE_REFUSAL
        metrics = values.setdefault(one.query_set, {})
        metrics.setdefault(metric, {})[one.query.id] = float(one.wrong)
        metrics.setdefault(COVERAGE, {})[one.query.id] = one.ranking.coverage
    return values


def _per_set(part: Sequence[Judged], min_grade: int) -> list[Report]:
    """Each query set of a part by itself; for AUROC it is set against the other side of its whole part."""
    reports = []
    for name in dict.fromkeys(one.query_set for one in part):
        own = [one for one in part if one.query_set == name]
        sides = {bool(one.query.uncovered) for one in own}
        others = [one for one in part if bool(one.query.uncovered) not in sides]
        reports.append(replace(report(name, own, min_grade), auroc=report(name, [*own, *others], min_grade).auroc))
    return reports


def _table(title: str, first: str, reports: Sequence[Report]) -> Table:
    """One row a report."""

    def told(found: Mean | None) -> str:
        return f"{found} of {found.n}" if found else "–"

    kinds = [kind for kind in KINDS if any(kind in one.false_answers or kind in one.auroc for one in reports)]
    return Table(
        title,
        (
            first,
            "left out",
            FALSE_REFUSAL,
            *(FALSE_ANSWER.format(kind) for kind in kinds),
            *(f"AUROC {kind}" for kind in kinds),
            "calibration error",
        ),
        tuple(
            (
                one.part,
                str(one.left_out),
                told(one.false_refusals),
                *(told(one.false_answers.get(kind)) for kind in kinds),
                *(str(one.auroc.get(kind, "–")) for kind in kinds),
                str(one.calibration_error or "–"),
            )
            for one in reports
        ),
    )


def _worst(reports: Sequence[Report], threshold: float) -> tuple[Miss, ...]:
    """The queries furthest on the wrong side of the threshold."""
    wrong = [one for found in reports for one in found.judged if one.wrong]
    wrong.sort(key=lambda one: -abs(one.ranking.coverage - threshold))
    return tuple(Miss(one.query_set, one.query.id, _told(one)) for one in wrong[:WORST])


def _told(one: Judged) -> str:
    first = one.ranking.matches[0].entry_id if one.ranking.matches else "nothing"
    what = FALSE_ANSWER.format(one.query.uncovered) if one.query.uncovered else FALSE_REFUSAL
    return f"{what}: {one.ranking.coverage:.2f} likely to be covered; first is {first}"


def _as_data(one: Report) -> dict[str, Any]:
    """The part's figures, and what the page draws: the reliability curve and the trade-off."""

    def data(found: Mean | None) -> dict[str, float] | None:
        return {"value": found.value, "low": found.low, "high": found.high, "n": found.n} if found else None

    confidences, right = [o.ranking.confidence for o in one.judged], [o.right for o in one.judged]
    return {
        "part": one.part,
        "left_out": one.left_out,
        "false_refusals": data(one.false_refusals),
        "false_answers": {kind: data(found) for kind, found in one.false_answers.items()},
        "auroc": {kind: data(found) for kind, found in one.auroc.items()},
        "calibration_error": data(one.calibration_error),
        "wrong": sorted(o.query.id for o in one.judged if o.wrong),
        "reliability": [[b.n, b.confidence, b.right] for b in reliability(confidences, right)] if one.judged else [],
        "trade_off": _trade_off(one),
    }


def _trade_off(one: Report) -> dict[str, list[float]]:
    """By ``covered`` and kind: which share would be answered from each of :data:`STEPS` + 1 thresholds on."""
    thresholds = np.linspace(0, 1, STEPS + 1)[:, None]
    curves = {}
    for kind in ("", *one.false_answers):
        coverages = np.array(_coverages([o for o in one.judged if o.query.uncovered == kind]))
        if len(coverages):
            curves[kind or "covered"] = np.round((coverages >= thresholds).mean(axis=1), 4).tolist()
    return curves


EVALUATION = Evaluation(
    "abstention", "Whether uncovered queries are refused and covered ones are not.", own_sets, measure
)
