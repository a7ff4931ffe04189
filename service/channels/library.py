"""What the tutor knows, over HTTP: search, and the entries themselves.

::

    TutorError
    └── UnknownEntry    no entry has the id
"""

from typing import Annotated

from fastapi import APIRouter, Query

from corpus.errors import TutorError
from service import views
from service.api.library import (
    MAX_K,
    MAX_QUERY,
    EntryList,
    EntryView,
    SearchResult,
)
from service.channels.parameters import EntryId, InCollection
from service.channels.problems import RESPONSES
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
            views.head(entry)
            for entry in tutor.entries.values()
            if topic in (None, entry.topic) and collection in (None, entry.collection)
        ]
        return EntryList(entries=found[:limit])

    @routes.get("/entries/{entry_id}")
    def entry(entry_id: EntryId) -> EntryView:
        """One entry with everything known about it."""
        if entry_id not in tutor.entries:
            raise UnknownEntry(f"no entry '{entry_id}'; GET /v1/entries lists them")
        return views.view(tutor.entries[entry_id], verifier)

    return routes
