"""The LangChain retriever, used as LangChain programs use it."""

import asyncio
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from corpus.entry import Entry
from index.langchain import TutorRetriever
from index.retriever import KeywordRetriever


@pytest.fixture
def retriever(entries: tuple[Entry, ...]) -> TutorRetriever:
    return TutorRetriever(retriever=KeywordRetriever(entries), entries={entry.id: entry for entry in entries})


def test_an_entry_becomes_a_document_with_its_answer_and_names(retriever: TutorRetriever) -> None:
    document = retriever.invoke("save a model")[0]
    assert (document.id, document.page_content) == ("save", "Save its state_dict.")
    assert document.metadata == {
        "entry_id": "save",
        "number": 2,
        "collection": "interview",
        "question": "How do you save a model?",
        "score": 1.0,
    }


def test_it_runs_inside_a_chain(retriever: TutorRetriever) -> None:
    def joined(documents: list[Document]) -> str:
        return " ".join(document.page_content for document in documents[:1])

    prompt = ChatPromptTemplate.from_template("{context} / {question}")
    last = RunnableLambda(lambda value: value.to_messages()[0].content)
    chain: Any = {"context": retriever | joined, "question": RunnablePassthrough()} | prompt | last
    assert chain.invoke("save a model") == "Save its state_dict. / save a model"


async def documents(retriever: TutorRetriever) -> list[Document]:
    return await retriever.ainvoke("save a model")


def test_it_answers_asynchronously_and_in_batches(retriever: TutorRetriever) -> None:
    expected = retriever.invoke("save a model")
    assert asyncio.run(documents(retriever)) == expected
    assert retriever.batch(["save a model"]) == [expected]


def test_it_gives_nothing_where_no_entry_covers_the_query(retriever: TutorRetriever) -> None:
    assert retriever.invoke("boil an egg") == []
    assert len(retriever.model_copy(update={"abstain": False}).invoke("boil an egg")) == 2


def test_it_gives_no_more_than_k(retriever: TutorRetriever) -> None:
    assert len(retriever.model_copy(update={"k": 1}).invoke("save a model")) == 1


def test_it_keeps_to_its_collection(retriever: TutorRetriever) -> None:
    assert retriever.model_copy(update={"collection": "sailing"}).invoke("save a model") == []
