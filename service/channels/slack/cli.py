"""The terminal: ``torchtutor slack`` answers over Socket Mode, ``torchtutor slack check`` tells what is missing."""

import asyncio

import typer
from rich.text import Text

from service.channels import console

app = typer.Typer(help="Answers in Slack, without an address that Slack can reach.", invoke_without_command=True)
_MARKS = {"done": ("✔", "green"), "missing": ("✘", "red"), "unknown": ("○", "yellow")}


@app.callback()
def slack(context: typer.Context) -> None:
    """Answer in Slack over a socket (Socket Mode) until stopped; needs SLACK_BOT_TOKEN and SLACK_APP_TOKEN."""
    if context.invoked_subcommand is None:
        from service.channels.slack.socket import answer  # takes a while, for which 'check' need not wait

        answer(console.settings())


@app.command("check")
def _check() -> None:
    """Tell what is missing, in the order in which one mends it; exit status 1 if anything is."""
    from service.channels.slack.check import check

    steps = asyncio.run(check(console.settings()))
    for step in steps:
        mark, colour = _MARKS[step.state]
        console.out.print(Text(f"{mark} {step.what}", colour), soft_wrap=True)
        if step.mend:
            console.out.print(Text(f"  {step.mend}"), soft_wrap=True)
    if any(step.state == "missing" for step in steps):
        raise typer.Exit(1)
