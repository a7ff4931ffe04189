"""Who may come in over HTTP, and how often; a service that needs keys."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.channels.access import GUESSING, LOCAL, OPEN, Caller
from service.channels.limits import RunPermission
from service.memory import Key
from service.quota import Quota
from service.settings import Settings
from service.wiring import Parts

ASK = {"message": "why do my gradients keep growing"}
ORIGIN = {"Origin": "http://127.0.0.1:8000"}


@pytest.fixture
def ann(parts: Parts) -> tuple[Key, str]:
    return parts.memory.keys.create("ann", ["ask"])


@pytest.fixture
def open_client(parts: Parts, ann: object) -> Iterator[Callable[..., TestClient]]:
    opened: list[TestClient] = []

    def start(secret: str | None = None, base_url: str = "http://127.0.0.1:8000", **settings: object) -> TestClient:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        app = create_app(parts, Settings(verify_in_background=False, **settings))  # type: ignore[arg-type]
        opened.append(TestClient(app, base_url=base_url, headers=headers, raise_server_exceptions=False))
        return opened[-1]

    yield start
    for client in opened:
        client.close()


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_nothing_but_the_open_paths_is_reached_without_a_key(open_client: Callable[..., TestClient]) -> None:
    client = open_client()
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        is_open = any(path.startswith(p[:-1]) if p.endswith("*") else path == p for p in OPEN)
        for method in operations:
            status = client.request(method, path.replace("{", "").replace("}", "")).status_code
            assert (status == 401) is not is_open, (method, path)
    assert client.get("/nowhere").status_code == client.post("/v1/run").status_code == 401


def test_refusal_says_how_to_come_in(open_client: Callable[..., TestClient]) -> None:
    refused = open_client().post("/v1/chat", json=ASK)
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert "torchtutor keys create" in refused.json()["detail"]


def test_key_opens_what_its_scopes_name_and_nothing_else(
    open_client: Callable[..., TestClient], ann: tuple[Key, str], parts: Parts
) -> None:
    client = open_client(ann[1])
    assert client.post("/v1/chat", json=ASK).status_code == 200
    assert client.get("/metrics").status_code == client.post("/v1/run", json={"code": ""}).status_code == 403
    _, admin = parts.memory.keys.create("op", ["admin"])
    assert client.post("/v1/chat", json=ASK, headers=bearer(admin)).status_code == 403


def test_revoked_key_is_refused_at_once(
    open_client: Callable[..., TestClient], ann: tuple[Key, str], parts: Parts
) -> None:
    client = open_client(ann[1])
    assert client.get("/v1/entries").status_code == 200
    parts.memory.keys.revoke(ann[0].id)
    assert client.get("/v1/entries").status_code == 401


def test_conversations_messages_and_turns_are_ones_own(
    open_client: Callable[..., TestClient], ann: tuple[Key, str], parts: Parts
) -> None:
    client = open_client(ann[1])
    reply = client.post("/v1/chat", json=ASK).json()
    _, bob = parts.memory.keys.create("bob", ["ask", "run", "admin"])
    client.headers.update(bearer(bob))
    path = f"/v1/conversations/{reply['conversation_id']}"
    assert client.get("/v1/conversations").json() == {"conversations": []}
    feedback = {"message_id": reply["message_id"], "helpful": True}
    statuses = [
        client.get(path),
        client.delete(path),
        client.post(f"{path}/share"),
        client.delete(f"{path}/share"),
        client.get(f"/v1/chat/{reply['message_id']}/events"),
        client.post(f"/v1/chat/{reply['message_id']}/cancel"),
        client.post("/v1/feedback", json=feedback),
        client.post("/v1/chat", json=ASK | {"conversation_id": reply["conversation_id"]}),
    ]
    assert {response.status_code for response in statuses} == {404}


def test_idempotency_keys_of_two_learners_have_nothing_to_do_with_each_other(
    open_client: Callable[..., TestClient], ann: tuple[Key, str], parts: Parts
) -> None:
    client = open_client(ann[1])
    _, bob = parts.memory.keys.create("bob", ["ask"])
    first = client.post("/v1/chat", json=ASK, headers={"Idempotency-Key": "k"}).json()
    second = client.post("/v1/chat", json=ASK, headers={"Idempotency-Key": "k"} | bearer(bob)).json()
    assert first["message_id"] != second["message_id"]


def test_shared_conversation_is_read_without_a_key(
    open_client: Callable[..., TestClient], ann: tuple[Key, str]
) -> None:
    reply = open_client(ann[1]).post("/v1/chat", json=ASK).json()
    url = open_client(ann[1]).post(f"/v1/conversations/{reply['conversation_id']}/share").json()["url"]
    assert open_client().get(url).status_code == 200


def test_page_signs_in_with_a_key_into_a_cookie_that_scripts_and_other_sites_do_not_get(
    open_client: Callable[..., TestClient], ann: tuple[Key, str]
) -> None:
    client = open_client()
    assert client.get("/v1/session").json() == {"required": True, "signed_in": False, "name": None, "scopes": []}
    signed_in = client.post("/v1/session", json={"key": ann[1]}, headers=ORIGIN)
    cookie = signed_in.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert ann[1].lower() not in cookie
    assert client.get("/v1/session").json()["name"] == "ann"
    assert client.post("/v1/chat", json=ASK, headers=ORIGIN).status_code == 200
    assert client.delete("/v1/session", headers=ORIGIN).status_code == 204
    assert client.get("/v1/conversations").status_code == 401


def test_signed_out_cookie_is_worth_nothing(open_client: Callable[..., TestClient], ann: tuple[Key, str]) -> None:
    client = open_client()
    client.post("/v1/session", json={"key": ann[1]}, headers=ORIGIN)
    kept = dict(client.cookies)
    client.delete("/v1/session", headers=ORIGIN)
    client.cookies.update(kept)
    assert client.get("/v1/conversations").status_code == 401


def test_cookie_over_https_is_never_sent_in_the_clear(
    open_client: Callable[..., TestClient], ann: tuple[Key, str]
) -> None:
    client = open_client(base_url="https://127.0.0.1")
    signed_in = client.post("/v1/session", json={"key": ann[1]}, headers={"Origin": "https://127.0.0.1"})
    assert "secure" in signed_in.headers["set-cookie"].lower()
    assert "max-age" in signed_in.headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        (ORIGIN, 200),
    ],
)
def test_change_with_the_cookie_must_come_from_our_own_page(
    open_client: Callable[..., TestClient], ann: tuple[Key, str], headers: dict[str, str], status: int
) -> None:
    client = open_client()
    client.post("/v1/session", json={"key": ann[1]}, headers=ORIGIN)
    assert client.post("/v1/chat", json=ASK, headers=headers).status_code == status


def test_wrong_keys_are_refused_and_after_a_while_not_even_looked_at(
    open_client: Callable[..., TestClient], ann: tuple[Key, str]
) -> None:
    client = open_client()
    allowed = int(GUESSING.split("/")[0])
    statuses = [client.get("/v1/entries", headers=bearer("wrong")).status_code for _ in range(allowed + 5)]
    assert set(statuses[:allowed]) == {401}
    assert statuses[-1] == 429  # where a minute ends in between, a few more are looked at
    assert client.post("/v1/session", json={"key": "wrong"}).status_code == 429
    assert client.get("/v1/entries", headers=bearer(ann[1])).status_code == 200


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "nonsense", "Bearer \x00"])
def test_authorization_that_is_no_key_is_refused_also_where_none_is_needed(
    open_client: Callable[..., TestClient], header: str
) -> None:
    client = open_client(require_keys=False)
    assert client.get("/v1/entries", headers={"Authorization": header}).status_code == 401
    assert client.get("/v1/entries").status_code == 200


def test_rate_limit_is_told_in_headers_and_held_per_key(
    open_client: Callable[..., TestClient], ann: tuple[Key, str], parts: Parts
) -> None:
    client = open_client(ann[1], rate_limit="2/hour")
    headers = [client.get("/v1/entries").headers for _ in range(2)]
    assert [(h["ratelimit-limit"], h["ratelimit-remaining"]) for h in headers] == [("2", "1"), ("2", "0")]
    refused = client.get("/v1/entries")
    assert refused.status_code == refused.json()["status"] == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 3600
    _, bob = parts.memory.keys.create("bob", ["ask"])
    assert client.get("/v1/entries", headers=bearer(bob)).status_code == 200


def test_many_keys_at_one_address_share_a_limit_of_the_address(
    open_client: Callable[..., TestClient], parts: Parts
) -> None:
    client = open_client(rate_limit="1/hour")
    secrets = [parts.memory.keys.create(f"learner {n}", ["ask"])[1] for n in range(6)]
    statuses = [client.get("/v1/entries", headers=bearer(secret)).status_code for secret in secrets]
    assert statuses == [200] * 5 + [429]


def test_running_code_has_a_quota_of_its_own(open_client: Callable[..., TestClient], parts: Parts) -> None:
    _, runner = parts.memory.keys.create("runner", ["ask", "run"])
    client = open_client(runner, run_quota="1/day")
    first, second = (client.post("/v1/run", json={"code": "print(1)"}) for _ in range(2))
    assert (first.headers["ratelimit-limit"], second.status_code) == ("1", 429)
    assert client.get("/v1/entries").status_code == 200


def test_no_limit_applies_on_loopback_without_keys_unless_configured(open_client: Callable[..., TestClient]) -> None:
    client = open_client(require_keys=False)
    assert "ratelimit-limit" not in client.get("/v1/entries").headers
    limited = open_client(require_keys=False, rate_limit="1/hour")
    assert [limited.get("/v1/entries").status_code for _ in range(2)] == [200, 429]


def test_limit_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="60/minute"):
        Settings(rate_limit="many")


def test_other_origins_get_no_cors_headers_unless_configured(
    open_client: Callable[..., TestClient], ann: tuple[Key, str]
) -> None:
    friend = {"Origin": "https://friend.example"}
    preflight = friend | {"Access-Control-Request-Method": "POST"}
    assert open_client(ann[1]).get("/v1/entries", headers=friend).status_code == 403
    client = open_client(ann[1], allowed_origins=("https://friend.example",))
    assert client.options("/v1/chat", headers=preflight).headers["access-control-allow-origin"] == friend["Origin"]
    allowed = client.get("/v1/entries", headers=friend)
    assert allowed.headers["access-control-allow-origin"] == friend["Origin"]
    assert "access-control-allow-credentials" not in allowed.headers
    evil = preflight | {"Origin": "https://evil.example"}
    assert "access-control-allow-origin" not in client.options("/v1/chat", headers=evil).headers


def test_replies_stay_out_of_caches_and_every_response_has_the_security_headers(
    open_client: Callable[..., TestClient],
) -> None:
    client = open_client()
    assert client.get("/v1/entries").headers["cache-control"] == "no-store"
    for path in ("/", "/v1/entries", "/nowhere", "/livez"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_programs_in_messages_need_the_scope_and_use_the_quota_of_running(parts: Parts) -> None:
    runner, _ = parts.memory.keys.create("runner", ["ask", "run"])
    asker, _ = parts.memory.keys.create("asker", ["ask"])
    may_run = RunPermission(Quota("1/day"))

    def scope(key: Key) -> dict[str, object]:
        return {"state": {"caller": Caller(key.id, key.scopes, key)}, "client": (f"10.0.0.{len(key.scopes)}", 1)}

    assert not may_run(scope(asker))
    assert [may_run(scope(runner)) for _ in range(2)] == [True, False]
    assert RunPermission(None)({"state": {"caller": LOCAL}})
