"""A turn as one Markdown document, for whatever is no terminal: files, pipes, other programs."""

from collections.abc import Iterator, Sequence

from service.channels.terminal import BY_A_MODEL, where
from service.events import Done, Event, Failed, Reply, Sentence, ShownSnippet, Text, Verified
from service.sandbox import Verdict
from service.sandbox.visible import visible


def pieces(event: Event) -> Iterator[str]:
    """What an event adds to the document."""
    if isinstance(event, Text):
        yield visible(event.markdown)
    elif isinstance(event, Verified):
        yield f"\n\n{snippet(event.snippet)}"
    elif isinstance(event, Failed):
        yield visible(f"\n\n**{event.title}:** {event.detail}\n")
    elif isinstance(event, Done):
        yield "\n\n" + end(event.reply)


def snippet(shown: ShownSnippet) -> str:
    """The caption, the code as a block, and what a run of it showed; a language model's code stands in the answer."""
    code = "" if shown.origin == "model" else fenced(shown.code, "python")
    parts = [shown.caption, code, badge(shown)]
    if shown.verdict is not None:
        parts.append(printed(shown.verdict))
    return visible("\n\n".join(filter(None, parts)))


def badge(shown: ShownSnippet) -> str:
    """One line: whether the code did what is said of it, where, and how fast."""
    verdict = shown.verdict
    if verdict is None:
        return f"○ {shown.deviation}"
    if shown.as_stated is None:
        told = f"{'✔' if verdict.status == 'passed' else '✘'} {verdict.status} · {where(verdict)}"
        return f"{told} · {BY_A_MODEL}" if shown.origin == "model" else told
    if not shown.as_stated:
        return f"✘ {shown.deviation} · {where(verdict)}"
    return f"✔ {'fails as stated' if shown.expected_error else 'ran'} · {where(verdict)}"


def printed(verdict: Verdict) -> str:
    """What a run printed, and how it failed or why it was ended, as a block; empty where it did neither."""
    error = f"{verdict.error.type}: {verdict.error.message}" if verdict.error else ""
    if not error and verdict.status != "passed":
        error = verdict.stderr.strip("\n")
    told = "\n".join(filter(None, (verdict.stdout.strip("\n"), error)))
    return fenced(told, "text") if told.strip() else ""


def sources(reply: Reply) -> list[str]:
    """What an answer rests on, a line each; with the numbers that it cites where a language model worded it."""
    if not reply.matches:
        return []
    if reply.worded_by is None:
        shown = {piece.partition("#")[0] for piece in reply.shown}
        spoken = [match.entry_id for match in reply.matches if match.entry_id in shown]
        return [f"From: {', '.join(spoken or [reply.matches[0].entry_id])}"]
    cited = [f"[{number}] {match.question} ({match.entry_id})" for number, match in enumerate(reply.matches, 1)]
    return [f"Worded by {reply.worded_by} from:", *cited]


def end(reply: Reply) -> str:
    """What to ask next, by its number."""
    listed = "\n".join(f"{number}. {text}" for number, text in enumerate(reply.follow_ups, 1))
    return visible(f"Ask next:\n\n{listed}\n") if listed else ""


def unsupported(sentences: Sequence[Sentence], answer: str) -> list[str]:
    """The sentences of an answer that no lesson supports."""
    return [answer[one.start : one.end].strip() for one in sentences if not one.supported]


def doubts(sentences: Sequence[Sentence], answer: str) -> str:
    """The sentences of a language model that no lesson supports, told after an answer that cannot be unsaid."""
    told = "; ".join(f"“{sentence}”" for sentence in unsupported(sentences, answer))
    return visible(f"\n\n*⚠ No lesson supports this:* {told}") if told else ""


def fenced(text: str, language: str) -> str:
    """``text`` as a block that nothing in it can close."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"
