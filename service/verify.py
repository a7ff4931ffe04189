"""All corpus code through the sandbox: which verdict is stored, which is stale, and whether a run is as stated.

A verdict is stored under the hash of the code, torch's version, the device and Python's version, so that only what
changed runs again. Whether it is *as stated* is compared anew at each look, since an entry's expectation may change.
"""

import hashlib
import platform
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pydantic import TypeAdapter

from corpus.entry import Entry, Snippet
from service.memory import Memory, VerdictKey
from service.outputs import folded, same_output
from service.sandbox import Busy, Limits, Program, Verdict, torch_version


class Run(Protocol):
    """Runs a program: the sandbox, or what takes its place. It ends early once ``cancelled`` says so."""

    def __call__(self, program: Program, limits: Limits, *, cancelled: Callable[[], bool] = ...) -> Verdict: ...


LIMITS = Limits(seconds=60)
"""The bundled code is known: its limit is there to end a hang, not to ration."""

NOT_YET_RUN = "not run yet"

_VERDICT = TypeAdapter(Verdict)


@dataclass(frozen=True, slots=True)
class Checked:
    """A snippet with its verdict; ``deviation`` is ``None`` where the run is as stated.

    ``verdict`` is ``None`` where the snippet was not run here; ``deviation`` then says why.
    """

    snippet: Snippet
    verdict: Verdict | None
    deviation: str | None

    @property
    def as_stated(self) -> bool | None:
        return None if self.verdict is None else self.deviation is None


def deviation(snippet: Snippet, verdict: Verdict) -> str | None:
    """How ``verdict`` differs from what ``snippet`` states; ``None`` where it is as stated."""
    if snippet.error is not None:
        return _error_deviation(snippet, verdict)
    if verdict.status != "passed":
        reason = f": {verdict.error.type}: {verdict.error.message}" if verdict.error else ""
        return f"it must pass, but the run ended as '{verdict.status}'{reason}"
    if snippet.output is not None and not same_output(snippet.output, verdict.stdout):
        return "it printed something else than stated"
    if verdict.warnings:
        return f"it passed with a warning: {verdict.warnings[0]}"
    return None


def _error_deviation(snippet: Snippet, verdict: Verdict) -> str | None:
    stated = snippet.error
    assert stated is not None
    if verdict.status != "failed" or verdict.error is None:
        return f"it must fail with {stated.type}, but the run ended as '{verdict.status}'"
    if verdict.error.type.rpartition(".")[2] != stated.type.rpartition(".")[2]:
        return f"it must fail with {stated.type}, but failed with {verdict.error.type}"
    if folded(stated.message) not in folded(verdict.error.message):
        return f"it failed with another message: {verdict.error.message}"
    return None


class Verifier:
    """Gives each snippet its verdict: the stored one where its key matches, else a run, which is then stored.

    Args:
        known: ids of the entries whose code the project's authors wrote; ``None`` if that holds for all.
        others: what the code of the other entries may take; it is run as a stranger's.
    """

    def __init__(
        self, memory: Memory, run: Run, *, known: Container[str] | None = None, others: Limits | None = None
    ) -> None:
        self._verdicts = memory.verdicts
        self._run = run
        self._known = known
        self._others = others or Limits()

    def stored(self, snippet: Snippet) -> Checked:
        """What is known of the snippet without running it."""
        return _known(snippet, self._verdicts.get(_key(snippet)))

    def stored_all(self, snippets: Iterable[Snippet]) -> list[Checked]:
        """The same for many snippets at once."""
        keys = [(snippet, _key(snippet)) for snippet in snippets]
        found = self._verdicts.find(key for _, key in keys)
        return [_known(snippet, found.get(key)) for snippet, key in keys]

    def check(self, snippet: Snippet, cancelled: Callable[[], bool] | None = None) -> Checked:
        """The snippet's verdict, by a run where none is stored. Blocks while it runs, or until ``cancelled``."""
        known = self.stored(snippet)
        if known.deviation != NOT_YET_RUN:
            return known
        checked = self.run_anew(snippet, cancelled)
        verdict = checked.verdict
        if verdict is not None and verdict.status not in ("sandbox_error", "killed", "timed_out"):
            # those may be the machine's doing, not the code's
            self._verdicts.save(_key(snippet), _VERDICT.dump_json(verdict).decode())
        return checked

    def run_anew(self, snippet: Snippet, cancelled: Callable[[], bool] | None = None) -> Checked:
        """What a run shows now, whatever is stored; it is not stored. Blocks like :meth:`check`."""
        curated = self._known is None or snippet.id.partition("#")[0] in self._known
        program = Program(snippet.code, device=_device(snippet), curated=curated)
        try:
            limits = LIMITS if curated else self._others
            verdict = self._run(program, limits, cancelled=cancelled) if cancelled else self._run(program, limits)
        except Busy as busy:
            return Checked(snippet, None, f"not run now: {busy}")
        if verdict.status == "refused":
            return Checked(snippet, None, f"not verified here: {verdict.stderr}")
        return Checked(snippet, verdict, deviation(snippet, verdict))

    def check_all(self, entries: Iterable[Entry], *, at_once: int) -> Iterator[Checked]:
        """Check every snippet of ``entries``, ``at_once`` at a time; yields in reading order as they end."""
        with ThreadPoolExecutor(at_once) as pool:
            yield from pool.map(self.check, [snippet for entry in entries for snippet in entry.snippets()])

    def stale(self, entries: Iterable[Entry]) -> int:
        """How many snippets that can run here have no stored verdict."""
        runnable = {_key(s) for e in entries for s in e.snippets() if s.device == "any" or _cuda_here()}
        return len(runnable - self._verdicts.keys())


def _known(snippet: Snippet, stored: str | None) -> Checked:
    if snippet.device == "cuda" and not _cuda_here():
        return Checked(snippet, None, "GPU: not run on this machine")
    if stored is None:
        return Checked(snippet, None, NOT_YET_RUN)
    verdict = _VERDICT.validate_json(stored)
    return Checked(snippet, verdict, deviation(snippet, verdict))


def _device(snippet: Snippet) -> Literal["cpu", "cuda"]:
    return "cuda" if snippet.device == "cuda" else "cpu"


def _cuda_here() -> bool:
    return Path("/dev/nvidia0").exists()


def _key(snippet: Snippet) -> VerdictKey:
    code_hash = hashlib.sha256(snippet.code.encode()).hexdigest()
    return VerdictKey(code_hash, torch_version(), _device(snippet), platform.python_version())
