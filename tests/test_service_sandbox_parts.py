"""The parts of the sandbox that need no sandbox: who is next, what is shown, what an outcome is called."""

import threading
import time
from typing import Any

import pytest

from service.sandbox import Busy, Limits
from service.sandbox.observed import Observed
from service.sandbox.outcome import classify
from service.sandbox.seccomp import seccomp_filter
from service.sandbox.slots import Slots
from service.sandbox.visible import VisibleStream, visible


def not_cancelled() -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb\r\nc\td", "a\\rb\nc\td"),
        ("\x00\x07\x9b", "\\x00\\x07\\x9b"),
        ("safe\u202egpj.exe", "safe\\u202egpj.exe"),
        ("ünï – 日本語", "ünï – 日本語"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_character_cut_between_two_pieces_is_whole_and_bad_bytes_are_replaced() -> None:
    stream = VisibleStream()
    assert stream.feed("ü".encode()[:1]) + stream.feed("ü".encode()[1:]) == "ü"
    assert stream.feed(b"\xff", last=True) == "\ufffd"


def in_slot(slots: Slots, name: str, done: list[str], *, background: bool = False) -> threading.Thread:
    def work() -> None:
        with slots.take(background=background, seconds=1, cancelled=not_cancelled) as taken:
            assert taken
            done.append(name)

    queue = slots._background if background else slots._people
    before, deadline = len(queue), time.monotonic() + 30
    thread = threading.Thread(target=work)
    thread.start()
    while len(queue) == before and time.monotonic() < deadline:  # so that they ask in this order
        time.sleep(0.01)
    return thread


def test_people_go_before_background_work_and_in_the_order_of_asking() -> None:
    slots, done = Slots(1, waiting=5), []
    with slots.take(background=False, seconds=1, cancelled=not_cancelled):
        threads = [in_slot(slots, "background", done, background=True)]
        threads += [in_slot(slots, name, done) for name in ("first", "second")]
    for thread in threads:
        thread.join(30)
    assert done == ["first", "second", "background"]


def test_full_queue_is_told_with_the_time_to_come_back() -> None:
    slots = Slots(1, waiting=0)
    with slots.take(background=False, seconds=7, cancelled=not_cancelled), pytest.raises(Busy) as busy:
        slots.ensure_room(7)
    assert busy.value.retry_after == 7
    slots.ensure_room(7)


def test_cancelled_while_waiting_takes_no_slot() -> None:
    slots = Slots(1, waiting=5)
    with (
        slots.take(background=False, seconds=1, cancelled=not_cancelled),
        slots.take(background=False, seconds=1, cancelled=lambda: True) as taken,
    ):
        assert taken is False
    with slots.take(background=False, seconds=1, cancelled=not_cancelled) as taken:
        assert taken is True


def raised(kind: str, message: str = "", number: int | None = None, *, compiled: bool = True) -> dict[str, Any]:
    error = {"type": kind, "message": message, "line": 1, "traceback": "", "errno": number, "compiled": compiled}
    return {"report": {"error": error}}


@pytest.mark.parametrize(
    ("seen", "exit_status", "expected"),
    [
        ({"reached_end": True}, 0, "passed"),
        ({"reached_end": True}, 1, "exited_early"),
        ({}, 0, "exited_early"),
        ({"report": {"ended": True}}, 0, "exited_early"),
        ({}, -11, "crashed"),
        ({}, -9, "killed"),
        ({}, -24, "timed_out"),
        (raised("ValueError"), 1, "failed"),
        (raised("MemoryError"), 1, "out_of_memory"),
        (raised("MemoryError", compiled=False), 1, "failed"),
        (raised("RuntimeError", "DefaultCPUAllocator: can't allocate memory: you tried"), 1, "out_of_memory"),
        (raised("OSError", number=28), 1, "over_limit"),
        (raised("BlockingIOError", number=11), 1, "over_limit"),
    ],
)
def test_each_outcome_has_its_name(seen: dict[str, Any], exit_status: int, expected: str) -> None:
    observed = Observed(told={"status": exit_status}, **seen)
    assert classify(observed, Limits())[0] == expected


def test_limit_that_ended_a_run_counts_more_than_what_it_reported() -> None:
    observed = Observed(told={"status": 0}, reached_end=True, broken=("out_of_memory", "more than 1 MB"))
    assert classify(observed, Limits()) == ("out_of_memory", "more than 1 MB")


def test_run_whose_parent_said_nothing_is_the_sandboxs_fault() -> None:
    assert classify(Observed(fault="it ended"), Limits()) == ("sandbox_error", "it ended")


def test_filter_is_a_program_of_whole_instructions_and_cuda_may_have_more() -> None:
    cpu, cuda = seccomp_filter(cuda=False), seccomp_filter(cuda=True)
    assert len(cpu) % 8 == len(cuda) % 8 == 0
    assert len(cuda) < len(cpu)
