"""Keys and sign-ins: what is stored of them, how long they are valid, and when a service needs them."""

from pathlib import Path

import pytest

from service.admission import Unprotected, keys_required
from service.memory import KeyUnusable, Memory, UnknownKey
from service.memory import keys as keys_module
from service.settings import Settings


def test_key_is_found_by_its_secret_only_and_its_secret_is_stored_nowhere(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "db")
    key, secret = memory.keys.create("ann", ["run", "ask"])
    assert memory.keys.find(secret) == key
    assert memory.keys.find(secret[:-1]) is memory.keys.find(key.id) is memory.keys.find("") is None
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())
    assert len(secret) >= 43


def test_revoked_key_lets_nobody_in_and_signs_its_browsers_out(memory: Memory) -> None:
    key, secret = memory.keys.create("ann", ["ask"])
    token = memory.keys.sign_in(key)
    assert memory.keys.signed_in(token) == key
    memory.keys.revoke(key.id)
    assert memory.keys.find(secret) is memory.keys.signed_in(token) is None
    assert [listed.revoked_at is not None for listed in memory.keys.list()] == [True]
    assert not memory.keys.any()


def test_sign_in_ends_after_a_while_and_with_the_sign_out(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = memory.keys.create("ann", ["ask"])
    token = memory.keys.sign_in(key)
    memory.keys.sign_out(token)
    assert memory.keys.signed_in(token) is None
    monkeypatch.setattr(keys_module, "SIGN_IN_DAYS", -1)
    assert memory.keys.signed_in(memory.keys.sign_in(key)) is None


@pytest.mark.parametrize(("name", "scopes"), [(" ", ["ask"]), ("ann", []), ("ann", ["ask", "root"])])
def test_key_without_a_name_or_a_known_scope_is_refused(memory: Memory, name: str, scopes: list[str]) -> None:
    with pytest.raises(KeyUnusable):
        memory.keys.create(name, scopes)
    assert memory.keys.list() == []


def test_unknown_key_cannot_be_revoked(memory: Memory) -> None:
    with pytest.raises(UnknownKey, match="keys list"):
        memory.keys.revoke("nix")


def test_key_of_the_secret_file_follows_the_file(memory: Memory, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    settings = Settings(host="0.0.0.0", key_file=file)
    file.write_text("a" * 40 + "\n")
    assert keys_required(settings, memory)
    assert memory.keys.find("a" * 40) is not None
    file.write_text("b" * 40)
    keys_required(settings, memory)
    assert memory.keys.find("a" * 40) is None
    assert memory.keys.find("b" * 40) is not None
    keys_required(Settings(), memory)
    assert memory.keys.find("b" * 40) is None


@pytest.mark.parametrize("content", ["", "short", "two words that are long enough to be a key", "ü" * 40])
def test_secret_file_without_a_safe_key_is_refused(memory: Memory, tmp_path: Path, content: str) -> None:
    (tmp_path / "secret").write_text(content)
    with pytest.raises(KeyUnusable, match="openssl rand"):
        keys_required(Settings(host="0.0.0.0", key_file=tmp_path / "secret"), memory)


def test_secret_file_that_cannot_be_read_is_told(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="TUTOR_KEY_FILE cannot be read"):
        keys_required(Settings(key_file=tmp_path / "nix"), memory)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_keys_only_once_there_is_one_or_it_is_told_so(memory: Memory, host: str) -> None:
    assert not keys_required(Settings(host=host), memory)
    with pytest.raises(Unprotected):
        keys_required(Settings(host=host, require_keys=True), memory)
    memory.keys.create("ann", ["ask"])
    assert keys_required(Settings(host=host), memory)
    assert not keys_required(Settings(host=host, require_keys=False), memory)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "tutor.example", ""])
def test_service_that_others_reach_does_not_start_without_a_key(memory: Memory, host: str) -> None:
    with pytest.raises(Unprotected, match="torchtutor keys create"):
        keys_required(Settings(host=host), memory)
    memory.keys.create("ann", ["ask"])
    assert keys_required(Settings(host=host), memory)
    with pytest.raises(Unprotected, match="loopback only"):
        keys_required(Settings(host=host, require_keys=False), memory)
