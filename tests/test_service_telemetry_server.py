"""Traces reach a collector over OTLP, as FastAPI sends them, and hold nothing of what learners write."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import Server
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

pytestmark = pytest.mark.integration

WAIT_SECONDS = 60


class Collector(ThreadingHTTPServer):
    """Takes what is posted to it, as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        self.received: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self) -> list[Span]:
        sent = [ExportTraceServiceRequest.FromString(body) for path, body in self.received if path == "/v1/traces"]
        return [s for request in sent for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]


class _Receive(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    opened = Collector()
    threading.Thread(target=opened.serve_forever, daemon=True).start()
    yield opened
    opened.shutdown()
    opened.server_close()


def test_spans_of_requests_reach_the_collector_without_a_word_of_the_questions(
    state_folder: Path, start_server: Callable[..., Server], collector: Collector
) -> None:
    telling = {
        "TUTOR_TELEMETRY": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_SERVICE_NAME": "torchtutor-test",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    server = start_server(state_folder, **telling)
    asked = {"message": "why do my zebra gradients keep growing?\n```python\nzebra = 1\nprint(zebra)\n```"}
    reply = server.http.post("/v1/chat", json=asked).json()
    server.http.get("/v1/search", params={"q": "zebra crossing"})
    server.http.post("/v1/feedback", json={"message_id": reply["message_id"], "helpful": False, "comment": "zebra!"})

    deadline = time.monotonic() + WAIT_SECONDS
    wanted = {"POST /v1/chat", "POST /v1/feedback"}
    while not wanted <= {span.name for span in collector.spans()} and time.monotonic() < deadline:
        time.sleep(0.2)
    server.stop()  # what is left is sent now
    kinds = {span.name for span in collector.spans() if span.kind == Span.SPAN_KIND_SERVER}
    assert wanted <= kinds
    assert not any("search" in name for name in kinds)
    assert any(b"torchtutor-test" in body for _, body in collector.received)
    assert not [path for path, body in collector.received if b"zebra" in body]
