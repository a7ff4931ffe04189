"""One turn of conversation, from the message to its events; the whole flow, top to bottom.

::

    TutorError
    └── UnknownCollection    no entry belongs to the collection that was asked for
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from textwrap import shorten

from corpus.entry import Entry
from corpus.errors import TutorError
from index.retriever import Match, Retriever
from service import pasted, reply, small_talk
from service.asked import Said
from service.dialogue import Meant, PastTurn
from service.events import Done, Event, Matched, MatchedEntry, NearestEntry, Reply, Turn
from service.finding import Finder, Found
from service.memory import Conversation, Memory, Notebook, new_id, past_turn
from service.memory.notebook import never
from service.reply import Composed
from service.rewriting import Rewriter
from service.sandbox import Limits
from service.trying import Trying
from service.understanding import meant_by, own_program, understand
from service.verify import Run, Verifier
from service.wording import Brief, LessonWording, Wording

MATCHES = 3
MAX_UNDERSTOOD = 300


class UnknownCollection(TutorError):
    """No entry belongs to the collection."""


class Tutor:
    """Answers questions from ``entries``; every part can be replaced by a fake.

    Args:
        run: runs the programs that learners paste; ``None`` where none may be run.
        limits: what such a program may take.
        wording: puts what lessons cover into words; ``None``: they speak for themselves.
        rewriter: spells out follow-ups that the rules are unsure of; ``None``: the rules' reading counts.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        retriever: Retriever,
        verifier: Verifier,
        memory: Memory,
        run: Run | None = None,
        limits: Limits | None = None,
        wording: Wording | None = None,
        rewriter: Rewriter | None = None,
    ) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self.collections = sorted({entry.collection for entry in entries})
        self._retriever = retriever
        self._finder = Finder(self.entries, retriever, rewriter)
        self._wording = wording or LessonWording(verifier)
        self._memory = memory
        self._trying = Trying(self.entries, verifier, run, limits or Limits())

    def answer(
        self,
        message: str,
        conversation_id: str | None = None,
        collection: str | None = None,
        notebook: Notebook | None = None,
        *,
        may_run: bool = True,
    ) -> Iterator[Event]:
        """Answer ``message``: ``Matched``, ``Text``, ``Verified`` … as they come, ``Done`` once it is stored.

        It is stored in ``notebook``; without one, in the conversations of the machine's own user. A program in
        the message is run where both ``may_run`` and the notebook allow it; ``Running`` then comes first.

        Raises:
            UnknownConversation, UnknownCollection: before the first event.
            Cancelled: where the notebook was told so, before ``Done``.
        """
        self._check(collection)
        notebook = notebook or self._memory.notebook()
        conversation = notebook.open(conversation_id)
        message_id = new_id()
        understood = yield from understand(message, message_id, conversation, notebook, self._trying, may_run=may_run)
        turn, shown = self._find(understood.meant, conversation, message_id, collection, notebook.owner)
        shown = replace(shown, text=understood.instead or shown.text)
        yield Matched(**turn.model_dump())

        brief = Brief(
            message=message,
            turn=turn,
            composed=shown,
            entries=tuple(self.entries[match.entry_id] for match in turn.matches),
            lead=understood.lead,
            pasted=understood.tried,
            past=conversation.past,
            owner=notebook.owner,
            may_run=notebook.may_run if may_run else never,
            manner=notebook.manner,
            cancelled=notebook.cancelled,
        )
        worded = yield from self._wording.word(brief)

        told = turn.model_dump() | {"worded_by": worded.by}
        whole = Reply(**told, answer=worded.text, snippets=worded.snippets, sentences=worded.sentences)
        notebook.save(conversation.id, whole.message_id, message, whole.model_dump_json())
        yield Done(reply=whole)

    def recall(self, said: Sequence[Said], collection: str | None = None) -> tuple[PastTurn, ...]:
        """The turns of a conversation that its client keeps, newest first: found again, without running anything."""
        past: tuple[PastTurn, ...] = ()
        for one in said:
            given = pasted.read(one.as_read)
            meant = meant_by(one.as_read, given, None, past)
            turn, shown = self._find(meant, Conversation("", past), "", collection)
            own = (own_program(given),) if given.code else ()
            programs = (meant.program,) if meant.program else (*own, *shown.snippets)
            past = (replace(past_turn(turn.model_dump()), programs=programs), *past)
        return past

    def search(self, query: str, k: int, collection: str | None = None) -> list[MatchedEntry]:
        """The ``k`` best entries for ``query``, best first; never abstains.

        Raises:
            UnknownCollection: no entry belongs to ``collection``.
        """
        self._check(collection)
        ranking = self._retriever.search(query, k=k, collection=collection)
        return [self._matched(match) for match in ranking.matches]

    def _find(
        self,
        meant: Meant,
        conversation: Conversation,
        message_id: str,
        collection: str | None,
        owner: str | None = None,
    ) -> tuple[Turn, Composed]:
        """What the turn is about, and what to show for it."""
        turn = Turn(
            conversation_id=conversation.id,
            message_id=message_id,
            outcome="answered",
            abstained=False,
            confidence=1.0,
            understood_as=shorten(meant.prose or meant.text, MAX_UNDERSTOOD),
            intent=meant.intent,
            matches=[],
            nearest=[],
            follow_ups=[],
            shown=[],
        )
        if meant.talk is not None:
            offered = conversation.past[0].offers if meant.talk in small_talk.GOES_ON and conversation.past else ()
            follow_ups = offered or small_talk.EXAMPLES
            shown = Composed(small_talk.REPLIES[meant.talk], follow_ups=follow_ups)
            return turn.model_copy(update={"outcome": "small_talk", "follow_ups": list(follow_ups)}), shown

        if meant.intent == "run" and not any(entry_id in self.entries for entry_id in meant.entries):
            offers = list(conversation.past[0].offers)
            return turn.model_copy(update={"outcome": "small_talk", "follow_ups": offers}), Composed("")
        found = self._finder.find(meant, conversation.past, collection, owner)
        covered = [one for one in found if one.covered]
        if not covered:
            return self._abstained(turn, found[0])
        shown = self._composed(found)
        update = {
            "outcome": "answered" if all(one.covered and one.sure for one in found) else "partly",
            "confidence": min(one.confidence for one in covered),
            "understood_as": shorten(" · ".join(one.understood_as for one in found), MAX_UNDERSTOOD),
            "matches": [self._matched(match) for match in _matches(covered)],
            "follow_ups": list(shown.follow_ups),
            "shown": list(shown.shown),
        }
        turn = turn.model_copy(update=update)
        return turn.model_copy(update={"worded_by": self._wording.model_for(turn)}), shown

    def _abstained(self, turn: Turn, found: Found) -> tuple[Turn, Composed]:
        matches = found.matches[:MATCHES]
        nearest = [NearestEntry(entry_id=m.entry_id, question=self.entries[m.entry_id].question) for m in matches]
        update = {"outcome": "not_covered", "abstained": True, "confidence": found.confidence, "nearest": nearest}
        return turn.model_copy(update=update), reply.not_covered(one.question for one in nearest)

    def _composed(self, found: Sequence[Found]) -> Composed:
        parts = [(one.meant.text, self._compose(one)) for one in found]
        return parts[0][1] if len(parts) == 1 else reply.joined(parts)

    def _compose(self, found: Found) -> Composed:
        if not found.covered:
            return reply.not_covered(())
        first = self.entries[found.matches[0].entry_id]
        if found.both:
            return reply.compare(first, self.entries[found.matches[1].entry_id], found.seen.shown)
        known = None if found.sure else self._finder.words(first.id)
        return reply.compose(found.meant, first, found.seen, known=known)

    def _matched(self, match: Match) -> MatchedEntry:
        entry = self.entries[match.entry_id]
        return MatchedEntry(
            entry_id=entry.id,
            number=entry.number,
            collection=entry.collection,
            question=entry.question,
            score=match.score,
        )

    def _check(self, collection: str | None) -> None:
        if collection is not None and collection not in self.collections:
            raise UnknownCollection(f"no collection '{collection}'; there are: {', '.join(self.collections)}")


def _matches(found: Sequence[Found]) -> list[Match]:
    """One finding's best matches, or the first of each of several."""
    if len(found) == 1:
        return list(found[0].matches[:MATCHES])
    return [one.matches[0] for one in found]
