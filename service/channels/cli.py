"""The terminal: ``torchtutor COMMAND``, and which file each command is in."""

import typer

from corpus.errors import TutorError
from service.channels import console
from service.channels.lazy import LazyGroup


class Commands(LazyGroup):
    modules = {  # noqa: RUF012 - declared by the base class
        "serve": "service.channels.cli_serving",
        "mcp": "service.channels.mcp.command",
        "chat": "service.channels.talk.command",
        "ask": "service.channels.cli_asking",
        "run": "service.channels.cli_asking",
        "show": "service.channels.cli_show",
        "verify": "service.channels.cli_corpus",
        "import": "service.channels.cli_corpus",
        "new-entry": "service.channels.cli_corpus",
        "slack": "service.channels.slack.cli",
        "keys": "service.channels.keys",
        "llm": "service.channels.llm",
        "backup": "service.channels.state",
        "restore": "service.channels.state",
        "gaps": "service.channels.gaps",
        "index": "service.channels.cli_serving",
    }


app = typer.Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def torchtutor() -> None:
    """A PyTorch tutor: every piece of code it shows has been run."""


def main() -> None:
    """Run the command line; errors that can be told are told in a line, with exit status 1."""
    try:
        app()
    except TutorError as error:
        console.tell(f"torchtutor: {error}")
        raise SystemExit(1) from None
