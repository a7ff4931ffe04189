"""What Slack sends, as data; pure. Whatever is not for the tutor is ``None``."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from service.channels.slack import text
from service.memory.claims import Place

MAX_QUESTION = 20_000
PLAIN = (None, "file_share", "thread_broadcast")
"""Subtypes of a message that a person wrote; all others tell of something else."""

EDIT_SECONDS = 60.0
"""So long after it was sent, an edit of a question is answered."""

_TS = re.compile(r"\d+\.\d+")

Way = Literal["message", "command", "shortcut", "button"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that a person says to the tutor, or may say to it.

    Args:
        place: where it stands; what is claimed.
        thread: the thread to answer in; empty where there is none yet.
        mentioned: whether it names the tutor.
        others: whether it names somebody else.
        direct: whether it stands in a direct message.
        response_url: where to answer where the tutor may not post.
    """

    place: Place
    thread: str
    user: str
    question: str
    way: Way = "message"
    mentioned: bool = False
    others: bool = False
    direct: bool = False
    response_url: str | None = None

    @property
    def in_thread(self) -> bool:
        """Whether it is a reply to something."""
        return self.thread != self.place.ts


@dataclass(frozen=True, slots=True)
class Changed:
    """A message that was edited, soon enough; ``was`` is what stood there before."""

    now: Incoming
    was: str
    edited_ts: str


@dataclass(frozen=True, slots=True)
class Deleted:
    place: Place


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button; ``value`` is what we had put into it, ``thread`` where the message stands that has it."""

    team: str
    channel: str
    user: str
    message: str
    thread: str
    action: str
    value: str
    label: str
    response_url: str | None
    pressed_ts: str


def event(body: Mapping[str, Any]) -> Incoming | Changed | Deleted | None:
    """A message event or a mention."""
    found = body.get("event") or {}
    team, channel = str(body.get("team_id") or ""), str(found.get("channel") or "")
    subtype = found.get("subtype")
    if not team or not channel or found.get("type") not in ("message", "app_mention"):
        return None
    if subtype == "message_deleted":
        return Deleted(Place(team, channel, str(found.get("deleted_ts") or "")))
    bot = _bot(body)
    if subtype == "message_changed":
        message, before = found.get("message") or {}, found.get("previous_message") or {}
        now = _message(message, team, channel, bot, direct=found.get("channel_type") == "im")
        edited_ts = str((message.get("edited") or {}).get("ts") or "")
        was = text.typed(str(before.get("text") or ""), bot)
        if now is None or was == now.question or not _soon(now.place.ts, edited_ts):
            return None
        return Changed(now, was, edited_ts)
    if subtype not in PLAIN or found.get("hidden"):
        return None
    direct = found.get("channel_type") == "im" or channel.startswith("D")
    message = _message(found, team, channel, bot, direct=direct)
    if message is not None and found["type"] == "app_mention":
        return replace(message, mentioned=True)
    return message


def command(body: Mapping[str, Any]) -> Incoming | None:
    """``/ask …``; it has no message of its own, so that what it triggered is what is claimed."""
    place = Place(str(body["team_id"]), str(body["channel_id"]), f"command:{body['trigger_id']}")
    return Incoming(
        place,
        "",
        str(body["user_id"]),
        text.typed(str(body.get("text") or ""))[:MAX_QUESTION],
        "command",
        direct=place.channel.startswith("D"),
        response_url=body.get("response_url"),
    )


def shortcut(body: Mapping[str, Any]) -> Incoming:
    """A shortcut on a message: the question is what that message says."""
    message = body["message"]
    channel = str(body["channel"]["id"])
    ts = str(message["ts"])
    return Incoming(
        Place(_team(body), channel, f"shortcut:{body['action_ts']}"),
        str(message.get("thread_ts") or ts),
        str(body["user"]["id"]),
        text.typed(all_text(message))[:MAX_QUESTION],
        "shortcut",
        direct=channel.startswith("D"),
        response_url=body.get("response_url"),
    )


def pressed(body: Mapping[str, Any]) -> Pressed | None:
    """A button of ours."""
    actions = body.get("actions") or [{}]
    action, container = actions[0], body.get("container") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    message = body.get("message") or {}
    ts = str(message.get("ts") or container.get("message_ts") or "")
    if not channel or not ts or "action_id" not in action:
        return None
    chosen = action.get("selected_option") or action
    return Pressed(
        team=_team(body),
        channel=channel,
        user=str(body["user"]["id"]),
        message=ts,
        thread=str(message.get("thread_ts") or container.get("thread_ts") or ts),
        action=str(action["action_id"]).partition(":")[0],
        value=str(chosen.get("value") or ""),
        label=str((action.get("text") or {}).get("text") or ""),
        response_url=body.get("response_url"),
        pressed_ts=str(action.get("action_ts") or ""),
    )


def data(value: str) -> dict[str, Any]:
    """What we had put into a button as JSON; nothing where somebody else did."""
    try:
        found = json.loads(value)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def question_ts(claimed: str) -> str:
    """Of the ``ts`` of a claim, that of the message that holds the question; empty where none does."""
    ts, _, kind = claimed.partition(":")
    return ts if kind.partition(":")[0] in ("", "edit", "again") else ""


def since(claimed: Place) -> str | None:
    """A ``ts`` that comes before whatever is said to ``claimed``; ``None`` where none is known."""
    ts = claimed.ts.partition(":")[0]
    return ts if _TS.fullmatch(ts) else None


def _message(message: Mapping[str, Any], team: str, channel: str, bot: str, *, direct: bool) -> Incoming | None:
    user, ts = str(message.get("user") or ""), str(message.get("ts") or "")
    if not user or not ts or message.get("bot_id") or message.get("app_id") or user in (bot, "USLACKBOT"):
        return None
    written = str(message.get("text") or "")
    names = text.mentioned(written)
    return Incoming(
        Place(team, channel, ts),
        str(message.get("thread_ts") or ts),
        user,
        text.typed(written, bot)[:MAX_QUESTION],
        mentioned=bool(bot) and bot in names,
        others=any(name != bot for name in names),
        direct=direct,
    )


def all_text(message: Mapping[str, Any]) -> str:
    """What a message says, those of other apps included, which put it into attachments."""
    attached = [str(one.get("text") or one.get("fallback") or "") for one in message.get("attachments") or []]
    return "\n".join(filter(None, (str(message.get("text") or ""), *attached)))


def _bot(body: Mapping[str, Any]) -> str:
    """The id of the tutor's own user, which Slack tells with each event."""
    authorizations = body.get("authorizations") or [{}]
    return str(authorizations[0].get("user_id") or "")


def _team(body: Mapping[str, Any]) -> str:
    return str((body.get("team") or {}).get("id") or (body.get("user") or {}).get("team_id") or "")


def _soon(ts: str, edited_ts: str) -> bool:
    try:
        return 0 <= float(edited_ts) - float(ts) <= EDIT_SECONDS
    except ValueError:
        return False
