"""The page: complete in itself, true to the result, and without the texts of outside queries."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from eval.drawing import line_chart, share_axis
from eval.evaluation import Found, Miss, Table
from eval.report import own_texts, write_page
from eval.results import Result, ResultUnusable

PART = {
    "part": "test",
    "false_refusals": {"value": 0.05},
    "auroc": {"near": {"value": 0.9}},
    "calibration_error": None,
    "reliability": [[5, 0.2, 0.1], [20, 0.9, 0.95]],
    "trade_off": {"covered": [1.0, 0.8, 0.0], "near": [1.0, 0.2, 0.0]},
}
RETRIEVAL = Found(
    values={"test_questions": {"success@1": {"a": 1.0, "b": 0.0}}},
    tables=(Table("The right entry <found>", ("queries", "n"), (("test_questions", "2"),)),),
    worst=(Miss("test_questions", "own", "x at 3"), Miss("questions", "outside", "x at 2")),
    milliseconds={"the whole search": 6.25},
    details={"confusions": [{"part": "test", "wanted": "x", "found": "y", "queries": ["own"]}]},
)
ABSTENTION = Found(values={}, tables=(), details={"threshold": 0.5, "parts": [PART]})
RESULT = Result({"version": "2.0.0", "date": "2026-11-24"}, {"retrieval": RETRIEVAL, "abstention": ABSTENTION})
OLDER = replace(RESULT, about={"version": "1.0.0", "date": "2026-10-01"})


def page(folder: Path, result: Result = RESULT, history: tuple[Result, ...] = ()) -> str:
    path = folder / "page.html"
    write_page(path, result, history, {"own": "<b>my own & only</b>"})
    return path.read_text(encoding="utf-8")


def test_the_page_is_well_formed(tmp_path: Path) -> None:
    open_tags: list[str] = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag != "meta":
                open_tags.append(tag)

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            pass

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Checker().feed(page(tmp_path, history=(OLDER, RESULT)))
    assert open_tags == []


def test_the_page_fetches_nothing_and_runs_nothing(tmp_path: Path) -> None:
    drawn = page(tmp_path, history=(OLDER, RESULT))
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|@import|\bon\w+=", drawn)


def test_texts_are_those_of_own_queries_and_are_escaped(tmp_path: Path) -> None:
    drawn = page(tmp_path)
    assert "&lt;b&gt;my own &amp; only&lt;/b&gt;" in drawn
    assert "<td>outside</td><td>x at 2</td><td></td>" in drawn
    assert "The right entry &lt;found&gt;" in drawn


def test_confusions_times_and_curves_are_drawn(tmp_path: Path) -> None:
    drawn = page(tmp_path)
    assert '<td>x</td><td>y</td><td class="number">1</td><td>own</td>' in drawn
    assert '<td class="number">6.25</td>' in drawn
    assert re.findall(r"<figcaption>(.*?)</figcaption>", drawn) == [
        "Reliability, test",
        "Answered from a threshold on, test",
    ]


def test_the_history_tells_each_release_and_draws_two_or_more(tmp_path: Path) -> None:
    one, two = page(tmp_path, history=(RESULT,)), page(tmp_path, history=(OLDER, RESULT))
    row = '<td class="number">2.0.0</td><td class="number">2026-11-24</td><td class="number">0.500</td>'
    assert row in one
    assert row in two
    assert "success@1 over releases" not in one
    assert "success@1 over releases" in two


def test_a_result_without_what_is_drawn_is_told(tmp_path: Path) -> None:
    broken = Result({}, {"retrieval": replace(RETRIEVAL, details={})})
    with pytest.raises(ResultUnusable, match="lacks what the page draws"):
        page(tmp_path, broken)


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResultUnusable, match="cannot be written: Is a directory"):
        write_page(tmp_path, RESULT, (), {})


def test_another_evaluation_needs_nothing_from_the_page(tmp_path: Path) -> None:
    other = Result({}, {"answers": Found(values={"set": {"share": {"a": 0.5}}}, tables=RETRIEVAL.tables)})
    assert "<h2>answers</h2>" in page(tmp_path, other, history=(other,))


def test_a_chart_is_xml_and_keeps_its_points_inside() -> None:
    drawn = line_chart("A & B", {"l": [(0, 0), (0.5, 1), (1, 0.25)]}, share_axis("x"), share_axis("y"), diagonal=True)
    svg = re.search(r"<svg.*</svg>", drawn, re.DOTALL)
    assert svg
    root = ElementTree.fromstring(svg[0])
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    circles = root.findall("circle")
    assert len(circles) == 3
    assert all(0 <= float(c.attrib["cx"]) <= width and 0 <= float(c.attrib["cy"]) <= height for c in circles)


def test_own_texts_are_those_of_the_projects_queries() -> None:
    texts = own_texts()
    assert len(texts) >= 900
    assert all(texts.values())
