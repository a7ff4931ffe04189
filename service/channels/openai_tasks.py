"""What chat front ends ask a model for besides answers: titles, tags, follow-ups, search queries.

Open WebUI sends most of these as a message that begins with ``### Task:`` and holds the conversation between
``<chat_history>`` tags; LibreChat and LobeChat ask for a title in other words. They get a short answer in the form they
ask for, from what the conversation is about, and never a lesson.
"""

import json
import re
from collections.abc import Sequence
from textwrap import shorten
from typing import Literal

from service.asked import Said
from service.channels.openai_request import MAX_MESSAGE, ChatMessage
from service.tutor import Tutor

Kind = Literal["title", "tags", "follow_ups", "queries", "prompt", "text", "emoji", "tool_calls"]

MAX_TITLE = 50
MAX_TAGS = 3
MAX_HISTORY = 12
MAX_TOLD = 200_000
"""So many characters of a conversation inside a task are looked at: its end."""

GENERAL = "General"

_OPEN_WEBUI: tuple[tuple[Kind, str], ...] = (
    ("title", r"generate a concise\b.*\btitle"),
    ("tags", r"generate 1-3 broad tags"),
    ("follow_ups", r"suggest 3-5 relevant follow-up questions"),
    ("queries", r"analyze the chat history to determine the necessity of generating search queries"),
    ("prompt", r"generate a detailed prompt for a[nm]? image generation"),  # it has a typing error there
    ("text", r"you are an autocompletion system"),
)
_TITLES = re.compile(
    r"provide a concise, 5-word-or-less title for the conversation"
    r"|please generate a concise title \(max \d+ characters\)"
    r"|please generate a concise, 5-word-or-less title for the conversation"
    r"|^analyze this conversation and provide:.*\bconcise title\b"
    r"|^you are a professional conversation summarizer\. generate a concise title",
    re.IGNORECASE | re.DOTALL,
)
_EMOJI = re.compile(r"^\s*your task is to reflect the speaker's likely facial expression", re.IGNORECASE)
_TOOLS = re.compile(r"^Available Tools:.*\bchoose and return the correct tool", re.DOTALL)
_TASK = re.compile(r"^\s*### Task:\s*(?P<what>.{0,400})", re.DOTALL)
_SPEAKER = re.compile(r"^(user|human|assistant|ai|system): ?", re.IGNORECASE | re.MULTILINE)
_CONSTANT = {
    "queries": '{"queries": []}',  # what a search of the web finds would not be used
    "tool_calls": '{"tool_calls": []}',
    "text": '{"text": ""}',
    "emoji": "🙂",
}
_MERGING = re.compile(
    r"^\s*You have been provided with a set of responses from various models to the latest user query: "
    r"\"(?P<query>.*?)\"\s+Your task is to synthesize these responses",
    re.DOTALL,
)
_WITH_SOURCES = re.compile(r"^\s*### Task:\s*Respond to the user query using the provided context", re.IGNORECASE)


def kind_of(messages: Sequence[ChatMessage]) -> Kind | None:
    """What a front end asks for; ``None`` where somebody asks a question."""
    last = messages[-1].text
    task = _TASK.match(last)
    if task is not None:
        said = " ".join(task["what"].lower().split())
        return next((kind for kind, pattern in _OPEN_WEBUI if re.match(pattern, said)), None)
    if _EMOJI.match(last):
        return "emoji"
    if any(one.role == "system" and _TOOLS.search(one.text) for one in messages):
        return "tool_calls"
    orders = [last, *(one.text for one in messages if one.role in ("system", "developer"))]
    return "title" if any(map(_TITLES.search, orders)) else None


def answer(kind: Kind, messages: Sequence[ChatMessage], tutor: Tutor, collection: str | None) -> str:
    """The answer to a front end, in the form that it asks for."""
    asked = messages[-1].text
    said = _history(messages)
    if kind == "title":
        title = _title(said)
        return json.dumps({"title": title}, ensure_ascii=False) if '"title"' in asked else title
    if kind == "prompt":
        return json.dumps({"prompt": _title(said)}, ensure_ascii=False)
    if kind in _CONSTANT:
        return _CONSTANT[kind]
    past = tutor.recall(said, collection)
    if kind == "follow_ups":
        return json.dumps({"follow_ups": list(past[0].offers) if past else []}, ensure_ascii=False)
    topics = dict.fromkeys(tutor.entries[entry_id].topic for turn in past for entry_id, _ in turn.spoken)
    return json.dumps({"tags": ["PyTorch", *topics][:MAX_TAGS] if topics else [GENERAL]}, ensure_ascii=False)


def question(text: str) -> str:
    """The question alone, where a front end has wrapped it into what it found itself, or what other models said."""
    if merging := _MERGING.match(text):
        return merging["query"].strip() or text
    if not _WITH_SOURCES.match(text):
        return text
    query = _between("<user_query>", "</user_query>", text)
    return (query or text.rpartition("</context>")[2]).strip() or text


def conversation(messages: Sequence[ChatMessage]) -> tuple[Said, ...]:
    """The user's messages of a conversation with their replies, the last :data:`MAX_HISTORY` of them."""
    said: list[Said] = []
    for one in messages:
        text = one.text[:MAX_MESSAGE]
        if one.role == "user" and text.strip():
            said.append(Said(question(text)))
        elif one.role == "assistant" and said and not said[-1].reply:
            said[-1] = Said(said[-1].question, text)
    return tuple(said[-MAX_HISTORY:])


def _history(messages: Sequence[ChatMessage]) -> tuple[Said, ...]:
    """The conversation that a task is about: inside its message, or before it."""
    last = messages[-1].text
    parts = _SPEAKER.split((_between("<chat_history>", "</chat_history>", last) or last)[-MAX_TOLD:])
    told = [
        ChatMessage(role="user" if speaker.lower() in ("user", "human") else "assistant", content=text.strip('" \n'))
        for speaker, text in zip(parts[1::2], parts[2::2], strict=True)
        if speaker.lower() != "system"
    ]
    return conversation(told or messages[:-1])


def _between(begin: str, end: str, text: str) -> str:
    """What stands between the first ``begin`` and the last ``end``; empty where nothing does. Takes one pass, which a
    regular expression does not, however often ``begin`` comes without an end."""
    return text.partition(begin)[2].rpartition(end)[0]


def _title(said: Sequence[Said]) -> str:
    first = said[0].question if said else ""
    title = shorten(re.sub(r"[`*_#\"']", "", first), MAX_TITLE, placeholder="…").strip(" ?.!:")
    return title[:1].upper() + title[1:] if title else "PyTorch"
