"""The process behind ``torchtutor slack``: the tutor, and a socket to Slack."""

import asyncio
import signal
import threading
from contextlib import closing, suppress
from functools import partial

from service import logs
from service.backup import in_use
from service.channels import console
from service.channels.slack.channel import NotConfigured, Slack
from service.housekeeping import forget_old
from service.settings import Settings
from service.turns import Turns
from service.wiring import Parts

FINISH_SECONDS = 10.0


def answer(settings: Settings) -> None:
    """Answer until told to stop.

    Raises:
        NotConfigured: a token is missing.
    """
    if settings.slack_app_token is None:
        raise NotConfigured(
            "SLACK_APP_TOKEN is not set; make an app-level token (xapp-…) with connections:write under "
            "'Basic Information' of your app; 'torchtutor slack check' tells what else is missing"
        )
    logs.configure(settings.log_level)
    with closing(console.parts(settings)) as parts, in_use(settings.home):
        asyncio.run(_answer(parts, settings, settings.slack_app_token.get_secret_value()))


async def _answer(parts: Parts, settings: Settings, app_token: str) -> None:
    turns = Turns(parts.tutor, parts.memory, parts.metrics.watch)
    slack = Slack(parts, settings, turns)
    threading.Thread(target=parts.sandbox.start, name="sandbox start", daemon=True).start()
    ready = partial(console.tell, "torchtutor answers in Slack")
    listening = asyncio.create_task(slack.listen(app_token, ready))
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, listening.cancel)
    days = settings.retention_days
    cleaning = asyncio.create_task(forget_old(parts.memory, days)) if days else None
    with suppress(asyncio.CancelledError):
        await listening
    if cleaning is not None:
        cleaning.cancel()
    await turns.finish(FINISH_SECONDS)
