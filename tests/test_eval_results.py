"""Saved results: what is written is read, what is broken is told, and changes are tested on the same queries."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.evaluation import Found, Miss, Table
from eval.results import FORMAT, Result, ResultUnusable, as_json, compared, read_result, releases

FOUND = Found(
    values={"set": {"success@1": {"a": 1.0, "b": 0.0}}, "empty": {"success@1": {}}},
    tables=(Table("Title", ("a", "b"), (("1", "[x]"),)),),
    worst=(Miss("set", "b", "e at 2"),),
    milliseconds={"search": 1.5},
    details={"threshold": 0.5, "nothing": None, "list": [[1, 2.0]]},
)
RESULT = Result({"version": "1.2.3", "date": "2026-11-24"}, {"retrieval": FOUND})


def saved(folder: Path, result: Result, name: str = "saved.json") -> Path:
    path = folder / name
    path.write_text(as_json(result), encoding="utf-8")
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_result(saved(tmp_path, RESULT)) == RESULT


def test_the_values_of_a_set_are_one_line() -> None:
    assert '"success@1": {"a": 1.0, "b": 0.0}' in as_json(RESULT)


def test_numbers_are_rounded_to_four_digits() -> None:
    found = replace(FOUND, details={"share": 1 / 3, "many": [2 / 3]})
    details = json.loads(as_json(Result({}, {"x": found})))["evaluations"]["x"]["details"]
    assert details == {"share": 0.3333, "many": [0.6667]}


WHOLE = {"format": FORMAT, "about": {}, "evaluations": {}}
PARTS = {"values": {}, "tables": [], "worst": [], "milliseconds": {}, "details": {}}
BROKEN = {
    "": "cannot be read as a result",
    "[" * 100_000: "cannot be read as a result",
    "[]": f"is no result of format {FORMAT}",
    '{"format": 99}': f"is no result of format {FORMAT}",
    json.dumps({"format": FORMAT}): "is a broken result (KeyError: 'about')",
    json.dumps(WHOLE | {"evaluations": 3}): "is a broken result",
    json.dumps(WHOLE | {"evaluations": {"x": {}}}): "is a broken result (KeyError: 'values')",
    json.dumps(WHOLE | {"evaluations": {"x": PARTS | {"values": {"set": {"m": {"a": "high"}}}}}}): "is a broken result",
    json.dumps(WHOLE | {"evaluations": {"x": PARTS | {"tables": [{}]}}}): "is a broken result (KeyError: 'title')",
}


@pytest.mark.parametrize(("text", "told"), BROKEN.items())
def test_a_file_that_is_no_result_is_told_with_its_path(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text(text)
    with pytest.raises(ResultUnusable) as error:
        read_result(path)
    assert str(error.value).startswith(f"{path}: {told}")
    assert str(error.value).endswith("; save one with: python -m eval all --json > FILE")


def test_releases_come_in_the_order_of_time_and_version(tmp_path: Path) -> None:
    for version, date in (("0.10.0", "2026-02-01"), ("0.9.0", "2026-02-01"), ("0.2.0", "2026-01-01")):
        saved(tmp_path, Result({"version": version, "date": date}, {}), f"{version}.json")
    assert [one.about["version"] for one in releases(tmp_path)] == ["0.2.0", "0.9.0", "0.10.0"]


def with_values(values: dict[str, float]) -> Result:
    return Result({}, {"retrieval": replace(FOUND, values={"set": {"success@1": values}})})


def test_a_change_is_measured_on_the_queries_that_both_have() -> None:
    before, now = {"a": 0.0, "b": 0.0, "gone": 1.0}, {"b": 1.0, "a": 0.0, "new": 0.0}
    (row,) = compared(with_values(before), with_values(now), "old.json")["retrieval"].rows
    assert row[:7] == ("set", "success@1", "2", "2", "0.000", "0.500", "+0.500 [+0.000, +1.000]")


def test_a_change_of_all_of_many_queries_is_significant_and_one_of_a_single_query_is_not() -> None:
    ids = [str(number) for number in range(40)]
    worse = dict.fromkeys(ids, 0.0)
    one, every = worse | {"7": 1.0}, dict.fromkeys(ids, 1.0)
    ps = [float(compared(with_values(worse), with_values(v), "")["retrieval"].rows[0][-1]) for v in (one, every)]
    assert ps[0] == 1.0
    assert ps[1] < 0.001


def test_what_saving_rounds_off_is_no_change(tmp_path: Path) -> None:
    now = with_values({str(number): 1 / (3 + number) for number in range(20)})
    before = read_result(saved(tmp_path, now))
    assert compared(before, now, "")["retrieval"].rows[0][-1] == "1.0000"


def test_a_baseline_without_a_common_query_is_no_baseline() -> None:
    with pytest.raises(ResultUnusable, match=r"old.json: holds no query that was asked now \(retrieval\)"):
        compared(with_values({"a": 1.0}), with_values({"b": 1.0}), "old.json")
