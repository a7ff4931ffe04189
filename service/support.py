"""How far what a sentence cites supports it: a few features, and a small logistic model over them.

The numbers in ``support.json`` are fitted on the development half of sentences of our own by ``python -m eval
fit-support``.
"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.entry import Entry
from index.encoder import Encoder, Vectors
from service.pieces import pieces
from service.sentences import FEWEST_WORDS, sentences
from service.words import content, share

MAX_LENGTH = 1000
FITTED = Path(__file__).with_name("support.json")
NEAREST = 3
CANDIDATES = 16
"""Clauses that are encoded for a sentence, by their words; encoding one takes 5 ms."""

FEATURES = (
    "cosine with the nearest clause",
    "words in common with a clause (F1)",
    "share of its words in the three nearest clauses",
    "share of its words in the lesson",
    "numbers that the lesson does not have",
    "names that the lesson does not have",
    "share of the three nearest that are negated where it is not, or the other way round",
    "opposites: it says one, the three nearest the other",
    "quantities and duties (all, only, must) that the three nearest do not have",
    "share of common words that stand in another order in the nearest",
)

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w])")
_NAME = re.compile(
    r"`[^`\n]+`|\b[A-Za-z]\w*(?:\.\w+)+(?:\(\))?|\b\w+_\w+\b|\b\w+\(\)|\b[A-Z][a-z]+[A-Z]\w*|\b[A-Z]{2,}\d*\b"
)
_WORD = re.compile(r"[A-Za-z]\w*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nothing|without|cannot|nor|neither|unlike|n't|hardly|lacks?|isn|doesn|don|won|can't)\b|n't\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\b(?:all|always|every|never|only|some|any|each|automatically|must|need|optional|cannot|can)\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[;:—()]\s|,\s(?=(?:but|so|while|and|which|since|because|or|unlike|that|where|also)\b)|\s[–-]\s")
_OPPOSITES = """
before/after first/last more/less/fewer faster/slower larger/smaller/big/small increase/decrease grow/shrink
higher/lower high/low always/never/sometimes on/off enable/disable start/stop add/remove/subtract multiply/divide
same/different train/eval training/evaluation cpu/gpu copy/share row/column dense/sparse true/false forward/backward
mean/sum max/min raise/return raises/ignores float32/float64/float16 int64/int32 all/none/some only/also every/one
up/down left/right input/output uniform/normal required/optional mutable/immutable static/dynamic eager/lazy
parameter/buffer keep/drop keeps/drops save/load weights/gradients gradient/weight process/thread processes/threads
inside/outside with/without better/worse easy/hard saves/costs reset/accumulate clears/adds subtracts/adds zero/one
automatic/manual shuffled/ordered built/optional deprecated/recommended stateful/stateless python/c++ first/second
positive/negative biased/unbiased divides/multiplies in-place/returns moves/copies trained/untrained learnable/fixed
rows/columns class/function
"""


class Evidence:
    """What a lesson says: its sentences and their clauses, and all of it together as ``raw``."""

    def __init__(self, entry: Entry) -> None:
        found, code = list(entry.key_points), [entry.question]
        for piece in pieces(entry):
            for text in (piece.title, piece.text, *(snippet.caption for snippet in piece.snippets)):
                found += [span.text[:MAX_LENGTH] for span in sentences(text)]
            for snippet in piece.snippets:
                error = f"{snippet.error.type}: {snippet.error.message}" if snippet.error else ""
                code += [snippet.code, snippet.output or "", error]
        self.texts = tuple(dict.fromkeys(clause for text in found for clause in (text, *_clauses(text))))
        self.words = tuple(frozenset(content(text)) for text in self.texts)
        self.raw = "\n".join((*found, *entry.versions, *entry.symptoms, *code))
        self.vocabulary = frozenset(content(self.raw))
        self._vectors: dict[str, Vectors] = {}

    def vector(self, text: str, encoder: Encoder) -> Vectors:
        """Of one of ``texts``; kept."""
        found = self._vectors.get(text)
        if found is None:
            found = self._vectors[text] = encoder.encode([text])[0]
        return found


@dataclass(frozen=True, slots=True)
class Fitted:
    """The logistic model: features are centred by ``means``, divided by ``scales``, weighed and summed."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float

    def probability(self, features: Sequence[float]) -> float:
        total = self.bias + sum(
            weight * (value - mean) / scale
            for value, mean, scale, weight in zip(features, self.means, self.scales, self.weights, strict=True)
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def shipped() -> Fitted:
    """The numbers that are shipped."""
    told = json.loads(FITTED.read_text(encoding="utf-8"))
    means, scales, weights = (tuple(told[name]) for name in ("means", "scales", "weights"))
    return Fitted(means, scales, weights, told["bias"], told["threshold"])


def features(sentence: str, cited: Sequence[Evidence], encoder: Encoder) -> list[float]:
    """The features of ``sentence`` against what it cites, in the order of :data:`FEATURES`."""
    words = content(sentence)
    fits = sorted(
        ((_f1(words, said), one, text) for one in cited for text, said in zip(one.texts, one.words, strict=True)),
        key=lambda fit: -fit[0],
    )[:CANDIDATES]
    vector = encoder.encode([sentence])[0]
    scored = [(float(one.vector(text, encoder) @ vector), fit, text) for fit, one, text in fits]
    near = [text for _, _, text in sorted(scored, key=lambda one: -one[0] - one[1])[:NEAREST]]
    together = " ".join(near)
    raw = "\n".join(one.raw for one in cited)
    negated = bool(_NEGATION.search(sentence))
    return [
        max(cosine for cosine, _, _ in scored),
        fits[0][0],
        share(words, content(together)),
        share(words, frozenset().union(*(one.vocabulary for one in cited))),
        min(2.0, _lacking(_NUMBER.findall(sentence), raw)),
        min(2.0, _lacking(_names(sentence), raw)),
        sum(negated != bool(_NEGATION.search(text)) for text in near) / len(near),
        min(2.0, sum(_opposed(sentence, text) for text in near)),
        float(len(_quantities(sentence) - _quantities(together))),
        _reordered(words, content(near[0])),
    ]


def _clauses(text: str) -> list[str]:
    return [clause for part in _CLAUSE.split(text) if len(set(content(clause := part.strip()))) >= FEWEST_WORDS]


def _f1(words: Sequence[str], said: frozenset[str]) -> float:
    """How well two sets of words agree."""
    common = len(set(words) & said)
    return 2 * common / (len(set(words)) + len(said)) if common else 0.0


def _quantities(text: str) -> set[str]:
    return {word.lower() for word in _QUANTITY.findall(text)}


def _names(text: str) -> list[str]:
    """Names of code as words: ``model.eval()`` is ``model.eval``."""
    return [found.strip("`").removesuffix("()") for found in _NAME.findall(text)]


def _lacking(wanted: Iterable[str], text: str) -> float:
    """How many of the names and numbers are not in ``text``, nor is their last part."""
    lowered = text.lower()
    return float(sum(not _has(lowered, one.lower()) for one in set(wanted)))


def _has(text: str, name: str) -> bool:
    if not _WORD.search(name):
        return name in _NUMBER.findall(text)
    parts = _WORD.findall(name)
    return name in text or all(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) for part in parts)


@cache
def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for words in _OPPOSITES.split():
        group = words.split("/")
        for word in group:
            found.setdefault(word, set()).update(set(group) - {word})
    return {word: frozenset(others) for word, others in found.items()}


def _opposed(sentence: str, other: str) -> int:
    """How many words of ``sentence`` have their opposite in ``other``, and are not in it themselves."""
    said, there = (set(re.findall(r"[\w+-]+", text.lower())) for text in (sentence, other))
    return sum(bool(_opposites().get(word, frozenset()) & there) for word in said - there)


def _reordered(words: Sequence[str], others: Sequence[str]) -> float:
    """The share of the common words that are not in the longest common subsequence."""
    common = set(words) & set(others)
    first = [word for word in dict.fromkeys(words) if word in common]
    second = [word for word in dict.fromkeys(others) if word in common]
    if len(first) < 2:
        return 0.0
    lengths = [0] * (len(second) + 1)
    for word in first:
        previous = 0
        for place, other in enumerate(second, 1):
            previous, lengths[place] = (
                lengths[place],
                previous + 1 if word == other else max(lengths[place], lengths[place - 1]),
            )
    return 1 - lengths[-1] / len(first)
