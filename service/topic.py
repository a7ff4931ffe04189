"""Whether a question is about its own words or about the topic before it; pure.

A question is looked up twice: by its own words, and joined to what was asked before. Which of the two counts is decided
by how much it leans on the topic (:func:`service.dialogue.leaning`) and by how sure its own words are of an entry. The
numbers are chosen on the development dialogues (``python -m eval dialogue``).
"""

from dataclasses import dataclass, replace

from index.retriever import Match, Ranking
from service.dialogue import Leaning
from service.words import content, share

SELF_SUFFICIENT = (0.9, 0.8)
"""Coverage and confidence from which on a question's own words are enough, however short it is."""

WEIGHT = {"either": 0.6, "topic": 0.9, "fragment": 0.9, "clarifies": 0.9, "ellipsis": 0.9}
"""The share of the joined search in an entry's score."""

STAY = {"either": 0.01, "topic": 0.02, "fragment": 0.02, "clarifies": 0.02, "ellipsis": 0.3}
"""What the entry that the topic is about gets on top."""

SHARED = 0.6
"""From this share of its words that the entry before holds on, a question that is unsure of itself leans on it."""

KNOWN = 0.5
"""With less than this share of words that any entry knows, a question is about something else."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The ranking that counts, and whether the topic had a part in it."""

    ranking: Ranking
    in_context: bool


def is_self_sufficient(own: Ranking) -> bool:
    """Whether a question's own words are enough."""
    coverage, confidence = SELF_SUFFICIENT
    return own.coverage >= coverage and own.confidence >= confidence


def lean(leaning: Leaning, text: str, own: Ranking, asked: str, topic_words: frozenset[str]) -> Leaning:
    """The leaning, once it is known what the question's own words find.

    Args:
        asked: the question before.
        topic_words: all words of the entry that it was about.
    """
    words = content(text)
    unsure_of_itself = own.outcome == "partly" and share(words, topic_words) == 1
    if is_self_sufficient(own) or (leaning == "fragment" and own.covered and not unsure_of_itself):
        return "own"
    if leaning == "ellipsis" and share(words, topic_words) < 1:
        return "topic"
    if (
        leaning == "own"
        and not own.covered
        and (share(words, topic_words) >= SHARED or share(words, content(asked)) > 0)
    ):
        return "either"
    return leaning


def is_foreign(leaning: Leaning, text: str, own: Ranking, asked: str, known: frozenset[str]) -> bool:
    """Whether a question that seems to lean on the topic is about something else altogether.

    Args:
        asked: the question before.
        known: the words of all entries.
    """
    words = content(text)
    fewest = 1 if leaning == "fragment" else 2
    if leaning == "clarifies" or own.covered or len(set(words)) < fewest or share(words, content(asked)) > 0:
        return False
    return share(words, known) < KNOWN


def choose(leaning: Leaning, own: Ranking, joined: Ranking, current: str | None) -> Choice:
    """What counts.

    Args:
        own: all entries for the question's own words.
        joined: all entries for what was asked before and the question together.
        current: the entry that the topic is about; ``None`` where the tutor abstained. It gets something on top
            unless both searches agree on another.
    """
    if leaning == "own" or not joined.matches:
        return Choice(own, in_context=False)
    weight, stay = WEIGHT[leaning], STAY[leaning]
    scores = {match.entry_id: (1 - weight) * match.score for match in own.matches}
    for match in joined.matches:
        scores[match.entry_id] = scores.get(match.entry_id, 0.0) + weight * match.score
    agreed = [match.entry_id for match in own.matches[:1]] == [match.entry_id for match in joined.matches[:1]]
    if current in scores and (leaning == "ellipsis" or not agreed):
        scores[current] += stay
    passages = {match.entry_id: match for match in (*joined.matches, *own.matches)}
    order = sorted(scores, key=lambda entry_id: -scores[entry_id])
    matches = tuple(replace(passages[entry_id], score=scores[entry_id]) for entry_id in order)
    stays = bool(matches) and matches[0].entry_id == current and leaning != "either"
    ranking = replace(
        joined,
        matches=matches,
        confidence=_confidence(matches, own, joined),
        covered=stays or own.covered or joined.covered,
        coverage=max(own.coverage, joined.coverage),
    )
    return Choice(ranking, in_context=True)


def _confidence(matches: tuple[Match, ...], own: Ranking, joined: Ranking) -> float:
    """How sure the search is that put the chosen entry first; the lesser, where none did."""
    sure = [r.confidence for r in (own, joined) if r.matches and r.matches[0].entry_id == matches[0].entry_id]
    return max(sure, default=min(own.confidence, joined.confidence))
