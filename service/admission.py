"""Whether keys are required, decided before the service listens.

On loopback only the machine's own users reach the service: it needs no keys until somebody makes one. Anywhere else it
needs them, and does not start without.

::

    TutorError
    └── Unprotected    it would listen where others reach it, without a key that keeps them out
"""

import ipaddress

from corpus.errors import TutorError
from service.memory import KeyUnusable, Memory
from service.settings import Settings


class Unprotected(TutorError):
    """The service does not start: others could reach it, and nothing would keep them out."""


def keys_required(settings: Settings, memory: Memory) -> bool:
    """Whether whoever asks must show a key; takes the operator's secret file over first.

    Raises:
        KeyUnusable: the secret file cannot be read, or holds no key that is safe.
        Unprotected: keys are required and there is none, or they are switched off where they must not be.
    """
    if settings.key_file is None:
        memory.keys.drop_file_key()
    else:
        memory.keys.take_over(_secret(settings))
    local = is_loopback(settings.host)
    if not local and settings.require_keys is False:
        raise Unprotected(
            f"TUTOR_REQUIRE_KEYS=false is for loopback only: on {settings.host} others reach the service; "
            "leave it out, or listen on 127.0.0.1"
        )
    required = settings.require_keys if settings.require_keys is not None else not local or memory.keys.any()
    if required and not memory.keys.any():
        raise Unprotected(
            f"listening on {settings.host} needs a key, and there is none yet, so that everybody could come in or "
            "nobody; make one with 'torchtutor keys create NAME', or name a file that holds one in TUTOR_KEY_FILE "
            "(openssl rand -hex 32 > FILE), or listen on 127.0.0.1"
        )
    return required


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _secret(settings: Settings) -> str:
    assert settings.key_file is not None
    try:
        return settings.key_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(f"the file named in TUTOR_KEY_FILE cannot be read: {error}") from error
