"""The conversation in a terminal, with a respondent that says what the test wants."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from corpus.errors import TutorError
from service.channels import terminal
from service.channels.talk.orders import ORDERS, Leave, UnknownOrder, obey
from service.channels.talk.prompt import Prompt
from service.channels.talk.talk import Talk
from service.events import Done, Event, Matched, Reply, Text, Turn
from service.respondents import Earlier, Printed
from service.respondents.background import drawn
from service.sandbox import Device, Verdict
from service.wiring import Parts


def turn(conversation_id: str) -> dict[str, object]:
    return {
        "conversation_id": conversation_id,
        "message_id": "m",
        "outcome": "small_talk",
        "abstained": False,
        "confidence": 1.0,
        "understood_as": "hello",
        "matches": [],
        "nearest": [],
        "follow_ups": [],
    }


class FakeRespondent:
    """Replies, or is interrupted by Ctrl-C after its first text where ``interrupted``."""

    def __init__(self, *, interrupted: bool = False, stored: bool = False) -> None:
        self.interrupted = interrupted
        self.stored = stored
        self.asked: list[tuple[str, str | None]] = []
        self.ran: list[str] = []
        self.cancelled = 0

    def ask(self, message: str, conversation_id: str | None = None) -> Iterator[Event]:
        self.asked.append((message, conversation_id))
        known = turn(conversation_id or f"c{len(self.asked)}")
        yield Matched.model_validate(known)
        yield Text(markdown="Hello.\n\nThere.")
        if self.interrupted:
            raise KeyboardInterrupt
        yield Done(reply=Reply.model_validate({**known, "answer": "Hello.\n\nThere.", "snippets": []}))

    def run(self, code: str, device: Device = "auto") -> Iterator[Printed | Verdict]:
        self.ran.append(code)
        raise KeyboardInterrupt

    def cancel(self) -> bool:
        self.cancelled += 1
        return not self.stored

    def conversations(self, limit: int) -> list[Earlier]:
        return []

    def conversation(self, conversation_id: str) -> list[tuple[str, Reply]]:
        return []

    def close(self) -> None: ...


def talk(respondent: FakeRespondent) -> Talk:
    out = Console(file=io.StringIO(), width=80, theme=terminal.THEME, highlight=False)
    return Talk(out, lambda: respondent)


def printed(of: Talk) -> str:
    assert isinstance(of.out.file, io.StringIO)
    return of.out.file.getvalue()


def test_the_next_question_goes_on_with_the_conversation() -> None:
    asked = FakeRespondent()
    here = talk(asked)
    here.ask("one")
    here.ask("two")
    obey(here, "/new")
    here.ask("three")
    assert asked.asked == [("one", None), ("two", "c1"), ("three", None)]


def test_control_c_cancels_the_reply_and_its_conversation_is_not_gone_on_with() -> None:
    asked = FakeRespondent(interrupted=True)
    here = talk(asked)
    here.ask("one")
    here.ask("two")
    assert (asked.cancelled, asked.asked[1]) == (2, ("two", None))
    assert "There." in printed(here)
    assert "nothing of this reply is kept" in printed(here)


def test_control_c_that_comes_too_late_leaves_the_conversation_as_it_is_stored() -> None:
    asked = FakeRespondent(interrupted=True, stored=True)
    here = talk(asked)
    here.ask("one")
    here.ask("two")
    assert asked.asked[1] == ("two", "c1")
    assert "the whole reply is in the conversation" in printed(here)


def test_control_c_stops_a_program() -> None:
    asked = FakeRespondent()
    here = talk(asked)
    here.programs += ["print(1)", "print(2)"]
    obey(here, "/run 1")
    assert (asked.ran, asked.cancelled) == (["print(1)"], 1)


@pytest.mark.parametrize("line", ["/run", "/run 0", "/run 3", "/run ²", "/run x", "/edit 9", "/nothing", "/"])
def test_orders_that_cannot_be_obeyed_are_told(line: str) -> None:
    here = talk(FakeRespondent())
    here.programs += ["print(1)", "print(2)"] if line != "/run" else []
    with pytest.raises(UnknownOrder):
        obey(here, line)


def test_every_order_in_the_help_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.channels.talk.orders.edited", lambda code: None)
    here = talk(FakeRespondent())
    here.programs.append("print(1)")
    for name in set(ORDERS) - {"/quit"}:
        obey(here, name)
    with pytest.raises(Leave):
        obey(here, "/quit")


def test_an_edited_program_is_the_one_that_run_and_edit_take_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.channels.talk.orders.edited", lambda code: code + "!")
    asked = FakeRespondent()
    here = talk(asked)
    obey(here, "/edit")
    obey(here, "/edit")
    obey(here, "/run")
    assert asked.ran == ["!", "!!", "!!"]


def test_results_of_work_in_a_thread_come_in_order_and_its_error_last() -> None:
    def work(put: object) -> None:
        assert callable(put)
        put(1)
        put(2)
        raise TutorError("no")

    results = drawn(work)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(TutorError, match="no"):
        next(results)


def test_a_local_tutor_keeps_nothing_of_what_was_cancelled(parts: Parts) -> None:
    from service.respondents.local import LocalTutor
    from service.sandbox import Limits

    tutor = LocalTutor(parts, Limits())
    events = list(tutor.ask("why do gradients keep growing?"))
    assert isinstance(events[-1], Done)
    assert tutor.cancel() is False
    (kept,) = tutor.conversations(10)
    ((question, reply),) = tutor.conversation(kept.id)
    assert (question, reply) == ("why do gradients keep growing?", events[-1].reply)
    assert set(Turn.model_fields) <= set(reply.model_dump())


def test_what_was_typed_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "typed").write_text("")
    (tmp_path / "typed").chmod(0o644)
    Prompt(tmp_path / "typed", ORDERS, colour=False)
    assert (tmp_path / "typed").stat().st_mode & 0o777 == 0o600
