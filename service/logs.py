"""Logs as JSON, one object a line on standard error, each with the id of the request that it belongs to.

What learners write is logged at ``debug`` only: a log is read by more people than a conversation is meant for. The
message of an unexpected exception may quote it, so above ``debug`` only the exception's type and place are told.
"""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being served."""


def configure(level: str) -> None:
    """Send everything from ``level`` on ("debug", "info", …) to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(tell_all=level == "debug"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("asyncio", "bm25s", "faiss", "httpcore", "httpx", "httpx2", "mcp", "sqlalchemy", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)


def fields(**values: Any) -> dict[str, Any]:
    """For ``extra=``: values that get a place of their own in the log."""
    return {"fields": values}


class JsonFormatter(logging.Formatter):
    """One JSON object; ``tell_all`` also tells the messages of exceptions."""

    def __init__(self, *, tell_all: bool) -> None:
        super().__init__()
        self._tell_all = tell_all

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get() is not None:
            told["request_id"] = request_id.get()
        told |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            told["exception"] = self._exception(record.exc_info[1])
        return json.dumps(told, default=str)

    def _exception(self, error: BaseException | None) -> str:
        if error is None or self._tell_all:
            return "".join(traceback.format_exception(error))
        places = [
            f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        cause = error.__cause__ or error.__context__
        told = " < ".join([type(error).__qualname__, *reversed(places)])
        return told if cause is None else f"{told}; from {self._exception(cause)}"
