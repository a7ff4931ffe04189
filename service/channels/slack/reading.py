"""What stands in a thread already, read a page at a time, earliest first; nothing where it may not be read."""

from typing import Any

from service.channels.slack.calls import Calls

PAGE = 200
MAX_PAGES = 10


async def thread(calls: Calls, channel: str, ts: str, **bounds: str | None) -> list[dict[str, Any]]:
    """The messages of a thread within ``bounds`` (``oldest``, ``latest``), the one that began it among them."""
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(MAX_PAGES):
        page = await calls.quietly("conversations.replies", channel=channel, ts=ts, limit=PAGE, cursor=cursor, **bounds)
        found += (page or {}).get("messages", ())
        cursor = ((page or {}).get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return found


async def message(calls: Calls, channel: str, ts: str, thread_ts: str) -> dict[str, Any] | None:
    """One message of a thread; ``None`` where it is gone."""
    near = await thread(calls, channel, thread_ts, oldest=ts, latest=ts, inclusive="true")
    return next((one for one in near if one.get("ts") == ts), None)


async def left_over(calls: Calls, channel: str, ts: str, since: str | None, known: set[str]) -> list[str]:
    """Messages of ours in a thread since then that nobody knows of, oldest first."""
    mine = [str(one["ts"]) for one in await thread(calls, channel, ts, oldest=since) if one.get("bot_id")]
    return [one for one in mine if one != ts and one not in known]
