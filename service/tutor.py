"""One turn of conversation, from the question to its events; the whole flow, top to bottom.

::

    TutorError
    └── UnknownCollection    no entry belongs to the collection that was asked for
"""

import re
from collections.abc import Iterator, Sequence
from textwrap import shorten

from corpus.entry import Entry
from corpus.errors import TutorError
from index.retriever import Retriever
from service.dialogue import Meant, resolve
from service.events import Done, Event, Matched, MatchedEntry, NearestEntry, Reply, Text, Turn, Verified, show
from service.memory import Conversation, Memory, Notebook, new_id
from service.reply import EXAMPLES, GREETING, Composed, compose, not_covered
from service.verify import Verifier

MATCHES = 3
MAX_UNDERSTOOD = 300
SURE = 0.5
"""From this confidence on the first match is more likely right than not, and the reply needs no reservation."""


class UnknownCollection(TutorError):
    """No entry belongs to the collection."""


class Tutor:
    """Answers questions from ``entries``; every part can be replaced by a fake."""

    def __init__(self, entries: Sequence[Entry], retriever: Retriever, verifier: Verifier, memory: Memory) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self.collections = sorted({entry.collection for entry in entries})
        self._retriever = retriever
        self._verifier = verifier
        self._memory = memory

    def answer(
        self,
        question: str,
        conversation_id: str | None = None,
        collection: str | None = None,
        notebook: Notebook | None = None,
    ) -> Iterator[Event]:
        """Answer ``question``: ``Matched``, ``Text`` and ``Verified`` as they come, ``Done`` once it is stored.

        It is stored in ``notebook``; without one, in the conversations of the machine's own user.

        Raises:
            UnknownConversation, UnknownCollection: before the first event.
            Cancelled: where the notebook was told so, before ``Done``.
        """
        self._check(collection)
        notebook = notebook or self._memory.notebook()
        conversation = notebook.open(conversation_id)
        meant = resolve(question, conversation.before)
        turn, shown = self._find(meant, conversation, collection)
        yield Matched(**turn.model_dump())

        for paragraph in re.split(r"(?<=\n\n)", shown.text):
            yield Text(markdown=paragraph)

        snippets = []
        for snippet in shown.snippets:
            checked = self._verifier.check(snippet)
            snippets.append(show(snippet, checked.verdict, checked.deviation))
            yield Verified(snippet=snippets[-1])

        reply = Reply(**turn.model_dump(), answer=shown.text, snippets=snippets)
        notebook.save(conversation.id, reply.message_id, question, reply.model_dump_json())
        yield Done(reply=reply)

    def search(self, query: str, k: int, collection: str | None = None) -> list[MatchedEntry]:
        """The ``k`` best entries for ``query``, best first; never abstains.

        Raises:
            UnknownCollection: no entry belongs to ``collection``.
        """
        self._check(collection)
        ranking = self._retriever.search(query, k=k, collection=collection)
        return [_matched(self.entries[match.entry_id], match.score) for match in ranking.matches]

    def _find(self, meant: Meant, conversation: Conversation, collection: str | None) -> tuple[Turn, Composed]:
        """What the turn is about, and what to show for it."""
        turn = Turn(
            conversation_id=conversation.id,
            message_id=new_id(),
            outcome="answered",
            abstained=False,
            confidence=1.0,
            understood_as=shorten(meant.text, MAX_UNDERSTOOD),
            matches=[],
            nearest=[],
            follow_ups=[],
        )
        if meant.intent == "small_talk":
            return turn.model_copy(update={"outcome": "small_talk", "follow_ups": list(EXAMPLES)}), Composed(GREETING)
        if meant.entry_id is not None and meant.entry_id in self.entries:
            entry = self.entries[meant.entry_id]
            return self._about(turn, meant, entry, [_matched(entry, score=1.0)])

        ranking = self._retriever.search(meant.text, k=MATCHES, collection=collection)
        matches = [_matched(self.entries[match.entry_id], match.score) for match in ranking.matches]
        turn = turn.model_copy(update={"confidence": ranking.confidence})
        if not ranking.covered:
            nearest = [NearestEntry(entry_id=match.entry_id, question=match.question) for match in matches]
            turn = turn.model_copy(update={"outcome": "not_covered", "abstained": True, "nearest": nearest})
            return turn, not_covered(match.question for match in matches)
        if ranking.confidence < SURE:
            turn = turn.model_copy(update={"outcome": "partly"})
        return self._about(turn, meant, self.entries[matches[0].entry_id], matches)

    def _about(self, turn: Turn, meant: Meant, entry: Entry, matches: list[MatchedEntry]) -> tuple[Turn, Composed]:
        shown = compose(meant, entry, sure=turn.outcome != "partly")
        return turn.model_copy(update={"matches": matches, "follow_ups": list(shown.follow_ups)}), shown

    def _check(self, collection: str | None) -> None:
        if collection is not None and collection not in self.collections:
            raise UnknownCollection(f"no collection '{collection}'; there are: {', '.join(self.collections)}")


def _matched(entry: Entry, score: float) -> MatchedEntry:
    return MatchedEntry(
        entry_id=entry.id, number=entry.number, collection=entry.collection, question=entry.question, score=score
    )
