"""How replies look in a terminal and in a pipe."""

import io
import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes import PASSED
from rich.console import Console

from service.channels import markdown, rendering, terminal
from service.channels.rendering import Rendering, Waiting, print_end, print_run, split
from service.events import (
    Done,
    Event,
    Failed,
    Matched,
    MatchedEntry,
    NearestEntry,
    Reply,
    ShownSnippet,
    Text,
    Turn,
    Verified,
)
from service.respondents import Printed
from service.sandbox import Artifact, SnippetError, Verdict

EVIL = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m\r&#x202e;"


def console(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=False, theme=terminal.THEME, highlight=False)


def printed(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def snippet(**changes: object) -> ShownSnippet:
    plain = {"id": "grad#code-1", "code": "print(1)", "as_stated": True, "verdict": replace(PASSED, stdout="1\n")}
    return ShownSnippet.model_validate({**plain, **changes})


def reply(text: str = "", **changes: object) -> Reply:
    match = MatchedEntry(entry_id="grad", number=1, collection="interview", question=f"Why{text}?", score=1.0)
    plain: dict[str, object] = {
        "conversation_id": "c",
        "message_id": "m",
        "outcome": "answered",
        "abstained": False,
        "confidence": 1.0,
        "understood_as": f"why{text}",
        "matches": [match],
        "nearest": [NearestEntry(entry_id="save", question=f"How{text}?")],
        "follow_ups": [f"And{text}?"],
        "answer": f"They are summed{text}.",
        "snippets": [],
    }
    return Reply.model_validate({**plain, **changes})


def events(text: str = "") -> Iterator[Event]:
    """A whole turn that says ``text`` wherever there is room for it."""
    whole = reply(text)
    yield Matched(**{name: getattr(whole, name) for name in Turn.model_fields})
    yield Text(markdown=f"{whole.answer} `{text}`\n\n```python\n{text}\n```\n\n| a |\n|---|\n| {text} |\n")
    error = SnippetError(type=f"E{text}", message=text, line=1, traceback=text)
    picture = Artifact(name=text, media_type="image/png", base64="")
    verdict = replace(
        PASSED, status="failed", stdout=text, stderr=text, error=error, artifacts=(picture,), stand_ins=(text,)
    )
    for stated in (True, False, None):
        yield Verified(
            snippet=snippet(code=f"print()#{text}", caption=text, deviation=text, as_stated=stated, verdict=verdict)
        )
    yield Verified(snippet=snippet(deviation=text, as_stated=None, verdict=None))
    yield Failed(title=text, detail=text)
    yield Done(reply=whole)


def test_nothing_that_a_turn_says_reaches_the_terminal_as_a_code() -> None:
    out = console()
    rendering = Rendering(out, "why")
    for event in events(EVIL):
        rendering.event(event)
    terminal.print_question(out, EVIL)
    list(print_run(out, iter([Printed("stdout", EVIL), replace(PASSED, stderr=EVIL, status="crashed")])).stdout)
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", printed(out)) == []
    assert "owned" in printed(out)


def test_nothing_that_a_turn_says_reaches_a_pipe_as_a_code() -> None:
    document = "".join("".join(markdown.pieces(event)) for event in events(EVIL))
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", document) == []
    assert "owned" in document


def test_a_fence_in_code_does_not_close_its_block() -> None:
    assert markdown.fenced('"""\n```\n"""', "python") == '````python\n"""\n```\n"""\n````'


@pytest.mark.parametrize(
    ("text", "finished", "left"),
    [
        ("one", "", "one"),
        ("one\n\ntw", "one\n", "tw"),
        ("```\na\n\nb", "", "```\na\n\nb"),
        ("- a\n\n- b\n\n  more", "", "- a\n\n- b\n\n  more"),
        ("| a |\n|---|\n| 1 |\n\nend", "| a |\n|---|\n| 1 |\n", "end"),
    ],
)
def test_only_blocks_that_cannot_change_any_more_are_finished(text: str, finished: str, left: str) -> None:
    assert split(text) == (finished, left)


def test_text_in_small_pieces_is_printed_as_if_it_came_whole() -> None:
    text = "First *one*.\n\n1. a\n2. b\n\n```python\nx = 1\n\ny = 2\n```\n\nLast."
    whole, small = console(), console()
    for out, pieces in ((whole, [text]), (small, list(text))):
        rendering = Rendering(out)
        for piece in pieces:
            rendering.event(Text(markdown=piece))
        rendering.flush()
    assert printed(small).split() == printed(whole).split()
    assert "y = 2" in printed(small)


def test_what_was_understood_is_told_where_it_is_something_else() -> None:
    follow_up, same = console(), console()
    Rendering(follow_up, "2").event(next(events()))
    Rendering(same, " WHY ").event(next(events()))
    assert (printed(follow_up).strip(), printed(same)) == ("→ why", "")


def test_blocks_that_come_one_by_one_are_one_empty_line_apart() -> None:
    out = console()
    rendering = Rendering(out)
    for piece in ("One.\n\n", "- a\n- b\n\n", "Two.\n\n", "## Title\n\n", "Three."):
        rendering.event(Text(markdown=piece))
    rendering.flush()
    assert "\n\n\n" not in re.sub(" +\n", "\n", printed(out))


@pytest.mark.parametrize(
    ("changes", "badge"),
    [
        ({}, "✔ ran · CPU · torch 2.13.0 · 41 ms"),
        ({"expected_error": "RuntimeError: no"}, "✔ fails as stated · CPU · torch 2.13.0 · 41 ms"),
        ({"as_stated": False, "deviation": "it printed 2"}, "✘ it printed 2 · CPU · torch 2.13.0 · 41 ms"),
        ({"as_stated": None}, "✔ passed · CPU · torch 2.13.0 · 41 ms"),
        ({"as_stated": None, "verdict": None, "deviation": "not run yet"}, "○ not run yet"),
    ],
)
def test_a_badge_says_the_same_in_a_terminal_and_in_a_pipe(changes: dict[str, object], badge: str) -> None:
    out = console()
    terminal.print_badge(out, snippet(**changes))
    assert (printed(out).strip(), markdown.badge(snippet(**changes))) == (badge, badge)


def test_lines_of_a_program_are_printed_as_they_come_and_once() -> None:
    out = console()
    said: list[str] = []

    def run() -> Iterator[Printed | Verdict]:
        yield Printed("stdout", "one\ntw")
        said.append(printed(out))
        yield Printed("stdout", "o\nthree")
        yield replace(PASSED, stdout="one\ntwo\nthree")

    print_run(out, run())
    assert [line.strip() for line in said[0].splitlines()] == ["one"]
    assert [line.strip() for line in printed(out).splitlines()[:3]] == ["one", "two", "three"]
    assert printed(out).count("three") == 1


def test_waiting_says_nothing_where_nobody_looks() -> None:
    out = console()
    with Waiting(out) as waiting:
        waiting.begin("thinking")
        waiting.end()
    assert printed(out) == ""


def test_waiting_draws_nothing_while_something_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "PATIENCE_SECONDS", 0.01)
    out = Console(file=io.StringIO(), width=80, force_terminal=True, theme=terminal.THEME)
    with Waiting(out) as waiting:
        waiting.begin("thinking")
        waiting.begin("working", at_once=False)
        before = printed(out)
        time.sleep(0.5)
        assert printed(out) == before
        waiting.begin("working")
        until = time.monotonic() + 60
        while "working" not in printed(out) and time.monotonic() < until:
            time.sleep(0.01)
    assert "working" in printed(out)


