"""Forgets old conversations while the service runs, where the operator set a retention."""

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from corpus.errors import TutorError
from service.memory import Memory

EVERY_SECONDS = 3600.0

_log = logging.getLogger(__name__)


async def forget_old(memory: Memory, retention_days: float) -> None:
    """Delete what is older than ``retention_days``, now and every hour, until cancelled."""
    while True:
        try:
            count = await run_in_threadpool(memory.conversations.forget, retention_days)
        except TutorError as error:
            _log.warning("old conversations could not be deleted: %s", error)  # it is tried again
        else:
            if count:
                _log.info("deleted %d conversations older than %g days", count, retention_days)
        await asyncio.sleep(EVERY_SECONDS)
