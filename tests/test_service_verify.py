"""Whether a run is as stated, and which verdicts are stored."""

from dataclasses import replace

import pytest
from fakes import PASSED, FakeSandbox

from corpus.entry import Entry, Snippet, StatedError
from service.memory import Memory
from service.sandbox import SnippetError, Verdict
from service.verify import Verifier, deviation


def failed(type_: str, message: str) -> Verdict:
    return replace(PASSED, status="failed", error=SnippetError(type=type_, message=message, line=1, traceback=""))


def test_good_code_must_pass_print_what_is_stated_and_not_warn() -> None:
    snippet = Snippet("e#code-1", "c", output="1")
    assert deviation(snippet, replace(PASSED, stdout="1\n")) is None
    assert deviation(snippet, replace(PASSED, stdout="2\n")) == "it printed something else than stated"
    told = deviation(snippet, failed("ValueError", "bad"))
    assert told == "it must pass, but the run ended as 'failed': ValueError: bad"
    assert deviation(snippet, replace(PASSED, stdout="1", warnings=("FutureWarning: old",))) is not None


def test_broken_code_must_fail_with_the_stated_type_and_message() -> None:
    snippet = Snippet("e#pitfall-1-broken", "c", error=StatedError("RuntimeError", "no  grad"))
    assert deviation(snippet, failed("RuntimeError", "element 0 has no grad here")) is None
    assert deviation(snippet, failed("ValueError", "no grad")) is not None
    assert deviation(snippet, failed("RuntimeError", "other")) is not None
    assert deviation(snippet, PASSED) == "it must fail with RuntimeError, but the run ended as 'passed'"


def test_exception_types_are_compared_without_their_modules() -> None:
    snippet = Snippet("e#pitfall-1-broken", "c", error=StatedError("UnpicklingError", "x"))
    assert deviation(snippet, failed("_pickle.UnpicklingError", "x")) is None


def test_second_check_uses_the_stored_verdict(memory: Memory, sandbox: FakeSandbox) -> None:
    snippet = Snippet("e#code-1", "print(1)")
    first = Verifier(memory, sandbox).check(snippet)
    assert Verifier(memory, sandbox).check(snippet) == first
    assert len(sandbox.programs) == 1


def test_changed_code_runs_again_and_a_changed_expectation_does_not(memory: Memory, sandbox: FakeSandbox) -> None:
    verifier = Verifier(memory, sandbox)
    verifier.check(Snippet("e#code-1", "print(1)", output="1"))
    assert verifier.check(Snippet("e#code-1", "print(1)", output="2")).as_stated is False
    assert len(sandbox.programs) == 1
    verifier.check(Snippet("e#code-1", "print(1 )", output="1"))
    assert len(sandbox.programs) == 2


@pytest.mark.parametrize("status", ["refused", "sandbox_error", "killed", "timed_out"])
def test_run_that_says_nothing_of_the_code_is_not_stored(memory: Memory, sandbox: FakeSandbox, status: str) -> None:
    snippet = Snippet("e#code-1", "c")
    sandbox.verdicts["c"] = replace(PASSED, status=status, stderr="no user namespaces")  # type: ignore[arg-type]
    assert Verifier(memory, sandbox).check(snippet).as_stated is not True
    assert Verifier(memory, sandbox).stored(snippet).verdict is None


def test_refused_run_is_told_as_not_verified(memory: Memory, sandbox: FakeSandbox) -> None:
    sandbox.verdicts["c"] = replace(PASSED, status="refused", stderr="no user namespaces")
    checked = Verifier(memory, sandbox).check(Snippet("e#code-1", "c"))
    assert (checked.as_stated, checked.deviation) == (None, "not verified here: no user namespaces")


def test_cuda_code_is_not_run_without_a_gpu(
    memory: Memory, sandbox: FakeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.verify._cuda_here", lambda: False)
    checked = Verifier(memory, sandbox).check(Snippet("e#code-1", "c", device="cuda"))
    assert (checked.verdict, checked.deviation) == (None, "GPU: not run on this machine")
    assert sandbox.programs == []


def test_all_snippets_are_checked_and_none_is_stale_afterwards(
    memory: Memory, sandbox: FakeSandbox, entries: tuple[Entry, ...]
) -> None:
    verifier = Verifier(memory, sandbox)
    assert verifier.stale(entries) == 3
    assert [checked.as_stated for checked in verifier.check_all(entries, at_once=2)] == [True, True, True]
    assert verifier.stale(entries) == 0
