"""What the tutor knows, over HTTP: search, and the entries themselves.

::

    TutorError
    └── UnknownEntry    no entry has the id
"""

from typing import Annotated

from fastapi import APIRouter, Query

from corpus.entry import Entry
from corpus.errors import TutorError
from service.api.library import (
    MAX_K,
    MAX_QUERY,
    EntryHead,
    EntryList,
    EntryView,
    FollowUpView,
    PitfallView,
    SearchResult,
)
from service.channels.parameters import EntryId, InCollection
from service.channels.problems import RESPONSES
from service.events import show
from service.tutor import Tutor
from service.verify import Verifier


class UnknownEntry(TutorError):
    """No entry has the id."""


def router(tutor: Tutor, verifier: Verifier) -> APIRouter:
    """The routes ``/v1/search`` and ``/v1/entries``."""
    routes = APIRouter(prefix="/v1", tags=["library"], responses=RESPONSES)

    @routes.get("/search")
    def search(
        q: Annotated[
            str, Query(min_length=1, max_length=MAX_QUERY, description="What to look for.", examples=["freeze layers"])
        ],
        k: Annotated[int, Query(ge=1, le=MAX_K, description="How many entries to give.", examples=[5])] = 5,
        collection: InCollection = None,
    ) -> SearchResult:
        """The k entries nearest to a query; never abstains."""
        return SearchResult(matches=tutor.search(q, k, collection))

    @routes.get("/entries")
    def entries(
        topic: Annotated[
            str | None, Query(description="Only the entries of this topic.", examples=["Data handling"])
        ] = None,
        collection: InCollection = None,
        limit: Annotated[int | None, Query(ge=1, description="At most so many.", examples=[40])] = None,
    ) -> EntryList:
        """The entries, by collection and number; all of them by default."""
        found = [
            _head(entry)
            for entry in tutor.entries.values()
            if topic in (None, entry.topic) and collection in (None, entry.collection)
        ]
        return EntryList(entries=found[:limit])

    @routes.get("/entries/{entry_id}")
    def entry(entry_id: EntryId) -> EntryView:
        """One entry with everything known about it."""
        if entry_id not in tutor.entries:
            raise UnknownEntry(f"no entry '{entry_id}'; GET /v1/entries lists them")
        return _view(tutor.entries[entry_id], verifier)

    return routes


def _head(entry: Entry) -> EntryHead:
    return EntryHead(
        entry_id=entry.id,
        number=entry.number,
        question=entry.question,
        topic=entry.topic,
        collection=entry.collection,
    )


def _view(entry: Entry, verifier: Verifier) -> EntryView:
    known = verifier.stored_all(entry.snippets())
    return EntryView(
        **_head(entry).model_dump(),
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
