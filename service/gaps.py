"""What the corpus lacks: questions that were refused, disliked, or shown code that failed, put together by likeness.

Questions are taken as the tutor understood them, follow-ups spelled out. Gaps are clusters of their descriptions (see
:mod:`index.likeness`), whose members are near each other on average (:data:`NEAR`, cosine). ``python -m eval.gaps``
tells how often two questions that are put together ask about the same, and how often those that do are put together.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from index.encoder import Vectors
from index.retriever import Retriever
from service.events import Reply, ShownSnippet
from service.memory.nouns import StoredMessage

Kind = Literal["refused", "disliked", "code failed"]
Describe = Callable[[Sequence[str]], Vectors]
"""Texts to vectors by whose cosines they can be compared, shape (texts, any)."""

NEAR = 0.4
"""Chosen on the development queries, for the mean of what is covered and of what is refused."""

MOST = 2000
"""Only so many of the newest shortfalls are looked at: comparing all with all takes memory."""

NEAREST = 3


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A message in which the tutor fell short; ``comment`` is the learner's."""

    question: str
    kinds: tuple[Kind, ...]
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Shortfalls that ask the same; ``question`` is the most typical, ``nearest`` the ids of the nearest entries."""

    question: str
    shortfalls: tuple[Shortfall, ...]
    nearest: tuple[str, ...]

    def count(self, kind: Kind) -> int:
        return sum(kind in shortfall.kinds for shortfall in self.shortfalls)


def shortfalls(messages: Iterable[StoredMessage]) -> list[Shortfall]:
    """The messages in which the tutor fell short, in their order."""
    found = []
    for message in messages:
        reply = Reply.model_validate_json(message.reply_json)
        kinds: list[Kind] = []
        if reply.abstained:
            kinds.append("refused")
        if message.helpful is False:
            kinds.append("disliked")
        if any(map(_failed, reply.snippets)):
            kinds.append("code failed")
        if kinds:
            question = re.sub(r"\s+", " ", reply.understood_as or message.question).strip()
            found.append(Shortfall(question, tuple(kinds), message.comment))
    return found


def _failed(snippet: ShownSnippet) -> bool:
    """Whether code did not do what it was shown for: not as its entry states, or a learner's that did not pass."""
    if snippet.verdict is None or snippet.as_stated:
        return False
    return snippet.as_stated is False or snippet.verdict.status != "passed"


def gaps(found: Sequence[Shortfall], describe: Describe, retriever: Retriever) -> list[Gap]:
    """The gaps behind ``found``, the one with the most shortfalls first."""
    newest = [shortfall for shortfall in found if shortfall.question][-MOST:]
    if not newest:
        return []
    vectors = describe([shortfall.question for shortfall in newest])
    members: dict[int, list[int]] = defaultdict(list)
    for place, label in enumerate(clusters(vectors)):
        members[label].append(place)
    result = []
    for places in members.values():
        centre = vectors[places].mean(axis=0)
        typical = newest[max(places, key=lambda place: float(vectors[place] @ centre))].question
        ranking = retriever.search(typical, k=NEAREST)
        nearest = tuple(match.entry_id for match in ranking.matches)
        result.append(Gap(typical, tuple(newest[place] for place in places), nearest))
    return sorted(result, key=lambda gap: (-len(gap.shortfalls), gap.question))


def clusters(vectors: Vectors, near: float = NEAR) -> list[int]:
    """The number of the cluster of each vector; members of one have a cosine of ``near`` or more on average."""
    if len(vectors) == 1:
        return [1]
    from scipy.cluster.hierarchy import fcluster, linkage  # half a second that only this command needs

    return [int(label) for label in fcluster(linkage(vectors, "average", "cosine"), 1 - near, "distance")]
