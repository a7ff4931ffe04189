"""What a learner gets: how much of the lesson the whole reply says, and how much of the code it shows is verified.

The *whole reply* is the answer to the query, then to each follow-up that it offers, in one conversation.

A key point is *contained* in it where one paragraph, or one snippet with its caption, has at least half of the key
point's words (:data:`NEEDED`). A word is a run of letters and digits; stop words do not count, case does not matter,
and two words are the same if their first five characters are (:data:`STEM`). No model judges. The rule is crude, so its
own error is measured beside it: *by chance* is the share of key points of *unrelated* entries that it finds in the same
replies.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.evaluation import WORST, Bench, Evaluation, Found, Miss, Stopwatch, Table
from eval.metrics import mean
from eval.qrels import Query, own_sets, read_sets
from service.events import Done, Reply, ShownSnippet
from service.memory import Memory
from service.tutor import Tutor
from service.wiring import build_verifier, make_sandbox

NEEDED = 0.5
STEM = 5
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by can do does for from has have if in into is it its no not of on one only "
        "or so than that the their them then there they this to was were what when where which while will with "
        "without you",
    )
)

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one query.

    Args:
        key_points: the share of its entry's key points that the whole reply contains; 0 where the tutor abstains. Of
            several entries of the highest grade, the one whose share is largest.
        by_chance: the same share, averaged over the entries that are not relevant to the query.
        shown, verified: how many snippets were shown, and how many of them a run shows as stated.
        unverified: why not the others, by snippet id.
    """

    id: str
    abstained: bool
    key_points: float
    by_chance: float
    shown: int
    verified: int
    unverified: dict[str, str]


@contextmanager
def own_tutor(bench: Bench) -> Iterator[Tutor]:
    """A tutor that knows the stored verdicts, and whose conversations are thrown away."""
    settings = bench.settings
    with (
        tempfile.TemporaryDirectory(prefix="torchtutor-eval-") as folder,
        closing(Memory(Path(folder, "tutor.sqlite3"))) as conversations,
        closing(Memory(settings.database)) as verdicts,
        closing(make_sandbox(settings)) as sandbox,
    ):
        verifier = build_verifier(settings, verdicts, sandbox.run)
        yield Tutor(bench.entries, bench.retriever, verifier, conversations)


def measure(bench: Bench, paths: Sequence[Path]) -> Found:
    """All query sets that hold any covered query; queries without an entry of the asked grade are left out."""
    watch = Stopwatch()
    answered: dict[str, list[Answered]] = {}
    left_out: dict[str, int] = {}
    sets = read_sets(paths, bench.entries)
    with own_tutor(bench) as tutor:
        for name, queries in sets.items():
            covered = [query for query in queries if query.relevant]
            asked = [query for query in covered if query.grade >= bench.min_grade]
            if covered:
                answered[name] = evaluate(tutor, asked, bench.collection, watch)
                left_out[name] = len(covered) - len(asked)
    return Found(
        values={name: _values(found) for name, found in answered.items()},
        tables=(_summary(answered, left_out), *_unverified(answered)),
        worst=_worst(answered),
        milliseconds=watch.milliseconds,
    )


def evaluate(
    tutor: Tutor, queries: Sequence[Query], collection: str | None, watch: Stopwatch | None = None
) -> list[Answered]:
    """What comes of each query."""
    watch = watch or Stopwatch()
    points = {entry.id: [words(point) for point in entry.key_points] for entry in tutor.entries.values()}
    found = []
    for query in queries:
        with watch.stage("the whole reply"):
            replies = list(whole_reply(tutor, query.text, collection))
        found.append(_answered(replies, query, points))
    return found


