"""A reply as Block Kit: prose as Markdown, code as code with its verdict below, then what to do next; pure.

Slack's limits: 50 blocks and about 13,000 characters a message, 12,000 of Markdown, 75 of a button's label, 2,000 of
its value. A reply that is longer becomes several messages, parted between blocks.
"""

import json
from collections.abc import Iterable, Sequence
from textwrap import shorten
from typing import Any

from service.channels.slack import text
from service.dialogue import CODE, EXPLAIN, PITFALLS
from service.events import MatchedEntry, Reply, ShownSnippet
from service.sandbox import Verdict

Block = dict[str, Any]

MAX_BLOCKS = 40
MAX_CHARACTERS = 11_000
SLACKS_MOST = 13_000
MAX_PROSE = 3_000
MAX_CODE = 3_000
MAX_OUTPUT = 1_500
MAX_LABEL = 75
MAX_ASKED = 500
MAX_DOUBTS = 5

LABELS = {EXPLAIN: "Explain more", PITFALLS: "Pitfalls", CODE: "Show the code"}
RUN, ASK, FEEDBACK, MORE, AGAIN = "run", "ask", "feedback", "more", "again"
"""What the buttons are called in Slack's payloads."""


def answer(markdown: str) -> list[Block]:
    """A piece of an answer."""
    found: list[Block] = []
    for is_code, part in text.parts(markdown):
        found += code(part) if is_code else [_prose(piece) for piece in text.split(part, MAX_PROSE)]
    return found


def snippet(shown: ShownSnippet) -> list[Block]:
    """A snippet with its caption, its verdict and what it printed; whose program it is knows its code."""
    if shown.origin == "learner":
        found = [_aside(f"Your program: {told(shown)}")]
    else:
        written = [] if shown.origin == "model" else code(shown.code)  # that stands in the answer
        found = [*answer(shown.caption), *written, _aside(told(shown))]
    printed = output(shown.verdict) if shown.verdict else ""
    return [*found, *code(printed)] if printed else found


def run(verdict: Verdict, title: str) -> list[Block]:
    """What a run of a button or of a pasted program showed."""
    mark = "✔" if verdict.status == "passed" else "✘"
    printed = output(verdict)
    return [_aside(f"{mark} {title}: {verdict.status.replace('_', ' ')} · {where(verdict)}"), *code(printed)]


def code(source: str) -> list[Block]:
    """Code as it stands; nothing in it is read as markup."""
    pieces = text.split(text.visible(source.strip("\n")), MAX_CODE)
    return [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": piece}]}],
        }
        for piece in pieces
    ]


def told(shown: ShownSnippet) -> str:
    """The verdict in a line."""
    if shown.verdict is None:
        return f"○ {shown.deviation}"
    if shown.as_stated is None:
        mark = "✔" if shown.verdict.status == "passed" else "✘"
        return f"{mark} {shown.verdict.status.replace('_', ' ')} · {where(shown.verdict)}"
    if not shown.as_stated:
        return f"✘ {shown.deviation} · {where(shown.verdict)}"
    return f"✔ {'fails as stated' if shown.expected_error else 'ran'} · {where(shown.verdict)}"


def where(verdict: Verdict) -> str:
    """Where and how fast a program ran."""
    parts = [verdict.device.upper(), f"torch {verdict.torch_version}", f"{verdict.duration_ms:.0f} ms"]
    return " · ".join([*parts, *(f"stand-in: {name}" for name in verdict.stand_ins)])


def output(verdict: Verdict) -> str:
    """What a run printed, cut where it is long, and how it ended."""
    printed = verdict.stdout.rstrip()
    if len(printed) > MAX_OUTPUT:
        kept = printed[:MAX_OUTPUT].rpartition("\n")[0] or printed[:MAX_OUTPUT]
        printed = f"{kept}\n… ({len(printed) - len(kept):,} more characters)"
    error = f"{verdict.error.type}: {verdict.error.message[:MAX_OUTPUT]}" if verdict.error else ""
    if not error and verdict.status != "passed":
        error = verdict.stderr.rstrip()[-MAX_OUTPUT:]
    return "\n".join(filter(None, (printed, error)))


def closing(reply: Reply, public_url: str | None) -> list[Block]:
    """What stands below a reply: where it comes from, what to do next, whether it helped."""
    buttons = [*_runs(reply), *_asks(reply.follow_ups), _menu(reply.message_id)]
    return [
        *_sources(reply, public_url),
        {"type": "actions", "elements": buttons},
        {
            "type": "context_actions",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": FEEDBACK,
                    "positive_button": _opinion("Helpful", reply.message_id, helpful=True),
                    "negative_button": _opinion("Not helpful", reply.message_id, helpful=False),
                }
            ],
        },
    ]


def quoted(question: str) -> Block:
    """The question of somebody who pressed a button or used the command, as a quotation in which nothing is read."""
    asked = {"type": "text", "text": text.visible(question[:MAX_ASKED])}
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [asked]}]}


