"""Entries in the shape in which they are shown: with the stored verdicts of their code, and without running any."""

from corpus.entry import Entry
from service.api.library import EntryHead, EntryView, FollowUpView, PitfallView
from service.events import show
from service.verify import Verifier


def head(entry: Entry) -> EntryHead:
    """An entry as it stands in a list."""
    return EntryHead(
        entry_id=entry.id,
        number=entry.number,
        question=entry.question,
        topic=entry.topic,
        collection=entry.collection,
    )


def view(entry: Entry, verifier: Verifier) -> EntryView:
    """Everything about an entry."""
    known = verifier.stored_all(entry.snippets())
    return EntryView(
        **head(entry).model_dump(),
        answer=entry.answer,
        explanation=entry.explanation,
        also_asked=list(entry.also_asked),
        symptoms=list(entry.symptoms),
        key_points=list(entry.key_points),
        see_also=list(entry.see_also),
        versions=list(entry.versions),
        references=list(entry.references),
        code=[snippet.id for snippet in entry.code],
        pitfalls=[
            PitfallView(title=p.title, text=p.text, broken=p.broken.id, mended=p.mended.id) for p in entry.pitfalls
        ],
        follow_ups=[
            FollowUpView(question=f.question, answer=f.answer, snippets=[s.id for s in f.snippets])
            for f in entry.follow_ups
        ],
        snippets=[show(checked.snippet, checked.verdict, checked.deviation) for checked in known],
    )
