"""The tutor's retriever for LangChain programs, and the one file here that knows LangChain."""

from collections.abc import Mapping

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from corpus.entry import Entry
from index.retriever import Retriever


class TutorRetriever(BaseRetriever):
    """Gives each matching entry as a document: its answer, with the entry's names and score as metadata.

    Args:
        retriever: what finds the entries.
        entries: the entries by id.
        k: how many documents a query gives.
        collection: search only this one.
        abstain: give no document where no entry covers the query.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    entries: Mapping[str, Entry]
    k: int = 3
    collection: str | None = None
    abstain: bool = True

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        ranking = self.retriever.search(query, k=self.k, collection=self.collection)
        if self.abstain and not ranking.covered:
            return []
        return [self._document(match.entry_id, match.score) for match in ranking.matches]

    def _document(self, entry_id: str, score: float) -> Document:
        entry = self.entries[entry_id]
        names = {"entry_id": entry.id, "number": entry.number, "collection": entry.collection}
        return Document(
            id=entry.id, page_content=entry.answer, metadata={**names, "question": entry.question, "score": score}
        )
