"""The MCP server over fake parts, in memory: tools, resources, completion, prompts."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import anyio
import pytest
from fakes import PASSED
from mcp import Client, MCPError
from mcp_types import PromptReference, ResourceTemplateReference, TextContent

from service.channels.mcp import Channel
from service.settings import Settings
from service.turns import Turns
from service.wiring import Parts

Use = Callable[[Client], Awaitable[Any]]


@pytest.fixture
def using(parts: Parts) -> Callable[[Use], Any]:
    """Calls what it is given with a client of a server over the fake parts."""
    turns = Turns(parts.tutor, parts.memory)
    server = Channel(parts, turns, Settings(), lambda _: True, max_body=1000).server

    def run(use: Use) -> Any:
        async def inside() -> Any:
            async with Client(server) as client:
                return await use(client)

        return anyio.run(inside)

    return run


def test_five_tools_are_typed_and_annotated(using: Callable[[Use], Any]) -> None:
    tools = {tool.name: tool for tool in using(lambda client: client.list_tools()).tools}
    assert set(tools) == {"ask", "search", "get_entry", "run_snippet", "explain_error"}
    assert all(tool.output_schema and tool.description and tool.annotations for tool in tools.values())
    assert "ctx" not in tools["ask"].input_schema["properties"]
    assert not tools["run_snippet"].annotations.read_only_hint
    assert tools["ask"].annotations.read_only_hint


def test_ask_tells_the_answer_with_its_code_and_where_it_comes_from(using: Callable[[Use], Any]) -> None:
    told = using(lambda client: client.call_tool("ask", {"question": "Why do gradients keep growing?"}))
    assert told.structured_content["outcome"] == "answered"
    assert [one["uri"] for one in told.structured_content["lessons"]] == ["torchtutor://entries/grad"]
    assert "✔ ran · CPU" in told.content[0].text


def test_ask_goes_on_with_the_conversation(using: Callable[[Use], Any]) -> None:
    async def use(client: Client) -> Any:
        first = await client.call_tool("ask", {"question": "my gradients keep growing"})
        more = {"question": "why?", "conversation_id": first.structured_content["conversation_id"]}
        return await client.call_tool("ask", more)

    assert using(use).structured_content["answer"].startswith("The chain rule sums.")


def test_ask_says_so_where_no_lesson_covers_it(using: Callable[[Use], Any]) -> None:
    told = using(lambda client: client.call_tool("ask", {"question": "Which wine goes with fish?"}))
    assert (told.structured_content["outcome"], told.structured_content["lessons"]) == ("not_covered", [])


def test_search_finds_lessons_by_their_ids(using: Callable[[Use], Any]) -> None:
    told = using(lambda client: client.call_tool("search", {"query": "save", "k": 1}))
    assert [one["entry_id"] for one in told.structured_content["lessons"]] == ["save"]


def test_get_entry_is_the_whole_lesson(using: Callable[[Use], Any]) -> None:
    text = using(lambda client: client.call_tool("get_entry", {"entry_id": "grad"})).structured_content["text"]
    for part in (
        "# Why do gradients",
        "The chain rule sums.",
        "print(1)",
        "### Detached",
        "### Where is the sum kept?",
    ):
        assert part in text


def test_run_snippet_tells_the_verdict(using: Callable[[Use], Any]) -> None:
    told = using(lambda client: client.call_tool("run_snippet", {"code": "print(1)"}))
    assert (told.structured_content["status"], told.structured_content["stdout"]) == ("passed", "1\n")


@pytest.mark.parametrize("status", ["timed_out", "passed"])
def test_run_snippet_tells_what_stands_on_standard_error_once(
    using: Callable[[Use], Any], sandbox: Any, status: Any
) -> None:
    sandbox.verdicts["loop()"] = replace(PASSED, status=status, stderr="stopped after 1 s\n")
    told = using(lambda client: client.call_tool("run_snippet", {"code": "loop()"})).content[0].text
    assert told.count("stopped after 1 s") == 1


def test_explain_error_runs_nothing(using: Callable[[Use], Any], sandbox: Any) -> None:
    error = "RuntimeError: element 0 of tensors does not require grad"
    told = using(lambda client: client.call_tool("explain_error", {"error": error, "code": "strange()\nmore()"}))
    assert told.structured_content["outcome"] in ("answered", "partly")
    assert "strange()\nmore()\n" not in [program.code for program in sandbox.programs]


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {"question": " "}, "the text is empty"),
        ("ask", {"question": "why?", "conversation_id": "none"}, "no conversation 'none'"),
        ("ask", {"question": "why?", "collection": "none"}, "no collection 'none'"),
        ("get_entry", {"entry_id": "none"}, "find one with search"),
        ("search", {"query": "x", "k": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_done_says_how_to_mend_it(
    using: Callable[[Use], Any], tool: str, arguments: dict[str, Any], said: str
) -> None:
    told = using(lambda client: client.call_tool(tool, arguments))
    assert told.is_error
    assert isinstance(told.content[0], TextContent)
    assert said in told.content[0].text


def test_lessons_are_resources(using: Callable[[Use], Any]) -> None:
    listed = using(lambda client: client.list_resources()).resources
    assert [str(one.uri) for one in listed] == ["torchtutor://entries/grad", "torchtutor://entries/save"]
    read = using(lambda client: client.read_resource("torchtutor://entries/save")).contents[0]
    assert (read.mime_type, "state_dict" in read.text) == ("text/markdown", True)


def test_a_lesson_that_is_not_there_is_an_error(using: Callable[[Use], Any]) -> None:
    async def use(client: Client) -> None:
        with pytest.raises(MCPError, match="no lesson 'none'"):
            await client.read_resource("torchtutor://entries/none")

    using(use)


@pytest.mark.parametrize(
    ("ref", "argument", "values"),
    [
        (ResourceTemplateReference(uri="torchtutor://entries/{entry_id}"), ("entry_id", "sa"), ["save"]),
        (PromptReference(name="learn"), ("topic", "grad"), ["Why do gradients keep growing?"]),
        (PromptReference(name="mend"), ("error", "x"), []),
    ],
)
def test_ids_and_topics_are_completed(
    using: Callable[[Use], Any], ref: Any, argument: tuple[str, str], values: list[str]
) -> None:
    typed = {"name": argument[0], "value": argument[1]}
    assert using(lambda client: client.complete(ref, typed)).completion.values == values


def test_two_prompts_hold_what_they_are_about(using: Callable[[Use], Any]) -> None:
    prompts = using(lambda client: client.list_prompts()).prompts
    assert [prompt.name for prompt in prompts] == ["learn", "mend"]
    made = using(lambda client: client.get_prompt("mend", {"error": "ValueError: x", "code": "f()"}))
    assert "ValueError: x" in made.messages[0].content.text
    assert "```python\nf()\n```" in made.messages[0].content.text