def _answered(replies: Sequence[Reply], query: Query, points: dict[str, list[Words]]) -> Answered:
    said = [words(paragraph) for reply in replies for paragraph in paragraphs(reply)]
    shares = {entry_id: share(of_entry, said) for entry_id, of_entry in points.items() if of_entry}
    unrelated = [value for entry_id, value in shares.items() if entry_id not in query.relevant]
    snippets = {snippet.id: snippet for reply in replies for snippet in reply.snippets}
    unverified = {name: _why(snippet) for name, snippet in snippets.items() if not snippet.as_stated}
    abstained = replies[0].abstained
    return Answered(
        id=query.id,
        abstained=abstained,
        key_points=0.0 if abstained else max((shares.get(entry_id, 0.0) for entry_id in query.best), default=0.0),
        by_chance=sum(unrelated) / len(unrelated) if unrelated else 0.0,
        shown=len(snippets),
        verified=len(snippets) - len(unverified),
        unverified=unverified,
    )


def whole_reply(tutor: Tutor, question: str, collection: str | None) -> Iterator[Reply]:
    """The answer to ``question``, and to each follow-up that it offers."""
    first = _reply(tutor, question, None, collection)
    yield first
    for follow_up in first.follow_ups:
        yield _reply(tutor, follow_up, first.conversation_id, collection)


def _reply(tutor: Tutor, message: str, conversation_id: str | None, collection: str | None) -> Reply:
    *_, last = tutor.answer(message, conversation_id, collection)
    assert isinstance(last, Done)
    return last.reply


def paragraphs(reply: Reply) -> list[str]:
    """The pieces of a reply in which a key point may be contained."""
    code = [f"{snippet.caption}\n{snippet.code}" for snippet in reply.snippets]
    return [text for text in [*re.split(r"\n\s*\n", reply.answer), *code] if text.strip()]


def words(text: str) -> Words:
    """The words of ``text`` that count, each cut to its first :data:`STEM` characters."""
    return frozenset(word[:STEM] for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in STOP_WORDS)


def share(points: Sequence[Words], said: Sequence[Words]) -> float:
    """The share of ``points`` that one of the paragraphs ``said`` contains."""
    return sum(any(len(point & one) >= NEEDED * len(point) for one in said) for point in points) / len(points)


def _why(snippet: ShownSnippet) -> str:
    return snippet.deviation or "not run"


def _values(found: Sequence[Answered]) -> dict[str, dict[str, float]]:
    return {
        "key points": {one.id: one.key_points for one in found},
        "by chance": {one.id: one.by_chance for one in found},
        "verified": {one.id: one.verified / one.shown for one in found if one.shown},
    }


def _summary(answered: dict[str, list[Answered]], left_out: dict[str, int]) -> Table:
    rows = []
    for name, found in answered.items():
        means = [str(mean(list(values.values()))) for values in _values(found).values()]
        counts = (len(found), left_out[name], sum(one.abstained for one in found), sum(one.shown for one in found))
        rows.append((name, *map(str, counts), *means))
    columns = ("queries", "n", "left out", "refused", "snippets shown", "key points", "by chance", "verified")
    return Table("What whole replies say of their lesson, and how much of their code is verified", columns, tuple(rows))


def _unverified(answered: dict[str, list[Answered]]) -> list[Table]:
    """Why snippets that were shown were not verified, where there are any."""
    reasons = {snippet: why for found in answered.values() for one in found for snippet, why in one.unverified.items()}
    rows = tuple((snippet, why) for snippet, why in sorted(reasons.items()))
    return [Table("Shown, but not verified", ("snippet", "why"), rows)] if rows else []


def _worst(answered: dict[str, list[Answered]]) -> tuple[Miss, ...]:
    """The queries whose whole reply says least of their lesson."""
    misses = [
        (one.key_points, Miss(name, one.id, "refused" if one.abstained else f"{one.key_points:.2f} of the key points"))
        for name, found in answered.items()
        for one in found
        if one.key_points < 1
    ]
    return tuple(miss for _, miss in sorted(misses, key=lambda one: one[0])[:WORST])


EVALUATION = Evaluation(
    "answers", "How much of its lesson a whole reply says, and how much of its code is verified.", own_sets, measure
)
