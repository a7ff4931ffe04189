"""Conversations, feedback, share links and verdicts."""

import json
from pathlib import Path

import pytest

from service.dialogue import PastTurn
from service.memory import (
    Cancelled,
    KeyReused,
    Memory,
    Request,
    UnknownConversation,
    UnknownMessage,
    UnknownShare,
    VerdictKey,
    new_id,
)

MATCHES = [{"entry_id": "grad", "question": "Why?"}, {"entry_id": "save", "question": "How?"}]
REPLY = json.dumps(
    {
        "understood_as": "why do they grow",
        "outcome": "answered",
        "matches": MATCHES,
        "nearest": [],
        "follow_ups": ["More?"],
        "shown": ["grad#answer"],
    }
)


def test_conversation_remembers_its_turns_newest_first(memory: Memory) -> None:
    conversation = memory.conversations.open(None)
    refused = {"outcome": "not_covered", "understood_as": "zebra", "matches": [], "follow_ups": []}
    memory.conversations.save(conversation.id, new_id(), "q", REPLY)
    memory.conversations.save(conversation.id, new_id(), "z", json.dumps(refused | {"nearest": MATCHES[1:]}))
    assert memory.conversations.open(conversation.id).past == (
        PastTurn("zebra", "not_covered", nearest=(("save", "How?"),)),
        PastTurn("why do they grow", spoken=(("grad", "Why?"),), shown=("grad#answer",), offered=("More?",)),
    )


def test_replies_of_the_first_version_are_understood(memory: Memory) -> None:
    memory.conversations.save("c", new_id(), "q", json.dumps({"matches": MATCHES, "follow_ups": []}))
    assert memory.conversations.open("c").past[0].spoken == (("grad", "Why?"),)


def test_conversation_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Memory(tmp_path / "db")
    first.conversations.save("c", new_id(), "q", REPLY)
    first.close()
    assert Memory(tmp_path / "db").conversations.open("c").past


def test_conversation_is_its_owners_only(memory: Memory) -> None:
    memory.conversations.save("c", new_id(), "q", REPLY, owner="ann")
    assert memory.conversations.open("c", owner="ann").id == "c"
    with pytest.raises(UnknownConversation):
        memory.conversations.open("c", owner="bob")


def test_nothing_is_stored_before_the_first_message(memory: Memory) -> None:
    with pytest.raises(UnknownConversation):
        memory.conversations.open(memory.conversations.open(None).id)


def test_ids_are_long_and_never_the_same() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert min(map(len, ids)) >= 22


def test_verdict_is_found_under_its_whole_key_only(memory: Memory) -> None:
    key = VerdictKey("hash", "2.13.0", "cpu", "3.11.0")
    memory.verdicts.save(key, "{}")
    assert memory.verdicts.get(key) == "{}"
    for other in (("x", "2.13.0", "cpu", "3.11.0"), ("hash", "2.14.0", "cpu", "3.11.0")):
        assert memory.verdicts.get(VerdictKey(*other)) is None


def test_list_shows_the_owners_conversations_newest_first(memory: Memory) -> None:
    for conversation, owner in (("a", "ann"), ("b", "bob"), ("c", "ann"), ("a", "ann")):
        memory.conversations.save(conversation, new_id(), f"question in {conversation}", REPLY, owner)
    heads = memory.conversations.list("ann", limit=10)
    assert [(head.id, head.title, head.messages) for head in heads] == [
        ("a", "question in a", 2),
        ("c", "question in c", 1),
    ]
    assert [head.id for head in memory.conversations.list("ann", limit=1, offset=1)] == ["c"]


def test_deleted_conversation_leaves_no_trace_in_the_files(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "db")
    memory.conversations.save("c", "m", "a private question", REPLY, request=Request("key-of-a-request", "f"))
    memory.feedback.give("m", False, "a private comment")
    memory.conversations.save("other", new_id(), "q", REPLY)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"a private question" in written
    assert b"a private comment" in written
    memory.conversations.delete("c")
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for gone in (b"a private question", b"a private comment", b"key-of-a-request"):
        assert gone not in left
    assert next(iter(memory.feedback.messages())).helpful is None


def test_turn_of_a_conversation_deleted_meanwhile_does_not_bring_it_back(memory: Memory) -> None:
    memory.conversations.save("c", new_id(), "q", REPLY)
    notebook = memory.notebook()
    notebook.open("c")
    memory.conversations.delete("c")
    with pytest.raises(UnknownConversation):
        notebook.save("c", new_id(), "q", REPLY)
    assert memory.conversations.list(limit=10) == []


def test_cancelled_turn_is_not_stored_and_a_stored_one_cannot_be_cancelled(memory: Memory) -> None:
    cancelled = memory.notebook()
    assert cancelled.cancel()
    with pytest.raises(Cancelled):
        cancelled.save("c", new_id(), "q", REPLY)
    assert memory.conversations.list(limit=10) == []
    stored = memory.notebook()
    stored.open(None)
    stored.save("c", new_id(), "q", REPLY)
    assert not stored.cancel()


def test_request_is_answered_again_only_to_its_owner_and_only_if_it_is_the_same(memory: Memory) -> None:
    memory.conversations.save("c", "m", "q", REPLY, "ann", request=Request("k", "f"))
    assert memory.conversations.answered(Request("k", "f"), "ann") == REPLY
    assert memory.conversations.answered(Request("k", "f"), "bob") is None
    assert memory.conversations.answered(Request("l", "f"), "ann") is None
    with pytest.raises(KeyReused, match="send a new one"):
        memory.conversations.answered(Request("k", "other"), "ann")


def test_feedback_is_the_last_word_of_the_messages_owner(memory: Memory) -> None:
    memory.conversations.save("c", "m", "q", REPLY, "ann")
    with pytest.raises(UnknownMessage):
        memory.feedback.give("m", True, None, "bob")
    memory.feedback.give("m", True, "first", "ann")
    memory.feedback.give("m", False, None, "ann")
    (message,) = memory.conversations.get("c", "ann").messages
    assert (message.helpful, message.comment) == (False, None)


def test_share_link_shows_the_conversation_until_it_is_revoked_or_replaced(memory: Memory) -> None:
    memory.conversations.save("c", "m", "q", REPLY, "ann")
    with pytest.raises(UnknownConversation):
        memory.shares.create("c", "bob")
    first = memory.shares.create("c", "ann")
    assert memory.shares.read(first).messages[0].question == "q"
    second = memory.shares.create("c", "ann")
    with pytest.raises(UnknownShare):
        memory.shares.read(first)
    memory.shares.revoke("c", "ann")
    with pytest.raises(UnknownShare):
        memory.shares.read(second)
    assert not memory.conversations.get("c", "ann").shared


def test_share_token_and_conversation_id_have_nothing_in_common_with_what_is_stored(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "db")
    memory.conversations.save("c", "m", "q", REPLY)
    token = memory.shares.create("c")
    assert len(token) >= 43
    assert all(token.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_only_conversations_without_a_recent_message_are_forgotten(memory: Memory) -> None:
    memory.conversations.save("c", new_id(), "q", REPLY)
    assert memory.conversations.forget(older_than_days=1) == 0
    assert memory.conversations.forget(older_than_days=-1) == 1
    assert memory.conversations.list(limit=10) == []
