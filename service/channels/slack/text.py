"""Text as it may stand in Slack, and text as it comes from there; pure.

Slack reads ``<…>`` in any Markdown as a mention, a link or a call to everybody, so that no angle bracket may come
through. Code goes into ``rich_text``, which is never read for anything.
"""

import html
import re

SHOWN_CONTROLS = "\n\t"
FAR = 20
"""A notification is made of so many times its length."""

_HIDDEN = re.compile("[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_CROWD = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?=(?:[a-zA-Z]{2,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_QUOTE = re.compile(r"^(?:&gt; ?)+", re.MULTILINE)
_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*\n(.*?)^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)

_SPECIAL = re.compile(r"<(?P<kind>[@#!]?)(?P<target>[^<>|\n]*)(?:\|(?P<label>[^<>\n]*))?>")
_SLACK_FENCE = re.compile(r"```(?P<code>.*?)```", re.DOTALL)
_LANGUAGE = re.compile(r"[ \t]*(?:python3?|py|pycon|text|output|bash|sh)?[ \t]*\n")


def visible(text: str) -> str:
    """``text`` with what is not seen, or turns the reading direction, spelled out."""
    text = "".join(c if c in SHOWN_CONTROLS or c.isprintable() or c == " " else _spelled(c) for c in text)
    return _HIDDEN.sub(lambda match: _spelled(match[0]), text)


def prose(markdown: str) -> str:
    """Markdown for a ``markdown`` block or a stream: looks the same, and calls nobody."""
    text = _ENTITY.sub("&amp;", visible(markdown)).replace("<", "&lt;").replace(">", "&gt;")
    text = _QUOTE.sub(lambda match: match[0].replace("&gt;", ">"), text)
    return _CROWD.sub("@\u2060", text)


def mrkdwn(text: str) -> str:
    """Plain text for a ``mrkdwn`` field: the notification of a message, the label of a link."""
    return _CROWD.sub("@\u2060", html.escape(visible(text), quote=False))


def notification(markdown: str, most: int = 200) -> str:
    """A line for where blocks are not shown: notifications, screen readers."""
    begun = markdown[: most * FAR]  # to look for the end of a fence takes long in a long text
    words = " ".join(re.sub(r"[*`#_]|^>", " ", _FENCED.sub(" ", begun), flags=re.MULTILINE).split())
    return mrkdwn(words[:most] + ("…" if len(words) > most else "")) or "…"


def parts(markdown: str) -> list[tuple[bool, str]]:
    """Markdown as ``(is code, text)``: fenced blocks apart from what stands around them."""
    found: list[tuple[bool, str]] = []
    end = 0
    for match in _FENCED.finditer(markdown):
        found += [(False, markdown[end : match.start()]), (True, match[2])]
        end = match.end()
    found.append((False, markdown[end:]))
    return [(is_code, text.strip("\n")) for is_code, text in found if text.strip()]


def split(text: str, most: int) -> list[str]:
    """``text`` in pieces of up to ``most`` characters, parted between paragraphs, lines, sentences, words if at all."""
    pieces = []
    while len(text) > most:
        at = (
            max(_last(text, mark, most) for mark in ("\n\n", "\n")) or _last(text, ". ", most) or _last(text, " ", most)
        )
        at = at or most
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip("\n")
    return [piece for piece in (*pieces, text) if piece.strip()]


def _last(text: str, mark: str, most: int) -> int:
    """Behind the last ``mark`` within ``most`` characters, if that leaves no stub; else 0."""
    at = text.rfind(mark, most // 3, most)
    return 0 if at < 0 else at + len(mark)


def typed(text: str, bot: str = "") -> str:
    """What a person typed, out of what Slack makes of it: no mentions, no entities, fences on lines of their own."""
    text = text.replace(f"<@{bot}>", " ") if bot else text
    text = html.unescape(_SPECIAL.sub(_readable, text))
    return _SLACK_FENCE.sub(_fence, text).strip()


def mentioned(text: str) -> list[str]:
    """The ids of the users whom a message mentions."""
    return [match["target"] for match in _SPECIAL.finditer(text) if match["kind"] == "@"]


def _readable(match: re.Match[str]) -> str:
    label = match["label"] or ""
    if match["kind"] in ("@", "!"):
        return ""
    if match["kind"] == "#":
        return f"#{label}" if label else ""
    return label or match["target"].removeprefix("mailto:")


def _fence(match: re.Match[str]) -> str:
    code = match["code"]
    named = _LANGUAGE.match(code)
    opening = f"```{named[0].strip()}\n" if named else "```\n"
    body = code[named.end() :] if named else code
    return f"\n{opening}{body.rstrip()}\n```\n"


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
