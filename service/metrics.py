"""What Prometheus reads at ``/metrics``; the one file that knows its client.

Times are in seconds. Nothing here names a learner or a question.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any, cast

from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from corpus.entry import Entry
from index.retriever import Ranking, Retriever
from service.events import Done, Event, Text, Verified
from service.language_model import Chunk, FailureKind, LanguageModel, Said
from service.memory import Cancelled
from service.sandbox import Limits, Program, Sandbox, Verdict
from service.verify import Verifier

FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SLOW = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
__all__ = ["CONTENT_TYPE", "Metrics"]

SHARE_SECONDS = 60.0
_AS_STATED = {True: "yes", False: "no", None: "not_run"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Metrics:
    """The numbers of one service, and the wrappers that count them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = self._counter("http_requests", "HTTP requests", "method", "route", "status")
        self._request_seconds = self._histogram(
            "http_request_seconds", "From request to end of response", SLOW, "route"
        )
        self._retrieval = self._histogram("retrieval_seconds", "Finding the entries for a question", FAST)
        self._first_content = self._histogram("first_content_seconds", "From question to first text of a reply", FAST)
        self._queue = self._histogram("sandbox_queue_seconds", "Waiting for a place in the sandbox", SLOW)
        self._run_seconds = self._histogram("sandbox_run_seconds", "Running a program", SLOW)
        self._runs = self._counter("sandbox_runs", "Programs run, by how they ended", "status")
        self._turns = self._counter("turns", "Turns of conversation, by outcome", "outcome")
        self._model_seconds = self._histogram("model_seconds", "A call of the language model, to its end", SLOW)
        self._model_first = self._histogram("model_first_token_seconds", "The same, to its first text", SLOW)
        self._model_tokens = self._counter("model_tokens", "Tokens to and from the language model", "direction")
        self._fallbacks = self._counter("model_fallbacks", "Replies in which the lessons took its place", "reason")
        self._shown = self._counter("snippets_shown", "Snippets shown, by what their run showed", "as_stated")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"torchtutor_{name}", text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"torchtutor_{name}", text, labels, buckets=buckets, registry=self._registry)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self._registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was served."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def ran(self, verdict: Verdict, *, background: bool) -> None:
        """Count a run of the sandbox; one in the background waits on purpose."""
        self._runs.labels(verdict.status).inc()
        self._run_seconds.observe(verdict.duration_ms / 1000)
        if not background:
            self._queue.observe(verdict.queue_ms / 1000)

    def counted(self, sandbox: Sandbox) -> Sandbox:
        """``sandbox``, its runs counted."""
        return cast(Sandbox, _Counted(sandbox, self))

    def timed(self, retriever: Retriever) -> Retriever:
        """``retriever``, timed."""
        return _Timed(retriever, self._retrieval)

    def counted_model(self, model: LanguageModel) -> LanguageModel:
        """``model``, its calls counted."""
        return _CountedModel(model, self)

    def model_text(self, seconds: float) -> None:
        """Count the first text of a call."""
        self._model_first.observe(seconds)

    def model_call(self, seconds: float, prompt: int, completion: int) -> None:
        """Count a call that has ended."""
        self._model_seconds.observe(seconds)
        self._model_tokens.labels("prompt").inc(prompt)
        self._model_tokens.labels("completion").inc(completion)

    def fell_back(self, kind: FailureKind) -> None:
        """Count a reply in which the lessons took the model's place."""
        self._fallbacks.labels(kind).inc()

    def watch(self, events: Iterator[Event]) -> Iterator[Event]:
        """The events of a turn, counted as they go by."""
        return self._watched(events, time.perf_counter())

    def _watched(self, events: Iterator[Event], started: float) -> Iterator[Event]:
        begun = told = False
        try:
            for event in events:
                begun = True
                if isinstance(event, Text) and not told:
                    told = True
                    self._first_content.observe(time.perf_counter() - started)
                elif isinstance(event, Verified):
                    self._shown.labels(_AS_STATED[event.snippet.as_stated]).inc()
                elif isinstance(event, Done):
                    self._turns.labels(event.reply.outcome).inc()
                yield event
        except (GeneratorExit, Cancelled):
            self._turns.labels("cancelled").inc()
            raise
        except Exception:
            if begun:
                self._turns.labels("failed").inc()
            raise

    def measure_corpus(self, entries: Sequence[Entry], verifier: Verifier) -> None:
        """Tell the verified share of the corpus, looked up at most once in :data:`SHARE_SECONDS`."""
        share = _Share(entries, verifier)
        gauge = Gauge(
            "torchtutor_verified_share", "Share of the corpus's snippets that ran as stated", registry=self._registry
        )
        gauge.set_function(share)


class _Timed:
    def __init__(self, retriever: Retriever, seconds: Histogram) -> None:
        self._retriever = retriever
        self._seconds = seconds
        self.is_calibrated = retriever.is_calibrated

    def search(self, query: str, *, k: int, collection: str | None = None) -> Ranking:
        with self._seconds.time():
            return self._retriever.search(query, k=k, collection=collection)


class _CountedModel:
    def __init__(self, model: LanguageModel, metrics: Metrics) -> None:
        self.name = model.name
        self._model = model
        self._metrics = metrics

    def stream(self, messages: Sequence[Said], *, max_tokens: int, seconds: float) -> Iterator[Chunk]:
        started, told, usage = time.perf_counter(), False, None
        try:
            for chunk in self._model.stream(messages, max_tokens=max_tokens, seconds=seconds):
                if chunk.text and not told:
                    told = True
                    self._metrics.model_text(time.perf_counter() - started)
                usage = chunk.usage or usage
                yield chunk
        finally:
            self._metrics.model_call(
                time.perf_counter() - started, usage.prompt if usage else 0, usage.completion if usage else 0
            )


class _Counted:
    """Everything else is the sandbox's own."""

    def __init__(self, sandbox: Sandbox, metrics: Metrics) -> None:
        self._sandbox = sandbox
        self._metrics = metrics

    def run(self, program: Program, limits: Limits, **how: Any) -> Verdict:
        verdict = self._sandbox.run(program, limits, **how)
        self._metrics.ran(verdict, background=how.get("background", False))
        return verdict

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)


class _Share:
    def __init__(self, entries: Sequence[Entry], verifier: Verifier) -> None:
        self._snippets = [snippet for entry in entries for snippet in entry.snippets()]
        self._verifier = verifier
        self._looked_up_at = -SHARE_SECONDS
        self._share = 0.0

    def __call__(self) -> float:
        if time.monotonic() - self._looked_up_at >= SHARE_SECONDS and self._snippets:
            as_stated = sum(self._verifier.stored(snippet).as_stated is True for snippet in self._snippets)
            self._share = as_stated / len(self._snippets)
            self._looked_up_at = time.monotonic()
        return self._share