def test_sentences_that_no_lesson_supports_are_named_below_the_answer_with_who_worded_it() -> None:
    sentences = [
        {"start": 0, "end": 16, "citations": [1], "support": 0.9, "supported": True},
        {"start": 17, "end": 33, "citations": [], "support": 0.1, "supported": False},
    ]
    worded = reply(answer="They are summed. It costs memory.", worded_by="some:model", sentences=sentences)
    out = console()
    print_end(out, worded)
    told = printed(out)
    assert "⚠ no lesson supports this: It costs memory." in told
    assert "no lesson supports this: They" not in told
    assert "Worded by some:model from:" in told
    assert "[1] Why? (grad)" in told


def test_every_lesson_that_a_reply_shows_is_named_below_it() -> None:
    one = reply().matches[0]
    both = [one, one.model_copy(update={"entry_id": "near"}), one.model_copy(update={"entry_id": "save"})]
    assert markdown.sources(reply(matches=both, shown=["save#answer", "grad#answer"])) == ["From: grad, save"]
    assert markdown.sources(reply(matches=both)) == ["From: grad"]


def test_code_of_a_language_model_is_named_so() -> None:
    out = console()
    shown = snippet(origin="model", as_stated=None)
    terminal.print_badge(out, shown)
    assert "written by the language model" in printed(out)
    assert "written by the language model" in markdown.badge(shown)


def test_code_of_a_language_model_stands_in_its_answer_and_not_again_below() -> None:
    told = markdown.snippet(snippet(origin="model", as_stated=None, caption="What a run of the code above showed:"))
    assert told.startswith("What a run of the code above showed:")
    assert "print(1)" not in told
    assert "```text\n1\n```" in told
