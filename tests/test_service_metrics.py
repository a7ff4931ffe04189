"""What Prometheus and a tracer learn of the service, and what they must not."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from service.app import create_app
from service.settings import Settings
from service.wiring import Parts

ASK = {"message": "why do my gradients keep growing"}


@pytest.fixture
def client(parts: Parts) -> Iterator[TestClient]:
    app = create_app(parts, Settings(verify_in_background=False))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as opened:
        yield opened


def numbers(client: TestClient) -> dict[str, float]:
    """Each sample by its name and labels: ``turns_total{outcome=answered}``."""
    found = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name.removeprefix('torchtutor_')}{{{labels}}}"] = sample.value
    return found


def test_turn_is_counted_with_its_times_outcome_runs_and_verdicts(client: TestClient) -> None:
    for message in (ASK["message"], "how do I boil an egg?", "hello"):
        client.post("/v1/chat", json={"message": message})
    seen = numbers(client)
    for outcome in ("answered", "not_covered", "small_talk"):
        assert seen[f"turns_total{{outcome={outcome}}}"] == 1
    assert seen["first_content_seconds_count{}"] == 3
    assert seen["retrieval_seconds_count{}"] == 2
    assert seen["sandbox_runs_total{status=passed}"] == 1
    assert seen["sandbox_run_seconds_sum{}"] == pytest.approx(0.041)
    assert seen["sandbox_queue_seconds_count{}"] == 1
    assert seen["snippets_shown_total{as_stated=yes}"] == 1
    assert seen["http_requests_total{method=POST,route=/v1/chat,status=200}"] == 3


def test_verified_share_is_that_of_the_corpus(client: TestClient, parts: Parts) -> None:
    list(parts.verifier.check_all(parts.tutor.entries.values(), at_once=1))
    assert numbers(client)["verified_share{}"] == 1.0


def test_verified_share_counts_what_never_ran_as_not_verified(client: TestClient) -> None:
    client.post("/v1/chat", json=ASK)
    assert numbers(client)["verified_share{}"] == pytest.approx(1 / 3)


def test_turn_that_breaks_is_counted_as_failed(
    client: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(parts.verifier, "check", crash)
    assert client.post("/v1/chat", json=ASK).status_code == 503
    assert numbers(client)["turns_total{outcome=failed}"] == 1


def test_number_of_routes_does_not_grow_with_what_is_asked(client: TestClient) -> None:
    client.get("/livez")
    before = len(numbers(client))
    for n in range(5):
        client.get(f"/nowhere/{n}")
        client.get(f"/v1/entries/{n}")
        client.request(f"METHOD{n}", "/livez")
    routes = {key.split("route=")[1].split(",")[0] for key in numbers(client) if key.startswith("http_requests_total")}
    assert routes <= {"/livez", "/metrics", "/v1/entries/{entry_id}", "unknown"}
    assert len(numbers(client)) < before + 60


def test_tracer_gets_a_span_of_each_request_but_no_question_and_no_share_link(parts: Parts) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    app = create_app(parts, Settings(verify_in_background=False))
    client = TestClient(app, base_url="http://127.0.0.1:8000")
    client.post("/v1/chat", json={"message": "why do my secret gradients keep growing"})
    client.get("/v1/search", params={"q": "a secret question"})
    client.get("/v1/shared/a-secret-token")
    client.get("/v1/conversations")
    spans = exporter.get_finished_spans()
    assert {span.name for span in spans if span.kind is trace.SpanKind.SERVER} == {
        "POST /v1/chat",
        "GET /v1/conversations",
    }
    assert all("secret" not in span.to_json() for span in spans)
