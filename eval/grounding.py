"""What a language model's words are worth: held against the lessons, run in the sandbox, and beside no model at all.

First, how well the support score tells supported sentences from others (``eval/support.py``). Then, where ``TUTOR_LLM``
names a model, :data:`QUESTIONS` of the queries are answered twice, by it and by the lessons alone.
"""

import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpus.entry import Entry
from eval.answers import paragraphs, share, words
from eval.evaluation import WORST, Bench, Evaluation, Found, Miss, Table
from eval.metrics import mean
from eval.qrels import Query, query_sets, read_sets
from eval.support import table
from service.events import Done, Reply, Sentence, ShownSnippet, Text
from service.grounding import Grounding
from service.memory import Memory
from service.tutor import Tutor
from service.wiring import build_tutor, make_sandbox

QUESTIONS = 40
SEED = 7
MEASURED = ("supported", "cited", "right", "key_points")
COLUMNS = (
    "worded by",
    "n",
    "supported",
    "cited",
    "right entry cited",
    "key points",
    "code: first / repaired / never",
    "fell back",
    "first text, s (median)",
    "whole, s (median)",
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one question; ``None`` where there is nothing to measure.

    Args:
        supported: the share of the sentences of substance that what they cite supports.
        cited: the share of these that cite something.
        right: the share of the entries cited that the query's labels call relevant.
        key_points: the share of its entry's key points that this reply alone contains.
        code: whether the model's code ran at the ``first`` try, ``repaired`` or ``never``.
        first, total: seconds to the first text, and to the end.
        fell_back: whether the lessons had to take its place.
    """

    id: str
    supported: float | None
    cited: float | None
    right: float | None
    key_points: float
    code: str | None
    first: float
    total: float
    fell_back: bool


def measure(bench: Bench, paths: Sequence[Path]) -> Found:
    """The support score on our own sentences; then the model, if there is one, beside no model."""
    queries = _chosen(bench, paths)
    entries = {entry.id: entry for entry in bench.entries}
    grounding = Grounding(bench.retriever.encoder)
    told, values = table(grounding, entries)
    tables, everything, worst = [told], {"sentences": values}, []
    model = bench.settings.llm
    if model is not None:
        rows = []
        for name in ("the lessons", model):
            with _tutor(bench, name == model) as tutor:
                answered = [_answered(tutor, query, bench.collection, grounding) for query in queries]
            rows.append(_row(name, answered))
            everything[name] = _values(answered)
            worst = _worst(name, answered)
        tables.append(Table("The same questions with a language model and without", COLUMNS, tuple(rows)))
    return Found(values=everything, tables=tuple(tables), worst=tuple(worst))


@contextmanager
def _tutor(bench: Bench, with_model: bool) -> Iterator[Tutor]:
    """The tutor as it is served, with conversations of its own that are thrown away."""
    settings = bench.settings if with_model else bench.settings.model_copy(update={"llm": None})
    with (
        tempfile.TemporaryDirectory(prefix="torchtutor-eval-") as folder,
        closing(Memory(Path(folder, "tutor.sqlite3"))) as memory,
        closing(make_sandbox(settings)) as sandbox,
    ):
        parts = build_tutor(settings, entries=bench.entries, retriever=bench.retriever, sandbox=sandbox, memory=memory)
        yield parts.tutor


def _chosen(bench: Bench, paths: Sequence[Path]) -> list[Query]:
    """Some of the covered queries, the same ones at each run."""
    sets = read_sets(paths, bench.entries)
    covered = [query for queries in sets.values() for query in queries if query.grade >= bench.min_grade]
    return random.Random(SEED).sample(covered, min(QUESTIONS, len(covered)))  # noqa: S311 - a sample, no secret


def _answered(tutor: Tutor, query: Query, collection: str | None, grounding: Grounding) -> Answered:
    started = time.perf_counter()
    first, reply = 0.0, None
    for event in tutor.answer(query.text, collection=collection):
        if isinstance(event, Text) and not first:
            first = time.perf_counter() - started
        reply = event.reply if isinstance(event, Done) else None
    assert reply is not None
    total = time.perf_counter() - started
    judged = [one for one in _sentences(reply, tutor.entries, grounding) if one.support is not None]
    cited = [number for one in judged for number in one.citations]
    points = [words(point) for entry_id in query.best for point in tutor.entries[entry_id].key_points]
    said = [words(paragraph) for paragraph in paragraphs(reply)]
    by_model = reply.worded_by is not None
    return Answered(
        id=query.id,
        supported=_mean([one.supported for one in judged]),
        cited=_mean([bool(one.citations) for one in judged]) if by_model else None,
        right=_mean([reply.matches[number - 1].entry_id in query.relevant for number in cited]),
        key_points=0.0 if reply.abstained or not points else share(points, said),
        code=_code([one for one in reply.snippets if one.origin == "model"]),
        first=first,
        total=total,
        fell_back="This is the lesson's own answer" in reply.answer,
    )


def _sentences(reply: Reply, entries: Mapping[str, Entry], grounding: Grounding) -> list[Sentence]:
    """Those of the model; of a reply without one, those of the lessons: what the score says of what is right."""
    if reply.worded_by is not None or not reply.matches:
        return reply.sentences
    return grounding.judge(reply.answer, 0, len(reply.answer), [entries[one.entry_id] for one in reply.matches])


def _code(written: Sequence[ShownSnippet]) -> str | None:
    passed = [one.verdict is not None and one.verdict.status == "passed" for one in written]
    if not passed:
        return None
    return "first" if all(passed) else "repaired" if passed[-1] else "never"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _row(name: str, answered: Sequence[Answered]) -> tuple[str, ...]:
    means = [
        str(mean([value for one in answered if (value := getattr(one, measured)) is not None]))
        if any(getattr(one, measured) is not None for one in answered)
        else ""
        for measured in MEASURED
    ]
    code = [one.code for one in answered if one.code is not None]
    counted = " / ".join(str(code.count(kind)) for kind in ("first", "repaired", "never"))
    middle = [
        sorted(times)[len(times) // 2] for times in ([one.first for one in answered], [one.total for one in answered])
    ]
    fell_back = sum(one.fell_back for one in answered)
    return (name, str(len(answered)), *means, counted, str(fell_back), *(f"{seconds:.2f}" for seconds in middle))


def _values(answered: Sequence[Answered]) -> dict[str, dict[str, float]]:
    return {
        name: {one.id: float(value) for one in answered if (value := getattr(one, name)) is not None}
        for name in (*MEASURED, "first", "total")
    }


def _worst(name: str, answered: Sequence[Answered]) -> list[Miss]:
    """The questions with the smallest share of supported sentences."""
    marked = [one for one in answered if one.supported is not None and one.supported < 1]
    marked.sort(key=lambda one: one.supported or 0.0)
    return [Miss(name, one.id, f"{one.supported:.2f} of the sentences supported") for one in marked[:WORST]]


EVALUATION = Evaluation(
    "grounding",
    "Whether unsupported sentences are told apart, and how a language model's answers compare with the lessons' own.",
    lambda: query_sets("test_questions"),
    measure,
)
