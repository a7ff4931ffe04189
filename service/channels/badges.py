"""What a verdict is in words, on pages that the service draws; ``web/verdict.js`` says it in the browser. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from service.events import ShownSnippet
from service.lessons import Standing
from service.sandbox import Verdict

Tone = Literal["good", "stated", "bad", "none"]

_STATUSES = {
    "passed": "ran",
    "failed": "failed",
    "exited_early": "ended before its last line",
    "timed_out": "stopped: out of time",
    "out_of_memory": "stopped: out of memory",
    "over_limit": "stopped at a limit",
    "crashed": "crashed",
    "killed": "stopped from outside",
    "refused": "not run",
    "sandbox_error": "not run: the sandbox failed",
}
_NOT_RUN = ("refused", "sandbox_error")


@dataclass(frozen=True, slots=True)
class Badge:
    """A few words about a snippet; ``tone`` is the class that colours them."""

    tone: Tone
    text: str


def badge(shown: ShownSnippet) -> Badge:
    """The badge of a lesson's snippet."""
    verdict = shown.verdict
    if verdict is None:
        return Badge("none", f"not verified here: {shown.deviation or 'not run yet'}")
    if verdict.status in _NOT_RUN:
        return Badge("none", _STATUSES[verdict.status])
    if not shown.as_stated:
        return Badge("bad", f"not as the lesson states: {shown.deviation} · {where(verdict)}")
    if shown.expected_error:
        return Badge("stated", f"fails as stated · {where(verdict)}")
    return Badge("good", f"{_STATUSES[verdict.status]} on {where(verdict)}")


def told(standing: Standing) -> Badge:
    """The badge of all code of a lesson."""
    total, run, bad = standing.total, standing.run, standing.counts["not as stated"] + standing.counts["warned"]
    if not total:
        return Badge("none", "no code")
    if not run:
        return Badge("none", "not run here yet")
    if bad:
        return Badge("bad", f"{bad} of {total} snippets not as stated")
    return Badge(
        "good", f"all {total} snippets as stated" if run == total else f"{run} of {total} snippets run, all as stated"
    )


def where(verdict: Verdict) -> str:
    """Where and how fast a program ran: ``CPU · torch 2.13.0 · 41 ms``."""
    ms = verdict.duration_ms
    parts = [place(verdict), f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"]
    return " · ".join([*parts, *(["with stand-ins"] if verdict.stand_ins else [])])


def place(verdict: Verdict) -> str:
    """On what a program ran: ``CPU · torch 2.13.0``."""
    return f"{'GPU' if verdict.device == 'cuda' else 'CPU'} · torch {verdict.torch_version.partition('+')[0]}"


def facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Everything else that is known of a run, by name."""
    yield "Device", verdict.device_name
    yield "torch", verdict.torch_version
    yield "Python", verdict.python_version
    if verdict.peak_memory_mb:
        yield "Memory", f"{verdict.peak_memory_mb:.0f} MB at most"
    yield "Kept in by", verdict.isolation
    if verdict.stand_ins:
        yield "Stand-ins", ", ".join(verdict.stand_ins)
    yield "When", day(verdict.verified_at)


def day(moment: str) -> str:
    """An ISO moment to the minute, as people write it: ``2026-11-26 21:03 UTC``."""
    return f"{moment[:10]} {moment[11:16]} UTC" if len(moment) >= len("2026-11-26T21:03") else moment
