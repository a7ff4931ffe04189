"""The HTTP service over fakes: shapes, errors, and who may address it."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.events import Reply
from service.settings import Settings
from service.wiring import Parts

QUESTION = "my gradients keep growing"


@pytest.fixture
def client(parts: Parts) -> Iterator[TestClient]:
    settings = Settings(verify_in_background=False, allowed_hosts=("tutor.example",))
    app = create_app(parts, settings)
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as opened:
        yield opened


def events_of(text: str) -> list[dict[str, str]]:
    blocks = [block for block in text.split("\n\n") if block.strip()]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def test_chat_replies_with_all_documented_fields(client: TestClient) -> None:
    body = client.post("/v1/chat", json={"message": QUESTION}).json()
    assert set(body) == set(Reply.model_fields)
    assert set(body["matches"][0]) == {"entry_id", "number", "collection", "question", "score"}
    assert {"id", "code", "as_stated", "verdict"} <= set(body["snippets"][0])


def test_stream_says_the_same_as_the_whole_reply(client: TestClient) -> None:
    streamed = events_of(client.post("/v1/chat", json={"message": QUESTION, "stream": True}).text)
    assert [event["event"] for event in streamed] == ["matched", "text", "text", "verified", "done"]
    assert [event["id"] for event in streamed] == ["1", "2", "3", "4", "5"]
    reply = json.loads(streamed[-1]["data"])["reply"]
    whole = client.post("/v1/chat", json={"message": QUESTION}).json()
    for fresh in ("conversation_id", "message_id"):
        assert reply.pop(fresh) != whole.pop(fresh)
    assert reply == whole


def test_dropped_stream_resumes_by_event_id(client: TestClient) -> None:
    streamed = events_of(client.post("/v1/chat", json={"message": QUESTION, "stream": True}).text)
    message_id = json.loads(streamed[0]["data"])["message_id"]
    resumed = client.get(f"/v1/chat/{message_id}/events", headers={"Last-Event-ID": "2"})
    assert resumed.headers["content-type"].startswith("text/event-stream")
    assert events_of(resumed.text) == streamed[2:]


def test_conversation_goes_on_by_its_id(client: TestClient) -> None:
    first = client.post("/v1/chat", json={"message": QUESTION}).json()
    second = client.post("/v1/chat", json={"message": "why?", "conversation_id": first["conversation_id"]}).json()
    assert second["answer"] == "The chain rule sums."


def test_search_returns_k_matches_and_entries_lists_all(client: TestClient) -> None:
    assert len(client.get("/v1/search", params={"q": "zebra", "k": 2}).json()["matches"]) == 2
    listed = client.get("/v1/entries").json()["entries"]
    assert [entry["entry_id"] for entry in listed] == ["grad", "save"]
    assert client.get("/v1/entries", params={"topic": "Files", "limit": 1}).json()["entries"] == listed[1:]


def test_entry_tells_everything_without_running_anything(client: TestClient) -> None:
    entry = client.get("/v1/entries/grad").json()
    assert [snippet["deviation"] for snippet in entry["snippets"]] == ["not run yet"] * 3
    assert entry["pitfalls"][0]["broken"] in {snippet["id"] for snippet in entry["snippets"]}
    client.post("/v1/chat", json={"message": QUESTION})
    assert client.get("/v1/entries/grad").json()["snippets"][0]["as_stated"] is True


def test_health_tells_what_still_has_to_be_run(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "live"}
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["entries"], ready["calibrated"]) == ("ready", 2, True)
    assert ready["verification"] == {"running": False, "not_run_yet": 3}


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 422, "message: is missing"),
        ({"message": ""}, 422, "the message is empty"),
        ({"message": " \n"}, 422, "the message is empty"),
        ({"message": "x" * 20_001}, 422, "at most 20000 characters"),
        ({"message": 7}, 422, "message: Input should be a valid string"),
        ({"message": "x", "strem": True}, 422, "strem: there is no such field"),
        ({"message": "x", "collection": "nix"}, 422, "no collection 'nix'; there are: interview"),
        ({"message": "x", "conversation_id": "nix"}, 404, "no conversation 'nix'"),
        ({"message": "\ud800"}, 422, "unable to parse raw data as a unicode string"),
        (["x"], 422, "Input should be a valid dictionary"),
    ],
)
def test_bad_chat_request_is_a_problem_that_says_what_to_mend(
    client: TestClient, body: object, status: int, told: str
) -> None:
    response = client.post("/v1/chat", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert told in response.json()["detail"]


@pytest.mark.parametrize(("content", "status"), [(b"{", 422), (b'{"message": "\xff"}', 422), (b" " * 9_000_000, 413)])
def test_broken_body_is_a_problem(client: TestClient, content: bytes, status: int) -> None:
    response = client.post("/v1/chat", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == response.json()["status"] == status


def test_body_of_undeclared_length_is_cut_off_at_the_limit(client: TestClient) -> None:
    pieces = (b" " * 100_000 for _ in range(100))
    response = client.post("/v1/chat", content=pieces, headers={"Content-Type": "application/json"})
    assert response.status_code == response.json()["status"] == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/search?q=", 422),
        ("/v1/search?q=x&k=51", 422),
        ("/v1/search?q=x&k=0", 422),
        ("/v1/search?q=x&collection=nix", 422),
        ("/v1/entries?limit=0", 422),
        ("/v1/entries/nix", 404),
        ("/v1/chat/nix/events", 404),
        ("/nix", 404),
        ("/v1/chat", 405),
        ("/web/../app.py", 404),
    ],
)
def test_bad_path_or_query_is_a_problem(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == response.json()["status"] == status


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "["])
def test_foreign_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/livez", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "tutor.example", "LOCALHOST"])
def test_own_hosts_are_served(client: TestClient, host: str) -> None:
    assert client.get("/livez", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8000"])
def test_page_of_another_origin_is_refused(client: TestClient, origin: str) -> None:
    response = client.post("/v1/chat", json={"message": QUESTION}, headers={"Origin": origin})
    assert response.status_code == 403


def test_own_page_is_served(client: TestClient) -> None:
    response = client.post("/v1/chat", json={"message": QUESTION}, headers={"Origin": "http://127.0.0.1:8000"})
    assert response.status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_body_that_pages_may_send_without_asking_is_refused(client: TestClient, content_type: str) -> None:
    content = json.dumps({"message": QUESTION}).encode()
    response = client.post("/v1/chat", content=content, headers={"Content-Type": content_type})
    assert response.status_code == 415


def test_page_comes_with_a_strict_policy_and_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "http" not in page.text.replace("http-equiv", "")


def test_every_event_and_the_problem_are_typed_in_the_openapi_document(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    events = {"running", "matched", "text", "verified", "supported", "error", "done"}
    assert set(schemas["ChatEvent"]["discriminator"]["mapping"]) == events
    references = set(_references(document))
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= set(schemas)
    chat = document["paths"]["/v1/chat"]["post"]["responses"]["200"]["content"]
    assert set(chat) == {"application/json", "text/event-stream"}


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_crash_is_told_without_its_secrets(client: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ValueError("secret")

    monkeypatch.setattr(parts.tutor, "search", crash)
    response = client.get("/v1/search?q=x")
    assert response.status_code == response.json()["status"] == 500
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", "/v1/nothing", None, "there is nothing at /v1/nothing; /openapi.json describes every path"),
        ("PUT", "/v1/chat", {}, "/v1/chat does not take PUT, but POST"),
        ("POST", "/v1/chat", {}, "message: is missing; /openapi.json describes every field"),
        ("POST", "/v1/chat", {"message": "x", "mesage": ""}, "mesage: there is no such field; /openapi.json"),
        ("GET", "/v1/search", None, "q: is missing; /openapi.json"),
    ],
)
def test_problem_says_what_to_do(client: TestClient, method: str, path: str, body: object, told: str) -> None:
    assert client.request(method, path, json=body).json()["detail"].startswith(told)
