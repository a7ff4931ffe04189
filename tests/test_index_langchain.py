"""The LangChain retriever, used as LangChain programs use it."""

import asyncio
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from pydantic import Field

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
        "topic": "Files",
        "question": "How do you save a model?",
        "score": 1.0,
    }


def test_whole_lesson_comes_with_its_explanation_and_code(retriever: TutorRetriever) -> None:
    whole = retriever.model_copy(update={"whole": True}).invoke("gradients")[0]
    assert whole.page_content == (
        "They are summed.\n\nClear them.\n\nThe chain rule sums.\n\nSo:\n\n```python\nprint(1)\n```"
    )


def joined(documents: list[Document]) -> str:
    return "\n".join(document.page_content for document in documents)


def chain_over(retriever: TutorRetriever, model: Any) -> Any:
    prompt = ChatPromptTemplate.from_messages([("system", "Answer from this: {lessons}"), ("human", "{question}")])
    return {"lessons": retriever | joined, "question": RunnablePassthrough()} | prompt | model | StrOutputParser()


class Recording(GenericFakeChatModel):
    """A chat model that keeps what it was sent."""

    sent: list[list[BaseMessage]] = Field(default_factory=list)

    def _generate(self, messages: list[BaseMessage], *given: Any, **named: Any) -> Any:
        self.sent.append(messages)
        return super()._generate(messages, *given, **named)


def test_chain_gives_a_chat_model_the_lessons_and_the_question(retriever: TutorRetriever) -> None:
    model = Recording(messages=iter(["Save the state_dict."]))
    assert chain_over(retriever, model).invoke("save a model") == "Save the state_dict."
    system, human = model.sent[0]
    assert "Save its state_dict." in str(system.content)
    assert human.content == "save a model"


def test_chain_streams_what_the_model_says(retriever: TutorRetriever) -> None:
    chain = chain_over(retriever, GenericFakeChatModel(messages=iter(["Save the state_dict."])))
    pieces = list(chain.stream("save a model"))
    assert len(pieces) > 1
    assert "".join(pieces) == "Save the state_dict."


def test_chain_over_nothing_has_no_lessons(retriever: TutorRetriever) -> None:
    model = Recording(messages=iter(["I do not know."]))
    chain_over(retriever, model).invoke("boil an egg")
    assert model.sent[0][0].content == "Answer from this: "


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
