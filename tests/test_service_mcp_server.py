"""MCP as its clients use it: over HTTP and stdio, with mcp's own client and with fastmcp's."""

import json
import os
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import anyio
import fastmcp
import httpx2
import pytest
from conftest import Server
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from service.memory import Memory

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "mcp.md").read_text()
ASKED = "what does zero_grad do?"
SECONDS = 180


def with_client(client: AbstractAsyncContextManager[Any], use: Callable[[Any], Awaitable[Any]]) -> Any:
    async def inside() -> Any:
        with anyio.fail_after(SECONDS):
            async with client as opened:
                return await use(opened)

    return anyio.run(inside)


def stdio(home: Path) -> StdioServerParameters:
    """What the page says to start, from anywhere."""
    config = json.loads(blocks("json")[0])["mcpServers"]["torchtutor"]
    command = config["command"].replace("/path/to/torchtutor", str(ROOT))
    environment = {**os.environ, "TUTOR_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return StdioServerParameters(command=command, args=config["args"], env=environment, cwd=home)


def blocks(language: str) -> list[str]:
    """The page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_mcp_client_over_http_asks_and_goes_on(server: Server, mode: Any) -> None:
    async def use(client: Client) -> Any:
        first = await client.call_tool("ask", {"question": ASKED})
        more = {"question": "what if I don't?", "conversation_id": first.structured_content["conversation_id"]}
        return first, await client.call_tool("ask", more)

    first, second = with_client(Client(f"{server.url}/mcp", mode=mode), use)
    assert "```python" in first.content[0].text
    assert first.structured_content["lessons"][0]["entry_id"] == "optimizer-setup"
    assert second.structured_content["lessons"][0]["entry_id"] == "optimizer-setup"


def test_mcp_client_over_http_runs_reads_completes_and_prompts(server: Server) -> None:
    async def use(client: Client) -> Any:
        ran = await client.call_tool("run_snippet", {"code": "import torch\nprint(torch.ones(2).sum().item())"})
        read = await client.read_resource("torchtutor://entries/optimizer-setup")
        template = (await client.list_resource_templates()).resource_templates[0]
        assert template.uri_template == "torchtutor://entries/{entry_id}"
        prompts = await client.list_prompts()
        return ran, read, prompts

    ran, read, prompts = with_client(Client(f"{server.url}/mcp"), use)
    assert (ran.structured_content["status"], ran.structured_content["stdout"]) == ("passed", "2.0\n")
    assert "## Pitfalls" in read.contents[0].text
    assert [one.name for one in prompts.prompts] == ["learn", "mend"]


def test_mcp_client_over_stdio_has_all_of_it(state_folder: Path) -> None:
    async def use(client: Client) -> Any:
        tools = await client.list_tools()
        return tools, await client.call_tool("explain_error", {"error": "element 0 of tensors does not require grad"})

    tools, told = with_client(Client(stdio(state_folder)), use)
    assert len(tools.tools) == 5
    assert told.structured_content["outcome"] == "answered"


def test_fastmcps_client_over_http(server: Server) -> None:
    async def use(client: Any) -> Any:
        assert len(await client.list_resources()) >= 40
        return await client.call_tool("search", {"query": "save a model", "k": 3})

    found = with_client(fastmcp.Client(f"{server.url}/mcp"), use)
    assert len(found.structured_content["lessons"]) == 3


def test_program_on_the_page_works_as_it_stands(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks("python")[0].replace("http://127.0.0.1:8000", server.url), {})
    assert "optimizer.zero_grad()" in capsys.readouterr().out


def test_mcp_needs_a_key_with_the_scope_for_what_it_does(
    tmp_path: Path, state_folder: Path, start_server: Callable[..., Server]
) -> None:
    home = tmp_path / "keyed"
    home.mkdir()
    (home / "index").symlink_to(state_folder / "index")
    memory = Memory(home / "tutor.sqlite3")
    _, asks = memory.keys.create("Ann", ["ask"])
    memory.close()
    keyed = start_server(home)
    assert httpx2.post(f"{keyed.url}/mcp", json={}).status_code == 401

    async def use(client: Client) -> Any:
        found = await client.call_tool("search", {"query": "save"})
        return found, await client.call_tool("run_snippet", {"code": "print(1)"})

    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {asks}"}, timeout=SECONDS)
    found, refused = with_client(Client(streamable_http_client(f"{keyed.url}/mcp", http_client=http)), use)
    assert found.structured_content["lessons"]
    assert refused.is_error
    assert "scope 'run'" in refused.content[0].text


@pytest.mark.parametrize(("header", "value", "status"), [("Host", "evil.example", 421), ("Origin", "http://evil", 403)])
def test_mcp_is_guarded_like_any_other_path(server: Server, header: str, value: str, status: int) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = "application/json, text/event-stream"
    response = server.http.post("/mcp", json=asked, headers={"Accept": accept, header: value})
    assert response.status_code == status


def test_nobody_can_listen_to_what_is_never_said(server: Server) -> None:
    refused = server.http.get("/mcp", headers={"Accept": "text/event-stream"})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
