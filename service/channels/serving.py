"""Runs the service: who may reach it is decided first, then the port is taken, and only then is anything built."""

import ctypes
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec

import uvicorn

from corpus.errors import TutorError
from service import logs
from service.admission import keys_required
from service.app import create_app
from service.backup import in_use
from service.memory import Memory
from service.settings import Settings
from service.wiring import Parts

M_ARENA_MAX = -8
"""From glibc's malloc.h."""

FINISH_SECONDS = 30
"""How long running replies may take once the service was told to stop."""


def serve(settings: Settings, parts: Callable[[Settings], Parts], tell: Callable[[str], None]) -> None:
    """Serve until told to stop; ``parts`` puts the tutor together, ``tell`` is told the address.

    Raises:
        TutorError: the service cannot start; the message says why and how to mend it.
    """
    logs.configure(settings.log_level)
    _keep_memory_together()
    if settings.telemetry and find_spec("opentelemetry.exporter") is None:
        raise TutorError("TUTOR_TELEMETRY needs an exporter; install it with: pip install 'torchtutor[telemetry]'")
    memory = Memory(settings.database)
    keys_required(settings, memory)
    memory.close()
    listening = _listen(settings.host, settings.port)
    app = create_app(parts(settings), settings)
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    tell(f"torchtutor answers at http://{address}:{listening.getsockname()[1]}/")
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=FINISH_SECONDS,
        server_header=False,
    )
    with in_use(settings.home):
        uvicorn.Server(config).run(sockets=[listening])


def _keep_memory_together() -> None:
    """Let glibc keep two heaps for all threads, not one for each: what these leave unused grows for hours."""
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; taken before anything is built, so that a port in use is told at once."""
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise TutorError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port") from error
    # accepted connections inherit it; asyncio sets it only on sockets whose protocol is named. Without it, the second
    # small packet of a stream waits 40 ms for the client to confirm the first
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
