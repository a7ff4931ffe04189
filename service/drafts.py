"""From a gap to an entry: a draft for an author to write, taken into the corpus only once its code does what it states.

::

    TutorError
    └── DraftUnusable    the draft cannot be written, is no sound entry, or its code is not as stated
"""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten

import yaml

from corpus.entry import Entry
from corpus.errors import TutorError
from corpus.reading import read_entries
from service.gaps import Gap
from service.verify import Checked, Verifier

COLLECTION = "community"
MAX_ID_WORDS = 6
MAX_QUESTION = 150
MAX_ASKED = 20
_DRAFT = re.compile(r"^draft: true\n", re.MULTILINE)
_ERROR = re.compile(r"\b\w*(Error|Exception|Warning)\b")

BODY = """
# {question}

## Answer

To be written: two to six sentences that answer the question and stand alone.

## Code

To be written: a program that shows it.

```python
raise NotImplementedError("write the program that shows the answer")
```
"""


class DraftUnusable(TutorError):
    """The draft cannot be written or accepted; the message says why."""


def write_draft(gap: Gap, entries: Sequence[Entry], folder: Path) -> Path:
    """Write a draft entry for ``gap`` into ``folder``, for an author to complete; returns its path.

    Raises:
        DraftUnusable: there is one already, or the folder cannot be written.
    """
    known = {entry.id: entry for entry in entries}
    entry_id = _new_id(gap.question, set(known))
    wordings = dict.fromkeys(shorten(shortfall.question, MAX_QUESTION) for shortfall in gap.shortfalls)
    asked = [wording for wording in wordings if wording][:MAX_ASKED]
    nearest = [known[name] for name in gap.nearest if name in known]
    numbers = [entry.number for entry in entries if entry.collection == COLLECTION]
    fields = {
        "id": entry_id,
        "number": max(numbers, default=0) + 1,
        "collection": COLLECTION,
        "topic": nearest[0].topic if nearest else "To be written",
        "also_asked": [text for text in asked if not _ERROR.search(text)],
        "symptoms": [text for text in asked if _ERROR.search(text)],
        "see_also": [entry.id for entry in nearest],
        "draft": True,
    }
    front = yaml.safe_dump({k: v for k, v in fields.items() if v != []}, sort_keys=False, allow_unicode=True, width=110)
    path = folder / f"{entry_id}.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(f"---\n{front}---\n{BODY.format(question=_heading(gap.question))}")
    except FileExistsError as error:
        raise DraftUnusable(f"{path} is there already; complete it, or remove it") from error
    except OSError as error:
        raise DraftUnusable(f"cannot write {path}: {error.strerror}") from error
    return path


def accept(path: Path, corpus: Path, verifier: Verifier, beside: Sequence[Path] = ()) -> list[Checked]:
    """Take the draft at ``path`` into the folder ``corpus`` if every snippet ran here as stated; returns what ran.

    Args:
        beside: the other folders of entries that are served; it may name their entries, and must not clash with them.

    Raises:
        CorpusError: it is no sound entry, or clashes with another one.
        DraftUnusable: it has no code, a snippet is not as stated or could not be run, or it cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            text = _DRAFT.sub("", path.read_text(encoding="utf-8"), count=1)
            Path(folder, path.name).write_text(text, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DraftUnusable(f"{path} cannot be read: {error}") from error
        filled = [corpus] if any(corpus.rglob("*.md")) else []  # the first entry of a folder has none beside it
        entry = next(entry for entry in read_entries(*beside, *filled, Path(folder)) if entry.id == path.stem)
    checked = [verifier.check(snippet) for snippet in entry.snippets()]
    wrong = [f"{result.snippet.id}: {result.deviation}" for result in checked if not result.as_stated]
    if wrong or not checked:
        reasons = "; ".join(wrong) or "it has no code to show its answer"
        raise DraftUnusable(f"{path} is not accepted: {reasons}")
    try:
        with (corpus / path.name).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise DraftUnusable(f"cannot write {corpus / path.name}: {error.strerror}") from error
    return checked


def _new_id(question: str, taken: set[str]) -> str:
    words = re.findall(r"[a-z0-9]+", question.lower())[:MAX_ID_WORDS] or ["gap"]
    wanted = "-".join(words)[:60].strip("-")
    return wanted if wanted not in taken else f"{wanted}-gap"


def _heading(question: str) -> str:
    """The question as a heading: one line, without what Markdown would take for markup."""
    return re.sub(r"[`*_#<>\[\]\\]", "", shorten(question, MAX_QUESTION)).strip() or "To be written"
