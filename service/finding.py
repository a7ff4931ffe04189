"""What a message is about: the entries for what is meant, over the retriever.

A question is looked up by its own words and, where it leans on the topic, joined to what was asked before; several
questions in one message are looked up one by one; a comparison finds an entry for each side where none holds both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import shorten

from corpus.entry import Entry
from index.passage import Passage
from index.retriever import Match, Ranking, Retriever
from service.dialogue import Meant, PastTurn, topic_of
from service.forms import form, is_comparison, sides
from service.pieces import NOTHING_SEEN, Seen, raised_by, words_of
from service.rewriting import Rewriter
from service.several import asks_for_knowledge, questions, stands_alone
from service.shorthands import chooses
from service.topic import Choice, choose, is_foreign, lean
from service.words import content, share

CANDIDATES = 20
MAX_QUESTIONS = 4
MAX_JOINED = 400
COMPARED = 0.7
_SAME_ERROR_AMONG = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What a question is about.

    Args:
        meant: with its text as it was understood.
        matches: best first; the first is spoken about, and the second too where ``both``.
        covered: whether an entry covers it; where not, ``matches`` are the nearest.
        sure: whether the reply needs no reservation.
        seen: what the reply depends on besides.
    """

    meant: Meant
    matches: tuple[Match, ...]
    confidence: float
    covered: bool = True
    sure: bool = True
    both: bool = False
    seen: Seen = NOTHING_SEEN
    understood_as: str = ""


