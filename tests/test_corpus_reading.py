"""The corpus format: what is read, and that every fault is told with its line and its mending."""

from pathlib import Path

import pytest

from corpus.entry import StatedError
from corpus.errors import CorpusError
from corpus.reading import BUNDLED, main, read_entries

ENTRY = """\
---
id: no-grad
number: 23
collection: interview
topic: Training
also_asked: [how do I switch gradients off]
symptoms: ["RuntimeError: out of memory"]
---

# When would you use torch.no_grad()?

## Answer

For inference.

```text
a diagram
```

## Code

Look:

```python
print(1)
```
```output
1
```

And on a GPU:

```python cuda
print(2)
```

## Pitfalls

### Backward inside it

There is no graph.

```python broken
raise RuntimeError("does not require grad: 0")
```
```error
RuntimeError: does not require grad
```

Outside it:

```python mended
print(3)
```

## Follow-ups

### Is eval() the same?

No.

```python
print(4)
```
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "no-grad.md").write_text(ENTRY)
    return tmp_path


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(CorpusError) as caught:
        read_entries(folder)
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


def change(folder: Path, old: str, new: str) -> list[str]:
    assert old in ENTRY
    (folder / "no-grad.md").write_text(ENTRY.replace(old, new, 1))
    return faults_of(folder)


def test_front_matter_and_question_are_read(folder: Path) -> None:
    (entry,) = read_entries(folder)
    assert (entry.id, entry.number, entry.collection) == ("no-grad", 23, "interview")
    assert entry.question == "When would you use torch.no_grad()?"
    assert entry.also_asked == ("how do I switch gradients off",)


def test_answer_keeps_fences_that_are_no_code(folder: Path) -> None:
    (entry,) = read_entries(folder)
    assert entry.answer == "For inference.\n\n```text\na diagram\n```"


def test_code_has_captions_outputs_and_devices(folder: Path) -> None:
    (entry,) = read_entries(folder)
    first, second = entry.code
    assert (first.id, first.caption, first.code, first.output) == ("no-grad#code-1", "Look:", "print(1)\n", "1\n")
    assert (second.caption, second.device, second.output) == ("And on a GPU:", "cuda", None)


def test_pitfall_has_broken_code_with_its_error_and_mended_code(folder: Path) -> None:
    (pitfall,) = read_entries(folder)[0].pitfalls
    assert pitfall.text == "There is no graph."
    assert pitfall.broken.error == StatedError("RuntimeError", "does not require grad")
    assert (pitfall.mended.caption, pitfall.mended.error) == ("Outside it:", None)


def test_follow_up_has_its_own_answer_and_code(folder: Path) -> None:
    (follow_up,) = read_entries(folder)[0].follow_ups
    assert (follow_up.question, follow_up.answer) == ("Is eval() the same?", "No.")
    assert [snippet.id for snippet in follow_up.snippets] == ["no-grad#follow-up-1-code-1"]


def test_snippets_come_in_reading_order(folder: Path) -> None:
    assert [snippet.id.partition("#")[2] for snippet in read_entries(folder)[0].snippets()] == [
        "code-1",
        "code-2",
        "pitfall-1-broken",
        "pitfall-1-mended",
        "follow-up-1-code-1",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("number: 23", "", "no-grad.md:1: the field 'number' is missing; add 'number: …'"),
        ("topic:", "topics:", "no-grad.md:5: unknown field 'topics'; use one of: id"),
        ("number: 23", "number: twenty", "no-grad.md:3: the field 'number' is not a whole number from 1"),
        ("id: no-grad", "id: grad", "no-grad.md:2: the id is not the file's name 'no-grad'"),
        ("topic: Training", "topic: a: b", "no-grad.md:5: the front matter is not YAML"),
        ("topic: Training", "id: no-grad", "no-grad.md:5: the field 'id' stands twice"),
        ("# When would", "When would", "no-grad.md:1: no question; write it as '# …'"),
        ("## Answer", "## Anwser", "no-grad.md:12: unknown section 'Anwser'"),
        ("print(4)\n```", "print(4)", "no-grad.md:62: the code fence is never closed; add a line '```'"),
        ("```text", "```python", "no-grad.md:16: a python fence in 'Answer'; move code to 'Code'"),
        ("```python cuda", "```python gpu", "no-grad.md:33: unknown word 'gpu' after 'python'"),
        ("```error\nRuntimeError: does not require grad\n```", "", "no-grad.md:39: the broken code does not say how"),
        ("```python mended", "```python", "no-grad.md:39: the pitfall 'Backward inside it' has no broken code"),
        ("There is no graph.\n", "", "no-grad.md:39: the pitfall 'Backward inside it' is not explained"),
        ("No.\n", "", "no-grad.md:58: the follow-up 'Is eval() the same?' has no answer"),
        ("symptoms:", "see_also: [eval]\nsymptoms:", "no-grad.md:1: see_also names 'eval', which is no other entry"),
    ],
)
def test_fault_is_told_with_its_line_and_mending(folder: Path, old: str, new: str, told: str) -> None:
    assert any(fault.startswith(told) for fault in change(folder, old, new)), change(folder, old, new)


def test_all_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "no-grad.md").write_text(ENTRY.replace("number: 23", "number: 0").replace("topic:", "theme:"))
    (folder / "other.md").write_bytes(b"---\nid: other\n\xff\n---\n")
    told = faults_of(folder)
    assert {fault.partition(":")[0] for fault in told} == {"no-grad.md", "other.md"}
    assert "other.md:3: the file is not UTF-8; save it as UTF-8" in told
    assert len(told) == 4


@pytest.mark.parametrize("same", ["id", "number"])
def test_ids_and_numbers_are_unique(folder: Path, same: str) -> None:
    (folder / "below").mkdir()
    name, number = ("no-grad", 24) if same == "id" else ("other", 23)
    copy = ENTRY.replace("id: no-grad", f"id: {name}").replace("number: 23", f"number: {number}")
    (folder / "below" / f"{name}.md").write_text(copy)
    assert any("is also that of" in fault for fault in faults_of(folder))


def test_a_folder_without_entries_is_a_fault(tmp_path: Path) -> None:
    assert "no entry files here" in faults_of(tmp_path)[0]


def test_windows_line_ends_are_read(folder: Path) -> None:
    (folder / "no-grad.md").write_bytes(ENTRY.replace("\n", "\r\n").encode())
    assert read_entries(folder)[0].code[0].code == "print(1)\n"


def test_checking_a_faulty_folder_exits_1_and_prints_the_faults(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "no-grad.md").write_text("text")
    assert main([str(folder)]) == 1
    assert "no-grad.md:1: no front matter" in capsys.readouterr().err


def test_the_bundled_corpus_is_sound_and_has_all_forty_questions() -> None:
    numbers = [entry.number for entry in read_entries(BUNDLED) if entry.collection == "interview"]
    assert numbers == list(range(1, 41))


def test_every_bundled_entry_has_substance_and_two_follow_ups() -> None:
    thin = [e.id for e in read_entries(BUNDLED) if len(e.answer.split()) < 30 or len(e.follow_ups) < 2]
    assert thin == []
