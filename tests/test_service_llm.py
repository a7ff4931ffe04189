"""What is made of the pieces that a provider sends."""

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata

from service.language_model import Usage
from service.llm import _usage


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
