"""Verifying the corpus beside a running service."""

import threading

import pytest
from fakes import PASSED, FakeSandbox

from corpus.entry import Entry
from index.retriever import KeywordRetriever
from service import background
from service.memory import Memory
from service.sandbox import Limits, Program, Verdict
from service.settings import Settings
from service.wiring import build_tutor


class Starting(FakeSandbox):
    """One that gets ready for ever, unless it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.closed = threading.Event(), threading.Event()
        self.let_go: list[bool] = []

    def run(self, program: Program, limits: Limits, **how: object) -> Verdict:
        self.asked.set()
        self.let_go.append(self.closed.wait(30))
        return PASSED

    def close(self) -> None:
        self.closed.set()


def test_service_that_stops_does_not_wait_for_a_sandbox_that_gets_ready(
    entries: tuple[Entry, ...], memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "STOP_SECONDS", 60.0)
    sandbox = Starting()
    retriever = KeywordRetriever(entries)
    parts = build_tutor(Settings(), entries=entries, retriever=retriever, sandbox=sandbox, memory=memory)
    parts.verification.start()
    assert sandbox.asked.wait(30)
    parts.close()
    assert not parts.verification.running
    assert sandbox.let_go == [True]
