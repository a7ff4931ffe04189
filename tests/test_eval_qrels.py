"""Query files: what is wrong is told with its place; nothing is copied from the corpus; the split is by entry."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from corpus.entry import Entry
from corpus.reading import BUNDLED, read_entries
from eval.__main__ import main
from eval.qrels import QUERIES, QueriesUnusable, Query, holds_dialogues, query_sets, read_sets, side
from index.passage import passages


def write(folder: Path, *lines: object, name: str = "some.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


@pytest.mark.parametrize("number", ["q2", "q02"])
def test_entries_are_named_by_id_or_by_number(number: str, tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    path = write(tmp_path, {"id": "a", "text": "?", "relevant": {"grad": 1, number: 2}, "source": "x"})
    assert read_sets([path], entries) == {"some": [Query("a", "?", {"grad": 1, "save": 2})]}


def test_the_best_entries_are_those_of_the_highest_grade(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    path = write(
        tmp_path,
        {"id": "a", "text": "?", "relevant": {"grad": 1, "save": 2}},
        "",
        {"id": "b", "text": "?", "kind": "far"},
    )
    first, second = read_sets([path], entries)["some"]
    assert (first.best, first.grade) == ({"save"}, 2)
    assert (second.best, second.grade, second.kind) == (set(), 0, "far")


FAULTS = {
    "{": "not JSON",
    "[]": "no 'id' and 'text'",
    '{"id": "a"}': "no 'id' and 'text'",
    '{"id": "a", "text": ""}': "no 'id' and 'text'",
    '{"id": 7, "text": "?"}': "no 'id' and 'text'",
    '{"id": "a", "text": "?", "relevant": ["grad"]}': "does not map entries to grades",
    '{"id": "a", "text": "?", "relevant": {"grad": "2"}}': "does not map entries to grades",
    '{"id": "a", "text": "?", "relevant": {"grad": 0}}': "does not map entries to grades",
    '{"id": "a", "text": "?", "relevant": {"grad": true}}': "does not map entries to grades",
    '{"id": "a", "text": "?", "relevant": {"nowhere": 2}}': "no entry 'nowhere'",
    '{"id": "a", "text": "?", "relevant": {"q99": 2}}': "no entry 'q99'",
    '{"id": "first", "text": "?"}': "the id 'first' is also in some.jsonl:1",
    '{"id": "a", "text": "?", "relevant": {"grad": 2, "q1": 1}}': "the entry 'grad' has two grades",
    '{"id": "a", "text": "?", "relevant": {"grad": 2, "grad": 1}}': "the key 'grad' comes twice",
    '{"id": "a", "text": "?", "text": "!"}': "the key 'text' comes twice",
    '{"id": "a", "text": "?", "kind": 3}': "'kind' is no text",
    '{"id": "a", "text": "?", "kind": "near", "relevant": {"grad": 2}}': "kind 'near' has relevant entries",
    '{"id": "a", "text": "\\ud83d"}': "half of a surrogate pair",
    '{"id": "a", "turns": ["?", "!"]}': "the line is a dialogue",
    "[" * 100_000: "not JSON",
}


@pytest.mark.parametrize(("line", "told"), FAULTS.items())
def test_a_broken_line_is_told_with_its_place(line: str, told: str, tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    path = write(tmp_path, {"id": "first", "text": "?"}, line)
    with pytest.raises(QueriesUnusable, match=rf"{re.escape(str(path))}:2: .*{re.escape(told)}.*; \w"):
        read_sets([path], entries)


def test_every_fault_is_told_at_once(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    path = write(tmp_path, "{", "[]")
    with pytest.raises(QueriesUnusable, match=r":1: [^\n]+\n[^\n]+:2: "):
        read_sets([path, tmp_path / "absent.jsonl"], entries)


def test_an_id_may_not_come_back_in_another_file(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    paths = [write(tmp_path, {"id": "a", "text": "?"}, name=name) for name in ("one.jsonl", "two.jsonl")]
    with pytest.raises(QueriesUnusable, match=r"two.jsonl:1: the id 'a' is also in one.jsonl:1"):
        read_sets(paths, entries)


@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_a_file_without_a_query_is_a_fault(lines: list[str], tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    with pytest.raises(QueriesUnusable, match=r"some.jsonl:1: the file holds no query; \w"):
        read_sets([write(tmp_path, *lines)], entries)


def test_a_file_that_is_named_twice_is_told(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    path = write(tmp_path, {"id": "a", "text": "?"})
    with pytest.raises(QueriesUnusable, match=r"the id 'a' is also in some.jsonl:1"):
        read_sets([path, path], entries)


def test_files_of_one_name_stay_two_sets(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    paths = [write(tmp_path / folder, {"id": folder, "text": "?"}) for folder in ("one", "two")]
    assert list(read_sets(paths, entries)) == ["one/some", "two/some"]


def test_only_the_projects_own_files_have_a_side(tmp_path: Path) -> None:
    assert {side(path) for path in OWN} == {"dev", "test"}
    assert side(tmp_path / "dev_questions.jsonl") == "outside"


@pytest.mark.parametrize(
    ("line", "dialogues"),
    [('{"id": "d", "turns": ["a", "b"]}', True), ('{"id": "q", "text": "a"}', False), ("{", False), ("", False)],
)
def test_dialogues_are_known_by_their_turns(line: str, dialogues: bool, tmp_path: Path) -> None:
    assert holds_dialogues(write(tmp_path, "", line)) is dialogues


def test_a_line_break_inside_a_text_does_not_break_the_line(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    path = write(tmp_path, '{"id": "a", "text": "one\u2028two\x85three"}')
    assert read_sets([path], entries)["some"][0].text == "one\u2028two\x85three"


@pytest.mark.integration
def test_the_command_tells_faults_and_ends_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, {"id": "a", "text": "?", "relevant": {"nowhere": 2}})
    monkeypatch.setattr("sys.argv", ["eval", "retrieval", "--queries", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert f"{path}:1: no entry 'nowhere'" in capsys.readouterr().err


# The project's own queries

OWN = query_sets("*")
WORD = re.compile(r"[\w.'-]*\w")
RUN = 5
LONG_RUN = 8
QUOTES_PROGRAMS = {"traceback", "code", "symptom"}
OUTPUT = {"symptom", "pitfall"}
PROGRAM = re.compile(r"^    |Error|Warning|Exception|\w[(.=_]\w")


@pytest.fixture(scope="module")
def bundled() -> tuple[Entry, ...]:
    return read_entries(BUNDLED)


@pytest.fixture(scope="module")
def own(bundled: tuple[Entry, ...]) -> dict[str, list[Query]]:
    return read_sets(OWN, bundled)


def test_there_are_query_sets_of_each_kind_for_both_sides() -> None:
    kinds = ("code", "follow_ups", "out_of_scope", "questions", "symptoms", "tracebacks")
    assert [path.stem for path in OWN] == [f"{side}_{kind}" for side in ("dev", "test") for kind in kinds]
    assert all(path.parent == QUERIES for path in OWN)


def test_each_side_puts_queries_in_every_way_that_people_do(own: dict[str, list[Query]]) -> None:
    ways = {"paraphrase", "keyword", "typo", "symptom", "traceback", "code", "follow-up", "near", "far"}
    for part in ("dev", "test"):
        asked = [query for name in own if name.startswith(part) for query in own[name]]
        few = {way for way in ways if sum(query.kind == way for query in asked) < 10}
        assert few == set()
        assert {query.kind for query in asked} == ways
    assert sum(map(len, own.values())) >= 900


def test_every_entry_is_asked_for(own: dict[str, list[Query]], bundled: tuple[Entry, ...]) -> None:
    asked = {entry_id for queries in own.values() for query in queries for entry_id in query.best}
    assert asked == {entry.id for entry in bundled}


def test_development_and_test_queries_ask_for_different_entries(own: dict[str, list[Query]]) -> None:
    sides = {
        side: {entry_id for name in own if name.startswith(side) for query in own[name] for entry_id in query.best}
        for side in ("dev", "test")
    }
    assert sides["dev"]
    assert not sides["dev"] & sides["test"]


def test_uncovered_queries_are_far_or_near(own: dict[str, list[Query]]) -> None:
    for part in ("dev", "test"):
        uncovered = own[f"{part}_out_of_scope"]
        assert {query.kind for query in uncovered} == {"far", "near"}
        assert not any(query.relevant for query in uncovered)


def test_no_query_is_copied_from_a_passage(own: dict[str, list[Query]], bundled: tuple[Entry, ...]) -> None:
    """A copy shares a run of words with a passage that is half of its own line, or that is long.

    What a program prints is the same for everybody who quotes it, and so is code: of the queries that quote programs
    only the lines of prose count, and only against prose; code is compared with nothing. ``torch.save`` is one word.
    """
    texts = [(passage.kind, words(passage.text)) for entry in bundled for passage in passages(entry)]
    everything = runs(text for kind, text in texts if kind != "code")
    prose = runs(text for kind, text in texts if kind != "code" and kind not in OUTPUT)
    copied = [
        f"{query.id}: {line}"
        for queries in own.values()
        for query in queries
        for line in query.text.split("\n")
        if not (query.kind in QUOTES_PROGRAMS and PROGRAM.search(line))
        and is_copied(words(line), prose if query.kind in QUOTES_PROGRAMS else everything)
    ]
    assert copied == []


@pytest.mark.parametrize(
    ("line", "copied"),
    [
        ("Why do gradients keep growing?", True),
        ("hello, why do gradients keep growing for me", True),
        ("why would any gradients keep growing", False),
        ("I saw a long text on the way home and asked why do gradients keep growing", False),
    ],
)
def test_the_rule_for_copies_finds_copies(line: str, copied: bool) -> None:
    assert is_copied(words(line), runs([words("Why do gradients keep growing?")])) is copied


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def runs(texts: Iterable[list[str]]) -> dict[int, set[tuple[str, ...]]]:
    """All runs of each length that matters."""
    found: dict[int, set[tuple[str, ...]]] = {length: set() for length in range(RUN, LONG_RUN + 1)}
    for text in texts:
        for length, known in found.items():
            known.update(cut(text, length))
    return found


def cut(text: list[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(text[start : start + length]) for start in range(len(text) - length + 1))


def is_copied(line: list[str], known: dict[int, set[tuple[str, ...]]]) -> bool:
    shared = max((length for length in known if any(run in known[length] for run in cut(line, length))), default=0)
    return shared >= LONG_RUN or (shared > 0 and 2 * shared >= len(line))
