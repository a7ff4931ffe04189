"""Runs the service: who may reach it is decided first, then the port is taken, and only then is anything built."""

import socket
from collections.abc import Callable

import uvicorn

from corpus.errors import TutorError
from service.admission import keys_required
from service.app import create_app
from service.backup import in_use
from service.memory import Memory
from service.settings import Settings
from service.wiring import Parts

FINISH_SECONDS = 30
"""How long running replies may take once the service was told to stop."""


def serve(settings: Settings, parts: Callable[[Settings], Parts], tell: Callable[[str], None]) -> None:
    """Serve until told to stop; ``parts`` puts the tutor together, ``tell`` is told the address.

    Raises:
        TutorError: the service cannot start; the message says why and how to mend it.
    """
    memory = Memory(settings.database)
    keys_required(settings, memory)
    memory.close()
    listening = _listen(settings.host, settings.port)
    app = create_app(parts(settings), settings)
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    tell(f"torchtutor answers at http://{address}:{listening.getsockname()[1]}/")
    config = uvicorn.Config(
        app,
        log_level="warning",
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=FINISH_SECONDS,
        server_header=False,
    )
    with in_use(settings.home):
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; taken before anything is built, so that a port in use is told at once."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise TutorError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port") from error
