"""One page, complete in itself, of a saved result: tables, per topic, confusions, curves, history over releases.

It is drawn from what ``--json`` printed and from ``eval/results/``. Texts are shown of the project's own queries only.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

from eval.drawing import Axis, line_chart, share_axis, table
from eval.evaluation import Found, Table
from eval.qrels import QUERIES, query_texts
from eval.results import Result, ResultUnusable

CONFUSIONS = 30
"""How many pairs of confused entries are shown."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; font-size: 13px; } .wide { overflow-x: auto; }
th, td { padding: .2rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
th { background: var(--soft); } td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
td { max-width: 32rem; overflow-wrap: anywhere; white-space: pre-wrap; }
figure { display: inline-block; width: 400px; max-width: 100%; margin: 1rem 1rem 0 0; vertical-align: top; }
figcaption { font-weight: 600; } svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
.grid { stroke: var(--line); } .aid { stroke: currentColor; stroke-dasharray: 4 3; fill: none; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: 13px; }
.legend span { display: inline-block; width: .8em; height: .8em; margin-right: .4em; }
"""


def write_page(path: Path, found: Result, history: Sequence[Result], texts: dict[str, str]) -> None:
    """Write the page of ``found``.

    Args:
        history: the releases, the oldest first.
        texts: by id, of the queries whose texts may be shown.

    Raises:
        ResultUnusable: a result lacks what the page draws, or the page cannot be written.
    """
    try:
        page = _page(found, history, texts)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ResultUnusable(f"the result lacks what the page draws ({type(error).__name__}: {error})") from error
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ResultUnusable(f"{path}: cannot be written: {error.strerror or error}") from error


def own_texts() -> dict[str, str]:
    """By id, the texts of the project's own queries of every format."""
    return query_texts(sorted(QUERIES.rglob("*.jsonl")))


def _page(found: Result, history: Sequence[Result], texts: dict[str, str]) -> str:
    about = " · ".join(f"{key} {value}" for key, value in found.about.items() if value is not None)
    drawn = {"retrieval": _retrieval, "abstention": _abstention}
    sections = []
    for name, one in found.evaluations.items():
        figures = drawn[name](one) if name in drawn else iter(())
        sections.append(f"<section><h2>{escape(name)}</h2>{''.join([*_common(one, texts), *figures])}</section>")
    past = "".join(_history(history)) if history else "<p>No release has been saved yet.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>How well torchtutor does</title>'
        f"<style>{_STYLE}</style></head><body><h1>How well torchtutor does</h1><p>{escape(about)}</p>"
        f"{''.join(sections)}<section><h2>history</h2>{past}</section></body></html>\n"
    )


def _common(found: Found, texts: dict[str, str]) -> Iterator[str]:
    """What every evaluation has."""
    for one in found.tables:
        yield table(one)
    if found.worst:
        rows = tuple((m.query_set, m.query_id, m.told, texts.get(m.query_id, "")) for m in found.worst)
        yield table(Table(f"The {len(rows)} worst queries", ("queries", "id", "what", "text (own queries only)"), rows))
    if found.milliseconds:
        times = tuple((stage, f"{value:.2f}") for stage, value in found.milliseconds.items())
        yield table(Table("Time for one query", ("stage", "median, ms"), times))


def _retrieval(found: Found) -> Iterator[str]:
    """Which entries are taken for which."""
    confused = found.details["confusions"][:CONFUSIONS]
    rows = tuple(
        (one["part"], one["wanted"], one["found"], str(len(one["queries"])), ", ".join(one["queries"]))
        for one in confused
    )
    yield table(Table("Confusion between entries", ("part", "wanted", "came first", "n", "queries"), rows))


def _abstention(found: Found) -> Iterator[str]:
    """For each part the reliability curve and the trade-off between the two ways of being wrong."""
    threshold = found.details["threshold"]
    for part in found.details["parts"]:
        bins = part["reliability"]
        if bins:
            most = max(n for n, _, _ in bins)
            yield line_chart(
                f"Reliability, {part['part']}",
                {"how often the first match is right": [(confidence, right) for _, confidence, right in bins]},
                share_axis("confidence (area of a dot: number of queries)"),
                share_axis("first match right"),
                diagonal=True,
                dots={"how often the first match is right": [2 + 9 * (n / most) ** 0.5 for n, _, _ in bins]},
            )
        if len(part["trade_off"]) > 1:
            yield line_chart(
                f"Answered from a threshold on, {part['part']}",
                {
                    name: [(step / (len(shares) - 1), share) for step, share in enumerate(shares)]
                    for name, shares in part["trade_off"].items()
                },
                share_axis("threshold on the probability of being covered"),
                share_axis("share answered"),
                upright=(threshold, "shipped"),
            )


def _history(releases: Sequence[Result]) -> Iterator[str]:
    """The main figures of each release, as a table and, where there are two or more, as curves."""
    figures = [_figures(one) for one in releases]
    names = list(dict.fromkeys(name for one in figures for name in one))
    rows = tuple(
        (
            str(release.about.get("version", "?")),
            str(release.about.get("date", "?")),
            *(f"{one[name]:.3f}" if name in one else "–" for name in names),
        )
        for release, one in zip(releases, figures, strict=True)
    )
    yield table(Table("Releases", ("version", "date", *names), rows))
    if len(releases) > 1:
        ticks = tuple((float(at), str(one.about.get("version", "?"))) for at, one in enumerate(releases))
        for kind in dict.fromkeys(name.split(": ")[0] for name in names):
            lines = {
                name.split(": ")[1]: [(float(at), one[name]) for at, one in enumerate(figures) if name in one]
                for name in names
                if name.startswith(f"{kind}: ")
            }
            yield line_chart(f"{kind} over releases", lines, Axis("release", ticks), share_axis(kind))


def _figures(release: Result) -> dict[str, float]:
    """``success@1: test_questions`` and the like."""
    figures: dict[str, float] = {}
    for name, found in release.evaluations.items():
        if name == "abstention":
            for part in found.details["parts"]:
                figures |= _refusal_figures(part)
        else:
            for query_set, metrics in found.values.items():
                metric, values = next(iter(metrics.items()))
                if values:
                    figures[f"{metric}: {query_set}"] = sum(values.values()) / len(values)
    return figures


def _refusal_figures(part: dict[str, Any]) -> dict[str, float]:
    figures = {}
    with suppress(KeyError, TypeError):  # a part may lack either side
        figures[f"AUROC near: {part['part']}"] = part["auroc"]["near"]["value"]
    with suppress(KeyError, TypeError):
        figures[f"refused though covered: {part['part']}"] = part["false_refusals"]["value"]
    with suppress(KeyError, TypeError):
        figures[f"calibration error: {part['part']}"] = part["calibration_error"]["value"]
    return figures
