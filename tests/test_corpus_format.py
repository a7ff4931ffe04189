"""The form that every bundled lesson keeps; each test names the lessons that do not."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.entry import Entry, Snippet
from corpus.reading import BUNDLED, read_entries

LESSONS = [entry for entry in read_entries(BUNDLED) if not entry.draft]

FEWER_PITFALLS: dict[str, str] = {}
"""Lessons whose topic has fewer than two pitfalls, by id, and why."""


def breaking(rule: Callable[[Entry], bool]) -> list[str]:
    return [entry.id for entry in LESSONS if not rule(entry)]


def sentences(markdown: str) -> int:
    """How many sentences end in ``markdown``; fences and what stands in back-ticks have none."""
    prose = re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)
    prose = re.sub(r"`[^`]*`", "code", prose)
    prose = re.sub(r"\b(e\.g|i\.e|etc|vs|cf)\.", "abbreviation", prose)
    return len(re.findall(r"[.!?]+[)\"'*_]*(?=\s|$)", prose))


@pytest.mark.parametrize(
    ("text", "count"),
    [("One.", 1), ("One. Two!", 2), ("Use `a.b. c`, e.g. here, 0.5 say.", 1), ("*One.* (Two?)", 2), ("no end", 0)],
)
def test_sentences_are_counted(text: str, count: int) -> None:
    assert sentences(text) == count


def test_answer_has_two_to_six_sentences() -> None:
    assert breaking(lambda entry: 2 <= sentences(entry.answer) <= 6) == []


def test_every_section_is_there() -> None:
    assert breaking(lambda entry: all((entry.explanation, entry.code, entry.follow_ups, entry.references))) == []


def test_two_pitfalls_or_a_reason() -> None:
    assert breaking(lambda entry: len(entry.pitfalls) >= 2 or entry.id in FEWER_PITFALLS) == []


def test_reasons_are_for_lessons_that_need_them() -> None:
    assert breaking(lambda entry: entry.id not in FEWER_PITFALLS or len(entry.pitfalls) < 2) == []
    assert set(FEWER_PITFALLS) <= {entry.id for entry in LESSONS}


def test_five_other_ways_to_ask_and_no_two_the_same() -> None:
    assert breaking(lambda entry: len({text.casefold() for text in entry.also_asked}) >= 5) == []
    asked = Counter(text.casefold() for entry in LESSONS for text in {entry.question, *entry.also_asked})
    assert [text for text, count in asked.items() if count > 1] == []


def test_there_are_symptoms() -> None:
    assert breaking(lambda entry: len(entry.symptoms) >= 1) == []


def test_three_follow_ups_that_are_questions() -> None:
    assert breaking(lambda entry: len(entry.follow_ups) >= 3) == []
    assert breaking(lambda entry: all(follow_up.question.endswith("?") for follow_up in entry.follow_ups)) == []


def test_three_to_six_key_points_that_are_short() -> None:
    assert breaking(lambda entry: 3 <= len(entry.key_points) <= 6) == []
    assert breaking(lambda entry: all(len(point.split()) <= 40 for point in entry.key_points)) == []


def test_links_name_other_lessons_that_are_served() -> None:
    served = {entry.id for entry in LESSONS}
    assert breaking(lambda entry: set(entry.see_also) <= served - {entry.id}) == []


def test_no_code_only_lists_names() -> None:
    def says_something(snippet: Snippet) -> bool:
        return snippet.error is not None or bool(re.search(r"\b(print|assert|raise|show)\b", snippet.code))

    assert [s.id for entry in LESSONS for s in entry.code if not says_something(s)] == []


def test_code_parses_and_defines_the_names_it_uses(tmp_path: Path) -> None:
    snippets = [snippet for entry in LESSONS for snippet in entry.snippets()]
    files = {f"{number}.py": snippet for number, snippet in enumerate(snippets)}
    for name, snippet in files.items():
        (tmp_path / name).write_text(snippet.code)
    check = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F821,F822,F823"]
    told = subprocess.run([*check, "--output-format", "json", tmp_path], capture_output=True, text=True, check=False)
    found = [(files[Path(one["filename"]).name], one["message"]) for one in json.loads(told.stdout)]
    assert [f"{snippet.id}: {message}" for snippet, message in found if not is_stated(snippet)] == []


def is_stated(snippet: Snippet) -> bool:
    """Whether the missing name is what the snippet shows."""
    return snippet.error is not None and snippet.error.type in ("NameError", "UnboundLocalError")


def test_the_check_of_names_sees_syntax_errors_and_undefined_names(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = = 1\n")
    (tmp_path / "b.py").write_text("print(nix)\n")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F821", "--output-format"]
    told = subprocess.run([*command, "json", tmp_path], capture_output=True, text=True, check=False)
    assert {Path(one["filename"]).name for one in json.loads(told.stdout)} == {"a.py", "b.py"}
