"""What Slack checks of a message, as its reference states the limits; ``None`` where it would take it.

https://docs.slack.dev/reference/block-kit/blocks and, for the sum, the error ``msg_blocks_too_long``.
"""

import json
import re
from typing import Any

MAX_BLOCKS = 50
MAX_SUM = 13_000
MAX_MARKDOWN = 12_000
MAX_TEXT = 40_000
ELEMENTS = {"actions": 25, "context": 10, "context_actions": 5}
LOUD = re.compile(r"<[@#!]|<https?://(?!tutor\.example\.org/)|@(?:channel|here|everyone)\b")


def fault(blocks: Any) -> str | None:
    """Slack's error for ``blocks``."""
    if not isinstance(blocks, list):
        return "invalid_blocks_format"
    if len(blocks) > MAX_BLOCKS:
        return "invalid_blocks"
    if len(json.dumps(blocks)) > 100_000 or _characters(blocks) > MAX_SUM:
        return "msg_blocks_too_long"
    markdown = sum(len(block.get("text", "")) for block in blocks if block.get("type") == "markdown")
    if markdown > MAX_MARKDOWN or any(not _fits(block) for block in blocks):
        return "invalid_blocks"
    names = [block["block_id"] for block in blocks if "block_id" in block]
    return "invalid_blocks" if len(names) != len(set(names)) else None


def chunk_fault(chunks: Any) -> str | None:
    """Slack's error for the ``chunks`` of a stream."""
    for chunk in chunks:
        kind = chunk.get("type")
        if kind == "markdown_text":
            if not 0 < len(chunk.get("text", "")) <= MAX_MARKDOWN:
                return "msg_too_long"
        elif kind == "task_update":
            if not chunk.get("id") or not chunk.get("title") or chunk.get("status") not in TASKS:
                return "invalid_chunks"
        elif kind == "blocks":
            if fault(chunk.get("blocks")):
                return "invalid_blocks"
        elif kind != "plan_update":
            return "invalid_chunks"
    return None


TASKS = ("pending", "in_progress", "complete", "error")


def said(blocks: list[dict[str, Any]]) -> str:
    """All text of blocks, one piece a line; entities as Slack shows them."""
    lines: list[str] = []
    for block in blocks:
        _collect(block, lines)
    return "\n".join(lines)


def loud(value: Any) -> list[str]:
    """What in a message Slack would read as a call, a mention or a link of somebody else's making.

    ``plain_text`` and ``rich_text`` are never read so.
    """
    if isinstance(value, list):
        return [one for item in value for one in loud(item)]
    if not isinstance(value, dict) or value.get("type") in ("plain_text", "rich_text"):
        return []
    found = []
    for name, item in value.items():
        if name == "text" and isinstance(item, str):
            found += LOUD.findall(item)
        elif name not in ("value", "url"):
            found += loud(item)
    return found


def _collect(value: Any, lines: list[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, lines)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            entities = value.get("type") in ("markdown", "mrkdwn")
            shown = value["text"]
            lines.append(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if entities else shown)
        for name in ("text", "elements", "options", "positive_button", "negative_button"):
            if not isinstance(value.get(name), str):
                _collect(value.get(name), lines)


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_characters, value))
    return sum(map(_characters, value.values())) if isinstance(value, dict) else 0


def _fits(block: dict[str, Any]) -> bool:
    kind = block.get("type")
    if kind == "markdown":
        return len(block.get("text", "")) > 0
    if kind == "section":
        return _is_text(block.get("text"), 3000)
    if kind == "rich_text":
        return bool(block.get("elements")) and all(
            one.get("type", "").startswith("rich_text_")
            and one.get("elements")
            and all(part.get("type") == "text" and part.get("text") for part in one["elements"])
            for one in block["elements"]
        )
    if kind in ELEMENTS:
        elements = block.get("elements") or []
        names = [one["action_id"] for one in elements if "action_id" in one]
        checks = {"context": lambda one: _is_text(one, 2000), "actions": _is_control, "context_actions": _is_feedback}
        return (
            0 < len(elements) <= ELEMENTS[kind]
            and len(names) == len(set(names))
            and all(checks[kind](one) for one in elements)
        )
    return kind == "divider"


def _is_text(text: Any, most: int) -> bool:
    return (
        isinstance(text, dict)
        and text.get("type") in ("plain_text", "mrkdwn")
        and 0 < len(text.get("text", "")) <= most
        and ("emoji" not in text or text["type"] == "plain_text")
    )


def _is_control(element: dict[str, Any]) -> bool:
    named = 0 < len(element.get("action_id", "")) <= 255
    if element.get("type") == "button":
        return named and _is_text(element.get("text"), 75) and len(element.get("value", "")) <= 2000
    if element.get("type") != "overflow":
        return False
    options, confirm = element.get("options", []), element.get("confirm")
    fits = all(_is_text(one.get("text"), 75) and len(one.get("value", "")) <= 151 for one in options)
    sizes = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    return (
        named
        and 0 < len(options) <= 5
        and fits
        and (confirm is None or all(_is_text(confirm.get(name), most) for name, most in sizes.items()))
    )


def _is_feedback(element: dict[str, Any]) -> bool:
    buttons = (element.get("positive_button"), element.get("negative_button"))
    return element.get("type") == "feedback_buttons" and all(
        isinstance(one, dict) and _is_text(one.get("text"), 75) and 0 < len(one.get("value", "")) <= 2000
        for one in buttons
    )
