"""Conversations, share links, feedback and repeated requests over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from service.wiring import Parts

QUESTION = "why do my gradients keep growing"


@pytest.fixture
def client(parts: Parts) -> Iterator[TestClient]:
    app = create_app(parts, Settings(verify_in_background=False))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def reply(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.post("/v1/chat", json={"message": QUESTION}).json()
    return found


def test_conversation_shows_its_messages_as_they_were_given(client: TestClient, reply: dict[str, Any]) -> None:
    client.post("/v1/chat", json={"message": "why?", "conversation_id": reply["conversation_id"]})
    found = client.get(f"/v1/conversations/{reply['conversation_id']}").json()
    assert [message["question"] for message in found["messages"]] == [QUESTION, "why?"]
    assert found["messages"][0]["reply"] == reply
    (head,) = client.get("/v1/conversations").json()["conversations"]
    assert (head["conversation_id"], head["title"], head["messages"]) == (reply["conversation_id"], QUESTION, 2)


def test_deleted_conversation_is_gone_with_everything_that_hangs_on_it(
    client: TestClient, reply: dict[str, Any]
) -> None:
    path = f"/v1/conversations/{reply['conversation_id']}"
    shared = client.post(f"{path}/share").json()["url"]
    assert client.delete(path).status_code == 204
    assert client.get("/v1/conversations").json() == {"conversations": []}
    for gone in (path, shared, f"/v1/chat/{reply['message_id']}/events"):
        assert client.get(gone).status_code == 404
    assert client.delete(path).status_code == 404
    feedback = {"message_id": reply["message_id"], "helpful": True}
    assert client.post("/v1/feedback", json=feedback).status_code == 404


def test_share_link_shows_no_id_and_no_feedback_and_changes_nothing(client: TestClient, reply: dict[str, Any]) -> None:
    client.post("/v1/feedback", json={"message_id": reply["message_id"], "helpful": False, "comment": "secret"})
    path = f"/v1/conversations/{reply['conversation_id']}/share"
    url = client.post(path).json()["url"]
    shared = client.get(url)
    assert shared.json()["messages"][0]["answer"] == reply["answer"]
    for hidden in (reply["conversation_id"], reply["message_id"], "secret"):
        assert hidden not in shared.text
    assert client.post(url).status_code == client.delete(url).status_code == 405
    assert client.delete(path).status_code == 204
    assert client.get(url).status_code == 404


def test_share_link_says_as_much_of_how_far_a_reply_can_be_trusted_as_the_conversation(
    client: TestClient, reply: dict[str, Any]
) -> None:
    url = client.post(f"/v1/conversations/{reply['conversation_id']}/share").json()["url"]
    (message,) = client.get(url).json()["messages"]
    for told in ("outcome", "understood_as", "matches", "shown", "snippets", "sentences", "worded_by"):
        assert message[told] == reply[told], told


def test_feedback_is_shown_with_its_message(client: TestClient, reply: dict[str, Any]) -> None:
    given = {"message_id": reply["message_id"], "helpful": False, "comment": "too long"}
    assert client.post("/v1/feedback", json=given).json() == given
    (message,) = client.get(f"/v1/conversations/{reply['conversation_id']}").json()["messages"]
    assert message["feedback"] == {"helpful": False, "comment": "too long"}


@pytest.mark.parametrize(
    "body", [{}, {"message_id": "x"}, {"message_id": "x", "helpful": True, "comment": "x" * 4001}, [1]]
)
def test_feedback_that_is_not_as_documented_is_refused(client: TestClient, body: object) -> None:
    assert client.post("/v1/feedback", json=body).status_code == 422


def test_same_idempotency_key_gives_the_same_reply_and_stores_it_once(client: TestClient) -> None:
    first, second = (
        client.post("/v1/chat", json={"message": QUESTION}, headers={"Idempotency-Key": "k"}).json() for _ in range(2)
    )
    assert first == second
    streamed = client.post("/v1/chat", json={"message": QUESTION, "stream": True}, headers={"Idempotency-Key": "k"})
    assert first["message_id"] in streamed.text
    assert [head["messages"] for head in client.get("/v1/conversations").json()["conversations"]] == [1]


def test_idempotency_key_of_another_question_is_refused(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k"}
    client.post("/v1/chat", json={"message": QUESTION}, headers=headers)
    refused = client.post("/v1/chat", json={"message": "another"}, headers=headers)
    assert (refused.status_code, "send a new one" in refused.json()["detail"]) == (422, True)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_idempotency_key_that_is_none_is_refused(client: TestClient, key: str) -> None:
    assert client.post("/v1/chat", json={"message": "q"}, headers={"Idempotency-Key": key}).status_code == 422


def test_cancelling_what_is_finished_or_never_was_is_told(client: TestClient, reply: dict[str, Any]) -> None:
    assert client.post(f"/v1/chat/{reply['message_id']}/cancel").status_code == 409
    assert client.post("/v1/chat/nix/cancel").status_code == 404


def test_renamed_conversation_keeps_its_title_when_it_goes_on(client: TestClient, reply: dict[str, Any]) -> None:
    path = f"/v1/conversations/{reply['conversation_id']}"
    assert client.patch(path, json={"title": "  Growing\n gradients "}).status_code == 204
    client.post("/v1/chat", json={"message": "why?", "conversation_id": reply["conversation_id"]})
    (head,) = client.get("/v1/conversations").json()["conversations"]
    assert head["title"] == client.get(path).json()["title"] == "Growing gradients"


@pytest.mark.parametrize("title", ["", " \n", "x" * 81, None])
def test_title_that_cannot_be_one_is_refused(client: TestClient, reply: dict[str, Any], title: str | None) -> None:
    path = f"/v1/conversations/{reply['conversation_id']}"
    assert client.patch(path, json={"title": title}).status_code == 422
    assert client.get(path).json()["title"] == QUESTION


def test_conversation_of_nobody_cannot_be_renamed(client: TestClient) -> None:
    assert client.patch("/v1/conversations/none", json={"title": "mine"}).status_code == 404


def test_title_of_a_conversation_that_begins_with_a_program_is_what_was_said_before_it(client: TestClient) -> None:
    client.post("/v1/chat", json={"message": "Why do gradients grow?\n\n```python\nprint(1)\n```"})
    (head,) = client.get("/v1/conversations").json()["conversations"]
    assert head["title"] == "Why do gradients grow?"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("GRADIENTS keep", True),
        ("holiday", True),  # of its title
        ("gradients holiday", True),
        ("gradients holidays", False),
        ("%", False),
        ("gradient_", False),
        ("", True),
    ],
)
def test_conversations_are_searched_by_words_of_title_and_questions(
    client: TestClient, reply: dict[str, Any], query: str, found: bool
) -> None:
    client.patch(f"/v1/conversations/{reply['conversation_id']}", json={"title": "Holiday reading"})
    heads = client.get("/v1/conversations", params={"q": query}).json()["conversations"]
    assert bool(heads) is found
