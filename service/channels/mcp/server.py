"""The MCP server: over HTTP, where every request is on its own, or over stdio.

No session is kept over HTTP, so that a restart loses none. Host, Origin, keys and limits are checked before, as for any
other path; the library's own check of hosts, which knows loopback only, is therefore off.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from functools import partial
from importlib.metadata import version
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.server.mcpserver.resources import FunctionResource
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import Completion, PromptReference, ResourceTemplateReference, ToolAnnotations
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from service import logs
from service.backup import in_use
from service.channels.mcp.forms import URI
from service.channels.mcp.tools import EntryId, Tools
from service.settings import Settings
from service.turns import Turns
from service.wiring import Parts

PATH = "/mcp"
HEADERS = ("Mcp-Protocol-Version", "Mcp-Session-Id", "Mcp-Method", "Mcp-Name")
"""Headers of the protocol that web pages may send."""

MAX_COMPLETIONS = 100
FINISH_SECONDS = 10.0
MARKDOWN = "text/markdown"
INSTRUCTIONS = (
    "A PyTorch tutor. Each answer comes from a lesson, and each piece of code in it has been run: the line below it "
    "says what the run showed. Ask it before you answer a question about PyTorch from memory; quote its code together "
    "with the verdict; where the outcome is 'not_covered', say that no lesson covers the question. Run code of your "
    "own with run_snippet before you show it."
)
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_RUNS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class _Path(Route):
    """Tells the log and the metrics which path it is, as FastAPI's own routes do."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        return match, {**child, "route": self}


class Channel:
    """The server over ``parts``; ``may_run`` says whether a request over HTTP may have a program run now."""

    def __init__(
        self, parts: Parts, turns: Turns, settings: Settings, may_run: Callable[[Scope], bool], *, max_body: int
    ) -> None:
        self.server = _server(parts, Tools(parts, turns, settings, may_run))
        self._app = self.server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            max_request_body_size=max_body,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes for the service's own router. There is nothing to listen for, hence no GET: a stream that is never
        written to would only hold up the end of the service."""
        return [_Path(PATH, route.endpoint, methods=["POST"]) for route in self._app.routes if isinstance(route, Route)]

    def running(self) -> AbstractAsyncContextManager[None]:
        """While it is entered, requests are answered; once only."""
        return self.server.session_manager.run()


def serve_stdio(settings: Settings, parts: Parts) -> None:
    """Serve whoever started the process until its end of standard input; log to standard error."""
    logs.configure(settings.log_level)
    turns = Turns(parts.tutor, parts.memory, parts.metrics.watch)
    server = _server(parts, Tools(parts, turns, settings, lambda _: True))

    async def serve() -> None:
        threading.Thread(target=parts.sandbox.start, name="sandbox start", daemon=True).start()
        await server.run_stdio_async()
        await turns.finish(FINISH_SECONDS)

    with in_use(settings.home), closing(parts):
        anyio.run(serve)


def _server(parts: Parts, tools: Tools) -> MCPServer:
    server: MCPServer = MCPServer(
        "torchtutor",
        title="torchtutor",
        description="A PyTorch tutor: every piece of code it shows has been run.",
        instructions=INSTRUCTIONS,
        version=version("torchtutor"),
        subscriptions=False,  # what it lists never changes
    )
    server.add_tool(tools.ask, title="Ask the PyTorch tutor", annotations=_READS)
    server.add_tool(tools.search, title="Search the lessons", annotations=_READS)
    server.add_tool(tools.get_entry, title="Read a lesson", annotations=_READS)
    server.add_tool(tools.run_snippet, title="Run a PyTorch program", annotations=_RUNS)
    server.add_tool(tools.explain_error, title="Explain a PyTorch error", annotations=_READS)
    _add_lessons(server, parts, tools)
    _add_prompts(server)
    return server


def _add_lessons(server: MCPServer, parts: Parts, tools: Tools) -> None:
    """The lessons as resources: each in the list, and all of them behind a template that completes their ids."""

    def text(entry_id: str) -> str:
        found = tools.whole(entry_id)
        if found is None:
            raise ResourceNotFoundError(f"no lesson '{entry_id}'; list the resources, or search")
        return found.text

    for entry in parts.tutor.entries.values():
        server.add_resource(
            FunctionResource(
                uri=URI + entry.id,
                name=entry.id,
                title=entry.question,
                description=f"A lesson on {entry.topic}",
                mime_type=MARKDOWN,
                fn=partial(text, entry.id),
            )
        )

    @server.resource(URI + "{entry_id}", name="lesson", title="A lesson by its id", mime_type=MARKDOWN)
    def by_id(entry_id: EntryId) -> str:
        """A whole lesson: answer, explanation, code with verdicts, pitfalls and follow-ups."""
        return text(entry_id)

    @server.completion()  # type: ignore[no-untyped-call,untyped-decorator]
    async def complete(ref: Any, argument: Any, context: Any) -> Completion | None:
        typed = argument.value.casefold()
        if isinstance(ref, ResourceTemplateReference) and argument.name == "entry_id":
            found = [one for one in parts.tutor.entries if typed in one]
        elif isinstance(ref, PromptReference) and argument.name == "topic":
            found = [one.question for one in parts.tutor.entries.values() if typed in one.question.casefold()]
        else:
            return None
        more = len(found) > MAX_COMPLETIONS
        return Completion(values=found[:MAX_COMPLETIONS], total=len(found), has_more=more)


def _add_prompts(server: MCPServer) -> None:
    @server.prompt(title="Learn about a topic")
    def learn(topic: str) -> str:
        """A short lesson on a topic of PyTorch, with code that has been run."""
        return (
            f"Teach me this about PyTorch: {topic}\n\n"
            "Use torchtutor's ask tool first and rest on its answer. Show its code together with what the run printed. "
            "Then offer me the follow-ups that it gives, and pass the conversation_id when I choose one. If no lesson "
            "covers it, say so before you add anything of your own, and run your own code with run_snippet."
        )

    @server.prompt(title="Mend a program")
    def mend(error: str, code: str = "") -> str:
        """From an error to a program that runs."""
        program = f"\n\nThe program:\n\n```python\n{code}\n```" if code.strip() else ""
        return (
            f"My PyTorch program fails with:\n\n```text\n{error}\n```{program}\n\n"
            "Call torchtutor's explain_error with it. Tell me the cause in two sentences, mend the program, and run "
            "the mended one with run_snippet until its status is 'passed'. Show me the program that ran and its output."
        )
