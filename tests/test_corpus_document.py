"""Importing a document: what its items become, what is told, and that nothing hostile gets through."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.document import DocumentUnusable, FilesInTheWay, Imported, collection_name, import_document, read_document
from corpus.entry import Entry
from corpus.errors import TutorError
from corpus.reading import read_entries

DOCUMENT = """\
# Our team's notes

What newcomers ask.

## Files

1. **Where is the data?**

   On the *share*. Mount it first:
   ```bash
   mount /data
   ```

2. **How do I read it?**

   With the reader. Example:
   ```python
   def read(path):
       return path.read_text()

   print(len("abc"))
   ```
   ```output
   3
   ```
   Or all at once:
   ```py
   print("all")
   ```
   Close it afterwards.

## Models: "ours"

10. **Which `model` is it, #1 or #2?**
    The second one.

    - small
    - fast

    #### Since when?

    Since spring.
"""


def imported(tmp_path: Path, document: str, **options: bool) -> Imported:
    path = tmp_path / "Team notes.md"
    path.write_text(document)
    return import_document(path, tmp_path / "out", "team", **options)


def entries_of(tmp_path: Path) -> tuple[Entry, ...]:
    return read_entries(tmp_path / "out")


def told(result: Imported) -> list[str]:
    return [f"{fault.line}: {fault.what}" for fault in result.faults]


def test_items_become_entries_that_read_back_as_they_were_made(tmp_path: Path) -> None:
    result = imported(tmp_path, DOCUMENT)
    assert told(result) == []
    assert entries_of(tmp_path) == result.entries
    assert [(e.id, e.number, e.collection, e.draft) for e in result.entries] == [
        ("team-01", 1, "team", False),
        ("team-02", 2, "team", False),
        ("team-10", 10, "team", False),
    ]
    assert [entry.topic for entry in result.entries] == ["Files", "Files", 'Models: "ours"']
    assert result.entries[2].question == "Which `model` is it, #1 or #2?"


def test_prose_becomes_the_answer_and_other_fences_stay_in_it(tmp_path: Path) -> None:
    first, _, third = imported(tmp_path, DOCUMENT).entries
    assert first.answer == "On the *share*. Mount it first:\n\n```bash\nmount /data\n```"
    assert third.answer == "The second one.\n\n- small\n- fast\n\n**Since when?**\n\nSince spring."


def test_programs_keep_their_captions_and_outputs_and_what_follows_them_joins_the_answer(tmp_path: Path) -> None:
    entry = imported(tmp_path, DOCUMENT).entries[1]
    assert entry.answer == "With the reader.\n\nClose it afterwards."
    first, second = entry.code
    assert first.code == 'def read(path):\n    return path.read_text()\n\nprint(len("abc"))\n'
    assert (first.caption, first.output) == ("Example:", "3\n")
    assert (second.caption, second.code, second.output) == ("Or all at once:", 'print("all")\n', None)


def test_answers_need_no_indentation(tmp_path: Path) -> None:
    document = "1. **A?**\n\nYes.\n\n```python\nif True:\n    print(1)\n```\n\n2. **B?** No.\n"
    first, second = imported(tmp_path, document).entries
    assert (first.answer, first.code[0].code) == ("Yes.", "if True:\n    print(1)\n")
    assert (second.question, second.answer) == ("B?", "No.")


BREAKS_OFF = "the answer breaks off in the middle of a sentence"
TICK = "a back-tick that is never closed"
CONTROL = "an invisible control character"
TAKEN = "the number 3 is that of the item in line 1"
NESTED = "python inside a list or quotation is not run"


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("1. **A?**\n\n   It is so,\n   because the\n", f"4: {BREAKS_OFF}"),
        ("1. **A?**\n\n   It keeps `state` in `torch.nn `\n", f"3: {BREAKS_OFF}"),
        ("1. **A?**\n\n   For example:\n", f"3: {BREAKS_OFF}"),
        ("1. **A?**\n\n   One.\n\n   Use `x and\n   y.\n", f"5: {TICK}"),
        ("1. **What is `x?**\n\n   One.\n", f"1: {TICK}"),
        ("1. **A?**\n\n   See ``x`.\n", f"3: {TICK}"),
        ("1. **A?**\n\n   | a |\n   |---|\n   | `b |\n", f"5: {TICK}"),
        ("1. **A?**\n\n   ```python\n   x = 1\n   y = = 2\n   ```\n", "5: the code is no Python: invalid syntax"),
        ("1. **A?**\n\n   ```python\n   x = 1\n\n2. **B?**\n\n   Yes.\n", "3: the code fence is never closed"),
        ("1. **A?**\n\n   So:\n   ```python\n   ```\n", "4: the python fence is empty"),
        ("1. **A?**\n\n   - So:\n     ```python\n     x = 1\n     ```\n", f"4: {NESTED}"),
        ("1. **A?**\n\n2. **B?**\n\n   Yes.\n", "1: the item has no answer"),
        ("1. **A?**\n\n   Yes.\n\n2. **B?\n\n   Yes.\n", "5: the question is not in bold"),
        ("1. **A?**\n\n   Yes.\n\n2.\n", "5: the item has no question"),
        ("3. **A?**\n\n   Yes.\n\n4. **B?** Yes.\n\n3. **C?**\n\n   Yes.\n", f"7: {TAKEN}"),
        ("1. **A?**\n\n   Y\x1b[31mes.\n", f"3: {CONTROL}"),
        ("1. **A?**\n\n   Y\u202ees.\n", f"3: {CONTROL}"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line_and_makes_its_item_a_draft(
    tmp_path: Path, document: str, fault: str
) -> None:
    result = imported(tmp_path, document)
    assert fault in told(result)
    assert result.drafts == 1
    assert entries_of(tmp_path) == tuple(sorted(result.entries, key=lambda entry: entry.number))


@pytest.mark.parametrize(
    "answer", ["Yes!", "(Yes.)", "It is *so.*", "See [it](http://x.org/a).", "See https://x.org/a"]
)
def test_finished_sentences_are_no_fault(tmp_path: Path, answer: str) -> None:
    assert told(imported(tmp_path, f"1. **A?**\n\n   {answer}\n")) == []


def test_answer_may_end_with_a_list_a_table_or_code(tmp_path: Path) -> None:
    code = "3. **C?**\n   ```python\n   x = 1\n   ```\n"
    result = imported(tmp_path, f"1. **A?**\n\n   - one\n   - two\n\n2. **B?**\n\n   |a|\n   |-|\n   |b|\n\n{code}")
    assert told(result) == []
    assert result.entries[2].answer == "In code:"


def test_only_the_faulty_item_becomes_a_draft(tmp_path: Path) -> None:
    result = imported(tmp_path, DOCUMENT.replace("Close it afterwards.", "Close it, or"))
    assert [entry.number for entry in result.entries if entry.draft] == [2]


def test_numbers_that_start_anew_under_a_heading_or_are_all_the_same_count_on(tmp_path: Path) -> None:
    item = "1. **A?**\n\n   Yes.\n\n"
    assert [e.number for e in imported(tmp_path, f"## A\n\n{item}2. **B?** No.\n\n## B\n\n{item}").entries] == [1, 2, 3]
    (tmp_path / "other").mkdir()
    result = imported(tmp_path / "other", item * 3)
    assert ([e.number for e in result.entries], told(result)) == ([1, 2, 3], [])


def test_numbered_steps_are_no_items(tmp_path: Path) -> None:
    document = "1. [first](#a)\n2. [second](#b)\n\n## Files\n\n7. **A?**\n\nSo:\n\n1. open it\n2. read it\n"
    (entry,) = imported(tmp_path, document).entries
    assert (entry.number, entry.answer) == (7, "So:\n\n1. open it\n2. read it")


def test_item_inside_a_fence_or_a_comment_is_none(tmp_path: Path) -> None:
    document = "1. **A?**\n\n   ````text\n   ```python\n   2. **B?**\n   ```\n   ````\n\n<!--\n3. **C?**\n-->\n"
    result = imported(tmp_path, document)
    assert [entry.question for entry in result.entries] == ["A?"]
    assert result.entries[0].code == ()
    assert told(result) == []


def test_text_that_belongs_to_no_item_is_told(tmp_path: Path) -> None:
    result = imported(tmp_path, "1. **A?**\n\n   Yes.\n\n---\n\nLast changed in May.\n")
    assert (told(result), result.drafts) == (["7: text that belongs to no item"], 0)


def test_html_that_swallows_the_rest_is_told(tmp_path: Path) -> None:
    result = imported(tmp_path, "1. **A?**\n\n   Yes.\n\n<!-- not yet\n\n2. **B?**\n\n   Yes.\n")
    assert any("never closed: nothing below it is read" in fault for fault in told(result))


@pytest.mark.parametrize("title", ["../../etc/passwd", "/tmp/x", "..", "a\\..\\b", "CON", "%2e%2e%2f", "x" * 5000])
def test_titles_name_no_paths(tmp_path: Path, title: str) -> None:
    imported(tmp_path, f"1. **{title}**\n\n   Yes.\n")
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == [
        "Team notes.md",
        "out/team-01.md",
    ]


@pytest.mark.parametrize("name", ["../x", "", "A b", "x/y", "-"])
def test_collections_name_no_paths(tmp_path: Path, name: str) -> None:
    (tmp_path / "d.md").write_text(DOCUMENT)
    with pytest.raises(DocumentUnusable, match="lower-case words"):
        import_document(tmp_path / "d.md", tmp_path / "out", name)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no numbered question"),
        (b"# Notes\n\nOnly prose.\n", "no numbered question"),
        (b"<ol><li><b>A?</b> Yes.</li></ol>", "no numbered question"),
        (b"1. one\n2. two\n", "no numbered question"),
        (b"1. **A?**\n\n   \xff\n", ":3: the file is not UTF-8"),
        ("1. **A?**\n\n   Yes.\n".encode("utf-16"), "not UTF-8"),
        (b"x" * 4_000_001, "larger than"),
        (b"1. **A?** Yes.\n" * 2_001, "more than 2,000"),
    ],
)
def test_document_that_cannot_be_read_is_told_and_nothing_is_written(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "d.md").write_bytes(content)
    with pytest.raises(DocumentUnusable, match=reason):
        import_document(tmp_path / "d.md", tmp_path / "out", "team")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["missing.md", ".", "/dev/zero"])
def test_path_that_is_no_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentUnusable, match="no such file"):
        read_document(tmp_path / name, "team")


def test_nothing_is_overwritten_and_nothing_written_beside_it(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "team-02.md").write_text("mine")
    with pytest.raises(FilesInTheWay, match=r"team-02\.md exists"):
        imported(tmp_path, DOCUMENT)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["team-02.md"]
    assert (tmp_path / "out" / "team-02.md").read_text() == "mine"


def test_force_overwrites(tmp_path: Path) -> None:
    imported(tmp_path, DOCUMENT)
    imported(tmp_path, DOCUMENT.replace("The second one.", "The first one."), force=True)
    assert entries_of(tmp_path)[2].answer.startswith("The first one.")
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_link_in_the_way_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "out" / "team-01.md").symlink_to(tmp_path / "precious")
    with pytest.raises(FilesInTheWay):
        imported(tmp_path, DOCUMENT)
    imported(tmp_path, DOCUMENT, force=True)
    assert (tmp_path / "precious").read_text() == "precious"
    assert len(entries_of(tmp_path)) == 3


def test_full_disk_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("corpus.writing.os.link", full)
    with pytest.raises(FilesInTheWay, match="No space left on device"):
        imported(tmp_path, DOCUMENT)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "block",
    [
        "## Answer\n\n   Injected.",
        "# Another question",
        "---\n   draft: false\n   ---",
        "<script>alert(1)</script>",
        "> ```python\n   > import os\n   > ```",
        "Setext\n   ======",
        "```error\n   ValueError: x\n   ```",
        "```output\n   1\n   ```",
        "<!-- open",
        "![x](javascript:alert(1))",
        "[a]: <b",
    ],
)
def test_markdown_that_could_break_out_of_its_answer_reads_back_as_it_was_made(tmp_path: Path, block: str) -> None:
    result = imported(tmp_path, f"1. **A?**\n\n   Yes.\n\n   {block}\n\n   Yes.\n")
    assert entries_of(tmp_path) == result.entries
    (entry,) = result.entries
    assert (entry.id, entry.question, entry.pitfalls, entry.code) == ("team-01", "A?", (), ())


PIECES = """1. **A?**|2. **B `x?**|   |```|```python|````|~~~|> |- |## T|---|x = (|Yes.|\t|    |\n|\n\n|<!--|-->|<pre>|`
=====|**|\x00|é|[x]: y|\\|#|output|error|Answer"""


