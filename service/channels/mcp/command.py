"""The terminal, continued: ``torchtutor mcp``."""

import typer

from service.channels import console
from service.channels.mcp.server import serve_stdio

app = typer.Typer()


@app.command()
def mcp() -> None:
    """Serve an assistant or editor that starts this as an MCP server, over standard input and output."""
    settings = console.settings()
    serve_stdio(settings, console.parts(settings))
