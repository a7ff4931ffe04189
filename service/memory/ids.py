"""Ids and secrets that cannot be guessed, and how secrets are stored."""

import hashlib
import secrets


def new_id() -> str:
    """128 random bits, URL-safe."""
    return secrets.token_urlsafe(16)


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """The form in which a secret is stored and looked up.

    Plain sha256: our secrets have 256 random bits, which no amount of trying finds; a slow hash, made for passwords,
    would only make each request slow.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