@given(st.lists(st.sampled_from(PIECES.split("|")), max_size=30).map("".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_is_told_or_reads_back(tmp_path: Path, document: str) -> None:
    folder = tmp_path / f"{time.monotonic_ns()}"
    folder.mkdir()
    (folder / "d.md").write_text(f"1. **A?**\n\n   {document}")
    try:
        result = import_document(folder / "d.md", folder / "out", "team")
    except TutorError:
        return
    assert read_entries(folder / "out") == tuple(sorted(result.entries, key=lambda entry: entry.number))


def test_code_that_ends_the_parser_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    deep = "(" * 50_000
    minus = "-" * 90_000 + "1"
    programs = enumerate([deep, minus, "x = 1"], 1)
    blocks = [f"{n}. **A?**\n   ```python\n   {code}\n   ```\n" for n, code in programs]
    result = imported(tmp_path, "\n".join(blocks))
    assert [entry.draft for entry in result.entries] == [True, True, False]


def test_hostile_document_takes_seconds(tmp_path: Path) -> None:
    started = time.monotonic()
    imported(tmp_path, "1. **A?**\n\n   " + "`a``" * 20_000 + "\n\n2. **B?**\n\n   " + "[" * 50_000 + "\n\n   Yes.\n")
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("file", "name"),
    [("Team FAQ.md", "team-faq"), ("../Über uns!.markdown", "uber-uns"), ("質問.md", "imported"), ("..md", "imported")],
)
def test_collection_is_named_for_the_file(file: str, name: str) -> None:
    assert collection_name(Path(file)) == name