class Finder:
    """Finds what a message is about among ``entries``."""

    def __init__(self, entries: Mapping[str, Entry], retriever: Retriever, rewriter: Rewriter | None = None) -> None:
        self._rewriter = rewriter
        self._entries = entries
        self._retriever = retriever
        self._words = {entry_id: words_of(entry) for entry_id, entry in entries.items()}
        self._known_words = frozenset().union(*self._words.values())

    def words(self, entry_id: str) -> frozenset[str]:
        """All words that the entry says."""
        return self._words[entry_id]

    def find(
        self, meant: Meant, past: tuple[PastTurn, ...], collection: str | None, owner: str | None = None
    ) -> tuple[Found, ...]:
        """What ``meant`` is about: one finding, or one for each of several questions.

        ``owner`` asks: what the rewriter uses is counted as theirs; without one it is not asked.
        """
        known = tuple(entry_id for entry_id in meant.entries if entry_id in self._entries)
        if meant.intent == "follow_up":
            holder = next((one for one in known if self._offers(one, meant.text)), None)
            if holder is None:  # an offer that names another entry's question
                return (self._question(Meant("question", meant.text), (), collection),)
            known = (holder,)
        if meant.intent == "choice" and known and not chooses(self._entries[known[0]]):
            return (self._question(Meant("question", meant.text), past, collection),)
        if known:
            return (self._known(meant, known, past),)
        found = self._several(meant, collection) or (self._question(meant, past, collection),)
        return self._rewritten(meant, found[0], past, collection, owner) or found

    def _rewritten(
        self, meant: Meant, found: Found, past: tuple[PastTurn, ...], collection: str | None, owner: str | None
    ) -> tuple[Found, ...]:
        """The finding for the question spelled out, where the rules are unsure of a follow-up; none where worse.

        The rules are unsure where a question may lean on the topic, and what was found for it is unsure too.
        """
        topic = topic_of(past)
        if self._rewriter is None or owner is None or topic is None or meant.leaning == "own" or meant.form == "error":
            return ()
        if found.covered and found.sure:
            return ()
        before = tuple(text for turn in past for text in (turn.asked, *(question for _, question in turn.spoken[:1])))
        text = self._rewriter.rewrite(meant.prose or meant.text, before, owner)
        if text is None:
            return ()
        spelled_out = self._question(replace(meant, text=text, prose=text, leaning="own"), (), collection)
        if not spelled_out.covered or (found.covered and spelled_out.confidence <= found.confidence):
            return ()
        seen = replace(spelled_out.seen, shown=_shown(past), last=past[0].shown, in_context=True)
        return (replace(spelled_out, seen=seen),)

    def _offers(self, entry_id: str, text: str) -> bool:
        return any(follow_up.question == text for follow_up in self._entries[entry_id].follow_ups)

    def _known(self, meant: Meant, known: tuple[str, ...], past: tuple[PastTurn, ...]) -> Found:
        """Something about entries that the conversation has named."""
        matches = tuple(Match(one, 1.0, _question_passage(self._entries[one])) for one in known)
        in_context = meant.intent != "question"
        last = past[0].shown if past else ()
        seen = Seen(shown=_shown(past), last=last, in_context=in_context)
        both = meant.intent == "comparison" and len(known) > 1
        if meant.intent in ("follow_up", "pitfall"):
            matches = matches[:1]
        return Found(meant, matches, 1.0, both=both, seen=seen, understood_as=meant.text)

    def _question(self, meant: Meant, past: tuple[PastTurn, ...], collection: str | None) -> Found:
        own = self._retriever.search(meant.text, k=CANDIDATES, collection=collection)
        choice, topic = self._in_context(meant, own, past, collection), topic_of(past)
        ranking = self._same_error(meant, choice.ranking)
        if not ranking.covered or not ranking.matches:
            return Found(meant, own.matches, own.confidence, covered=False, understood_as=meant.prose or meant.text)
        understood = said = meant.prose or meant.text
        if choice.in_context and topic is not None:
            understood = f"{said.strip()} ({topic.spoken[0][1] if topic.spoken else topic.asked})"
        sure = ranking.outcome == "answered"
        other = self._other_side(meant, ranking, topic, collection)
        if other is not None:
            return Found(meant, other, ranking.confidence, sure=sure, both=True, understood_as=understood)
        first = ranking.matches[0]
        own_first = next((match for match in own.matches if match.entry_id == first.entry_id), first)
        stays = topic is not None and first.entry_id in {entry_id for entry_id, _ in topic.spoken}
        near = _passages(own_first if len(set(content(meant.text))) > 1 else first)
        seen = Seen(near, _shown(past), past[0].shown if past else (), in_context=choice.in_context or stays)
        return Found(meant, ranking.matches, ranking.confidence, sure=sure, seen=seen, understood_as=understood)

    def _in_context(self, meant: Meant, own: Ranking, past: tuple[PastTurn, ...], collection: str | None) -> Choice:
        """The question's own words, or those joined to the topic."""
        topic = topic_of(past)
        if topic is None:
            return Choice(own, in_context=False)
        current = topic.spoken[0][0] if topic.spoken else None
        words = self._words.get(current, frozenset()) if current else frozenset(content(topic.asked))
        leans = lean(meant.leaning, meant.text, own, topic.asked, words)
        if leans == "own" or is_foreign(leans, meant.text, own, topic.asked, self._known_words):
            return Choice(own, in_context=False)
        joined = self._joined(topic.asked, meant, collection)
        if topic.spoken and not joined.covered and not set(content(meant.text)) - words:
            # what was asked before said little, such as "why does this print None?" of a program
            joined = self._joined(topic.spoken[0][1], meant, collection)
        return choose(leans, own, joined, current)

    def _joined(self, before: str, meant: Meant, collection: str | None) -> Ranking:
        query = f"{shorten(before, MAX_JOINED)}\n{meant.text}"
        return self._retriever.search(query, k=CANDIDATES, collection=collection)

    def _several(self, meant: Meant, collection: str | None) -> tuple[Found, ...]:
        """The findings for several questions in one message; none where they are one question after all.

        One that no entry covers stands among them, where the others are covered.
        """
        parts = questions(meant.text) if meant.intent == "question" and meant.form != "error" else ()
        if not 2 <= len(parts) <= MAX_QUESTIONS:
            return ()
        found = tuple(self._question(replace(meant, text=part, form=form(part)), (), collection) for part in parts)
        parted = all(part.endswith("?") for part in parts[:-1])  # as who asked it did; else only what is found for sure
        for one in found:
            sure = one.covered and one.sure
            if not stands_alone(one.meant.text) or not (sure or (parted and asks_for_knowledge(one.meant.text))):
                return ()
        covered = [one.matches[0].entry_id for one in found if one.covered]
        one_topic = len(set(covered)) < len(covered)
        return () if one_topic or not any(one.covered and one.sure for one in found) else found

    def _other_side(
        self, meant: Meant, ranking: Ranking, topic: PastTurn | None, collection: str | None
    ) -> tuple[Match, ...] | None:
        """An entry for each side of a comparison; ``None`` where one entry compares them, or a side has none.

        A side that is a mere pronoun ("how is that different from …?") is the topic.
        """
        compared = sides(meant.text) if meant.form == "comparison" else None
        if compared is None or _compares(self._entries[ranking.matches[0].entry_id], compared):
            return None
        matches: list[Match] = []
        for side in compared:
            if content(side):
                found = self._retriever.search(f"what is {side}", k=1, collection=collection)
                matches += found.matches if found.covered else ()
            elif topic is not None and topic.spoken:
                matches.append(Match(topic.spoken[0][0], 1.0, _question_passage(self._entries[topic.spoken[0][0]])))
        matches.sort(key=lambda match: match.entry_id != ranking.matches[0].entry_id)
        whole = {match.entry_id for match in matches}
        return tuple(matches) if len(whole) == 2 and (topic or ranking.matches[0].entry_id in whole) else None

    def _same_error(self, meant: Meant, ranking: Ranking) -> Ranking:
        """The entry first whose pitfall ends with the very error of the message, where one is among the best."""
        if meant.form != "error":
            return ranking
        for match in ranking.matches[:_SAME_ERROR_AMONG]:
            if raised_by(meant.text, self._entries[match.entry_id]) is not None:
                others = tuple(one for one in ranking.matches if one is not match)
                sure = max(ranking.confidence, ranking.sure)
                return replace(ranking, matches=(match, *others), covered=True, confidence=sure)
        return ranking


def _compares(entry: Entry, compared: tuple[str, str]) -> bool:
    """Whether ``entry`` is a comparison, or one of its questions names both sides."""
    if is_comparison(entry.question):
        return True
    texts = [entry.question, *entry.also_asked, *(follow_up.question for follow_up in entry.follow_ups)]
    named = [set(content(side)) for side in compared]
    return all(named) and any(all(share(side, content(text)) >= COMPARED for side in named) for text in texts)


def _shown(past: tuple[PastTurn, ...]) -> tuple[str, ...]:
    return tuple(piece for turn in past for piece in turn.shown)


def _passages(match: Match) -> tuple[Passage, ...]:
    return (match.passage, *match.others)


def _question_passage(entry: Entry) -> Passage:
    return Passage(entry.id, entry.collection, "question", entry.question)
