"""What ``--json`` prints, ``--baseline`` reads and ``eval/results/`` keeps: one format, which names queries by id only.

::

    {"format": 1, "about": {"version": …, "date": …, "model": …, "entries": 40, …},
     "evaluations": {"retrieval": {"values": {SET: {METRIC: {ID: value}}}, "tables": […], "worst": […], …}}}

::

    TutorError
    └── ResultUnusable    a saved result cannot be read, or says nothing of what is compared
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from corpus.errors import TutorError
from eval.evaluation import Bench, Found, Miss, Table, Values
from eval.metrics import difference

RESULTS = Path(__file__).parent / "results"
"""One file a release."""

FORMAT = 1
DIGITS = 4


class ResultUnusable(TutorError):
    """A saved result cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run of evaluations found.

    Args:
        about: what was measured: version, date, model, number of entries, collection, grade.
        evaluations: by name, in the order in which they ran.
    """

    about: dict[str, Any]
    evaluations: dict[str, Found]


def result(bench: Bench, evaluations: dict[str, Found]) -> Result:
    about = {
        "version": version("torchtutor"),
        "date": datetime.now(UTC).date().isoformat(),
        "model": bench.settings.embedding_model,
        "entries": len(bench.entries),
        "collection": bench.collection,
        "min_grade": bench.min_grade,
    }
    return Result(about, evaluations)


def as_json(found: Result) -> str:
    """The result as JSON, numbers rounded to :data:`DIGITS` digits, one line a set of values or a table's row."""
    data = {"format": FORMAT, "about": found.about, "evaluations": {k: asdict(v) for k, v in found.evaluations.items()}}
    return _lines(_rounded(data), depth=5)


def _lines(data: Any, depth: int, indent: str = "") -> str:
    """Indented JSON that does not break lines deeper than ``depth``, so that versions of a file can be compared."""
    if depth == 0 or not data or not isinstance(data, (dict, list, tuple)):
        return json.dumps(data, ensure_ascii=False)
    deeper = indent + " "
    if isinstance(data, dict):
        parts = [f"{json.dumps(key)}: {_lines(value, depth - 1, deeper)}" for key, value in data.items()]
        return "{\n" + ",\n".join(deeper + part for part in parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(deeper + _lines(value, depth - 1, deeper) for value in data) + f"\n{indent}]"


def _rounded(data: Any) -> Any:
    match data:
        case float():
            return round(data, DIGITS)
        case dict():
            return {key: _rounded(value) for key, value in data.items()}
        case list() | tuple():
            return [_rounded(value) for value in data]
    return data


def read_result(path: Path) -> Result:
    """The result saved in ``path``.

    Raises:
        ResultUnusable: it is none.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ResultUnusable(f"{path}: cannot be read as a result: {error}; {_MEND}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ResultUnusable(f"{path}: is no result of format {FORMAT}; {_MEND}")
    try:
        return Result(dict(data["about"]), {name: _found(one) for name, one in data["evaluations"].items()})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ResultUnusable(f"{path}: is a broken result ({type(error).__name__}: {error}); {_MEND}") from error


_MEND = "save one with: python -m eval all --json > FILE"


def _found(one: dict[str, Any]) -> Found:
    return Found(
        values={
            name: {metric: {key: float(value) for key, value in found.items()} for metric, found in metrics.items()}
            for name, metrics in one["values"].items()
        },
        tables=tuple(
            Table(
                str(table["title"]), tuple(map(str, table["columns"])), tuple(tuple(map(str, r)) for r in table["rows"])
            )
            for table in one["tables"]
        ),
        worst=tuple(Miss(str(m["query_set"]), str(m["query_id"]), str(m["told"])) for m in one["worst"]),
        milliseconds={str(stage): float(value) for stage, value in one["milliseconds"].items()},
        details=dict(one["details"]),
    )


def releases(folder: Path = RESULTS) -> list[Result]:
    """The results of all releases, the oldest first.

    Raises:
        ResultUnusable: one of the files is none.
    """
    found = [read_result(path) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda one: (str(one.about.get("date")), _numbers(str(one.about.get("version")))))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def compared(baseline: Result, now: Result, source: str) -> dict[str, Table]:
    """By evaluation: what changed since ``baseline``, on the queries that both have.

    Raises:
        ResultUnusable: they have no query in common.
    """
    tables = {}
    for name, found in now.evaluations.items():
        before = baseline.evaluations.get(name)
        rows = tuple(_changes(before.values, found.values)) if before else ()
        if rows:
            columns = ("queries", "metric", "n", "not in both", "baseline", "now", "change", "p")
            tables[name] = Table(f"Against {source}", columns, rows)
    if not tables:
        asked = ", ".join(now.evaluations)
        raise ResultUnusable(f"{source}: holds no query that was asked now ({asked}); {_MEND}")
    return tables


def _changes(before: Values, now: Values) -> Iterator[tuple[str, ...]]:
    for query_set, metrics in now.items():
        for metric, values in metrics.items():
            old: Mapping[str, float] = before.get(query_set, {}).get(metric, {})
            both = [query_id for query_id in values if query_id in old]
            if both:
                found = difference([old[one] for one in both], [round(values[one], DIGITS) for one in both])
                apart = len(values.keys() ^ old.keys())
                yield (
                    query_set,
                    metric,
                    str(found.n),
                    str(apart),
                    f"{found.before:.3f}",
                    f"{found.now:.3f}",
                    f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]",
                    f"{found.p:.4f}",
                )
