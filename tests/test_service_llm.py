"""What is made of the pieces that a provider sends, and of those that it does not send."""

from collections.abc import Iterator

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from llm_server import LLMServer, llm_server

from service.language_model import ModelFailed, Said, Usage
from service.llm import Address, ChatModel, _usage


@pytest.fixture
def llm() -> Iterator[LLMServer]:
    with llm_server() as running:
        yield running
        running.open.set()


@pytest.mark.integration
@pytest.mark.parametrize("behaviour", ["silent", "drips", "drips_text"])
def test_call_ends_in_time_whatever_the_provider_does(llm: LLMServer, behaviour: str) -> None:
    llm.behaviour = behaviour
    model = ChatModel(Address("openai:fake", llm.url, silence=600))
    said = []
    with pytest.raises(ModelFailed, match="took more than 2 s") as failed:
        said += [chunk.text for chunk in model.stream([Said("user", "why?")], max_tokens=80, seconds=2)]
    assert failed.value.kind == "timeout"
    assert not llm.open.is_set()  # the provider would have gone on


@pytest.mark.integration
@pytest.mark.parametrize("behaviour", ["drips", "drips_text"])
def test_provider_is_left_once_the_time_is_up(llm: LLMServer, behaviour: str) -> None:
    llm.behaviour = behaviour
    with pytest.raises(ModelFailed):
        list(ChatModel(Address("openai:fake", llm.url, silence=600)).stream([], max_tokens=80, seconds=2))
    assert llm.left.wait(60)


@pytest.mark.integration
def test_provider_is_left_once_nobody_listens(llm: LLMServer) -> None:
    llm.behaviour = "drips_text"
    answer = ChatModel(Address("openai:fake", llm.url)).stream([Said("user", "why?")], max_tokens=80, seconds=600)
    next(chunk for chunk in answer if chunk.text)
    del answer
    assert llm.left.wait(60)


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ([(120, 0), (0, 30)], Usage(120, 30)),  # Anthropic's protocol
        ([(120, 1), (120, 2), (120, 3)], Usage(120, 3)),  # a running total
        ([(-5, -5)], Usage(0, 0)),
    ],
)
def test_tokens_are_counted_however_a_provider_tells_them(told: list[tuple[int, int]], counted: Usage) -> None:
    usage = None
    for prompt, completion in told:
        metadata = UsageMetadata(input_tokens=prompt, output_tokens=completion, total_tokens=prompt + completion)
        usage = _usage(AIMessageChunk(content="", usage_metadata=metadata), usage)
    assert usage == counted
    assert _usage(AIMessageChunk(content="x"), usage) == counted
