"""The tutor's retriever for LangChain programs, and the one file here that knows LangChain."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from corpus.entry import Entry
from index import BUNDLED_MODEL
from index.retriever import Retriever
from index.store import open_index


class TutorRetriever(BaseRetriever):
    """Gives each matching entry as a document: its answer, with the entry's names and score as metadata.

    Without torch; a query takes some milliseconds. What is given was written and checked by the lessons' authors, and
    its code was run.

    Args:
        retriever: what finds the entries.
        entries: the entries by id.
        k: how many documents a query gives.
        collection: search only this one.
        abstain: give no document where no entry covers the query.
        whole: give the explanation and the code along with the answer.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    entries: Mapping[str, Entry]
    k: int = 3
    collection: str | None = None
    abstain: bool = True
    whole: bool = False

    @classmethod
    def open(cls, entries: Sequence[Entry], folder: Path, *, model: str = BUNDLED_MODEL, **options: Any) -> Self:
        """The retriever over the index in ``folder``, which ``torchtutor index build`` wrote.

        Raises:
            IndexUnusable: it does not fit ``entries`` and ``model``, or is broken.
        """
        found = open_index(entries, folder, model=model)
        return cls(retriever=found, entries={entry.id: entry for entry in entries}, **options)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        ranking = self.retriever.search(query, k=self.k, collection=self.collection)
        if self.abstain and not ranking.covered:
            return []
        return [self._document(match.entry_id, match.score) for match in ranking.matches]

    def _document(self, entry_id: str, score: float) -> Document:
        entry = self.entries[entry_id]
        names = {"entry_id": entry.id, "number": entry.number, "collection": entry.collection, "topic": entry.topic}
        return Document(
            id=entry.id,
            page_content="\n\n".join(_lesson(entry)) if self.whole else entry.answer,
            metadata={**names, "question": entry.question, "score": score},
        )


def _lesson(entry: Entry) -> Iterator[str]:
    """The paragraphs of the lesson, as Markdown."""
    yield entry.answer
    yield from filter(None, [entry.explanation])
    for snippet in entry.code:
        yield from filter(None, [snippet.caption])
        yield f"```python\n{snippet.code.rstrip()}\n```"
