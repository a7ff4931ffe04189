"""The terminal: ``torchtutor slack`` answers over Socket Mode, ``torchtutor slack check`` tells what is missing."""

import asyncio
import signal
import threading
from contextlib import closing, suppress

import typer
from rich.text import Text

from service import logs
from service.backup import in_use
from service.channels import console
from service.channels.slack.channel import NotConfigured, Slack
from service.channels.slack.check import check
from service.housekeeping import forget_old
from service.settings import Settings
from service.turns import Turns
from service.wiring import Parts

app = typer.Typer(help="Answers in Slack, without an address that Slack can reach.", invoke_without_command=True)
FINISH_SECONDS = 10.0
_MARKS = {"done": ("✔", "green"), "missing": ("✘", "red"), "unknown": ("○", "yellow")}


@app.callback()
def slack(context: typer.Context) -> None:
    """Answer in Slack over a socket (Socket Mode) until stopped; needs SLACK_BOT_TOKEN and SLACK_APP_TOKEN."""
    if context.invoked_subcommand is not None:
        return
    settings = console.settings()
    if settings.slack_app_token is None:
        raise NotConfigured(
            "SLACK_APP_TOKEN is not set; make an app-level token (xapp-…) with connections:write under "
            "'Basic Information' of your app; 'torchtutor slack check' tells what else is missing"
        )
    logs.configure(settings.log_level)
    with closing(console.parts(settings)) as parts, in_use(settings.home):
        asyncio.run(_answer(parts, settings, settings.slack_app_token.get_secret_value()))


@app.command("check")
def _check() -> None:
    """Tell what is missing, in the order in which one mends it; exit status 1 if anything is."""
    steps = asyncio.run(check(console.settings()))
    for step in steps:
        mark, colour = _MARKS[step.state]
        console.out.print(Text(f"{mark} {step.what}", colour), soft_wrap=True)
        if step.mend:
            console.out.print(Text(f"  {step.mend}"), soft_wrap=True)
    if any(step.state == "missing" for step in steps):
        raise typer.Exit(1)


async def _answer(parts: Parts, settings: Settings, app_token: str) -> None:
    turns = Turns(parts.tutor, parts.memory, parts.metrics.watch)
    threading.Thread(target=parts.sandbox.start, name="sandbox start", daemon=True).start()
    listening = asyncio.create_task(Slack(parts, settings, turns).listen(app_token))
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, listening.cancel)
    console.tell("torchtutor answers in Slack")
    cleaning = (
        asyncio.create_task(forget_old(parts.memory, settings.retention_days)) if settings.retention_days else None
    )
    with suppress(asyncio.CancelledError):
        await listening
    if cleaning is not None:
        cleaning.cancel()
    await turns.finish(FINISH_SECONDS)