def notice(message: str, asked_at: str = "") -> list[Block]:
    """Something that is no answer; where the ``ts`` of the question is given, with a button to try once more."""
    found: list[Block] = [{"type": "section", "text": _plain(message[:MAX_PROSE])}]
    if asked_at:
        found.append({"type": "actions", "elements": [_button("Try again", AGAIN, asked_at)]})
    return found


def messages(blocks: Sequence[Block], last: Iterable[Block] = ()) -> list[list[Block]]:
    """The blocks as messages within Slack's limits; ``last`` stands at the end of the last one."""
    found: list[list[Block]] = [[]]
    for block in blocks:
        if len(found[-1]) >= MAX_BLOCKS or size([*found[-1], block]) > MAX_CHARACTERS:
            found.append([])
        found[-1].append(block)
    last = list(last)
    if found[-1] and size([*found[-1], *last]) > SLACKS_MOST:
        found.append([])
    found[-1] += last
    return found


def plainly(content: Sequence[Block]) -> list[Block]:
    """The same in blocks that every workspace knows."""
    shown = [block for block in content if block["type"] in ("markdown", "rich_text", "section", "context")]
    found: list[Block] = []
    for block in shown:
        if block["type"] == "markdown":
            found += [
                {"type": "section", "text": {"type": "plain_text", "text": piece, "emoji": False}}
                for piece in text.split(block["text"], MAX_PROSE)
            ]
        else:
            found.append(block)
    return found[:50]


def size(blocks: Iterable[Block]) -> int:
    """About how many characters Slack counts."""
    return sum(len(json.dumps(block, ensure_ascii=False)) for block in blocks)


def _prose(piece: str) -> Block:
    return {"type": "markdown", "text": text.prose(piece)}


def _aside(line: str) -> Block:
    return {"type": "context", "elements": [_plain(shorten(line, MAX_PROSE // 2, placeholder=" …"))]}


def _plain(line: str) -> Block:
    """Text in which nothing is read, not even emoji."""
    return {"type": "plain_text", "text": text.visible(line) or " ", "emoji": False}


def _button(label: str, action: str, value: str) -> Block:
    short = shorten(text.visible(label), MAX_LABEL, placeholder="…")
    return {"type": "button", "text": _plain(short), "action_id": action, "value": value}


def _runs(reply: Reply) -> list[Block]:
    """A button for each snippet; several are told apart by their place among the code that the reply shows."""
    few = list(enumerate(reply.snippets[:5], 1))
    shown = [number for number, one in few if one.origin != "learner"]
    found = []
    for number, one in few:
        label = "your program" if one.origin == "learner" else "it" if len(shown) == 1 else str(shown.index(number) + 1)
        value = json.dumps({"message": reply.message_id, "number": number})
        found.append(_button(f"▶ Run {label}", f"{RUN}:{number}", value))
    return found


def _asks(questions: Sequence[str]) -> list[Block]:
    offered = [question[:MAX_ASKED] for question in dict.fromkeys(questions) if question.strip()][:5]
    return [
        _button(LABELS.get(question, question), f"{ASK}:{number}", question)
        for number, question in enumerate(offered, 1)
    ]


def _menu(message_id: str) -> Block:
    return {
        "type": "overflow",
        "action_id": MORE,
        "options": [{"text": _plain("Delete this conversation"), "value": json.dumps({"delete": message_id})}],
        "confirm": {
            "title": _plain("Delete this conversation?"),
            "text": _plain("What I have stored of this thread is deleted for good. Messages in Slack stay."),
            "confirm": _plain("Delete"),
            "deny": _plain("Keep"),
        },
    }


def _opinion(label: str, message_id: str, *, helpful: bool) -> Block:
    return {"text": _plain(label), "value": json.dumps({"message": message_id, "helpful": helpful})}


def _sources(reply: Reply, public_url: str | None) -> list[Block]:
    """The lesson; where a language model worded the reply, every lesson by the number it is cited with."""
    if reply.worded_by is None:
        return [_lesson("From", match, public_url) for match in reply.matches[:1]]
    cited = {number for sentence in reply.sentences for number in sentence.citations}
    found = [
        _lesson(f"[{number}]", match, public_url) for number, match in enumerate(reply.matches, 1) if number in cited
    ]
    return [*found, _aside(f"Worded by {reply.worded_by}"), *_doubts(reply)]


def _lesson(lead: str, match: MatchedEntry, public_url: str | None) -> Block:
    named = f"{lead} lesson {match.number}: "
    if public_url is None:
        return _aside(f"{named}{match.question}")
    link = f"<{public_url}/entries/{match.entry_id}|{text.mrkdwn(match.question)}>"
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": f"{named}{link}"}]}


def _doubts(reply: Reply) -> list[Block]:
    """What the lessons do not support; the text above it was streamed before that was known."""
    doubtful = [reply.answer[one.start : one.end] for one in reply.sentences if not one.supported]
    found = [_aside(f"⚠ No lesson supports: {sentence}") for sentence in doubtful[:MAX_DOUBTS]]
    more = len(doubtful) - MAX_DOUBTS
    return [*found, _aside(f"⚠ Nor {more} more of its sentences.")] if more > 0 else found
