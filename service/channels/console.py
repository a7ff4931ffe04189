"""What the commands share: where they print, the settings, the tutor put together."""

import threading
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.text import Text

from corpus.errors import TutorError
from service.channels.terminal import THEME, show
from service.sandbox import Limits
from service.settings import Settings

if TYPE_CHECKING:
    from service.respondents import Library, Respondent, Runner
    from service.respondents.remote import RemoteTutor
    from service.wiring import Parts

out = Console(theme=THEME, highlight=False)
err = Console(stderr=True, theme=THEME, highlight=False)


def tell(message: str) -> None:
    """One line on standard error, as it stands."""
    show(err, Text(message), soft_wrap=True)


def settings() -> Settings:
    """The settings.

    Raises:
        TutorError: naming every variable that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"TUTOR_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors()]
        raise TutorError("settings that cannot be used: " + "; ".join(wrong)) from error
    except SettingsError as error:
        raise TutorError(f'settings that cannot be used: {error}; write a list as JSON: \'["one", "two"]\'') from error


def parts(settings: Settings, *, preload: bool = True) -> "Parts":
    """The tutor, with its index built where that is missing; imports what takes a second only now."""
    from service.memory import Memory
    from service.wiring import build_tutor, corpus_entries, ensure_index, make_sandbox

    entries = corpus_entries(settings)
    memory = Memory(settings.database)  # first: it tells a state folder that cannot be written
    ensure_index(settings, entries, report=tell)
    return build_tutor(settings, entries=entries, memory=memory, sandbox=make_sandbox(settings, preload=preload))


def respondent(settings: Settings, *, preload: bool = True) -> "Respondent":
    """Whom to ask: the tutor elsewhere that the settings name, else one in this process.

    Args:
        preload: whether the sandbox gets ready for many runs at once, in the background.
    """
    if settings.url is not None:
        return _elsewhere(settings.url, settings.key)
    from service.respondents.local import LocalTutor

    made = parts(settings, preload=preload)
    if preload:
        threading.Thread(target=made.sandbox.start, name="sandbox start", daemon=True).start()
    return LocalTutor(made, _limits(settings))


def runner(settings: Settings) -> "Runner":
    """What runs programs: the tutor elsewhere, else the sandbox in this process."""
    if settings.url is not None:
        return _elsewhere(settings.url, settings.key)
    from service.respondents.local import LocalSandbox
    from service.wiring import make_sandbox

    return LocalSandbox(make_sandbox(settings, preload=False), _limits(settings))


def library(settings: Settings) -> "Library":
    """What there is to read: with the tutor elsewhere, else on this machine."""
    if settings.url is not None:
        return _elsewhere(settings.url, settings.key)
    from service.memory import Memory
    from service.respondents.local import LocalLibrary
    from service.wiring import build_verifier, corpus_entries, make_sandbox

    entries = corpus_entries(settings)
    memory = Memory(settings.database)
    return LocalLibrary(entries, build_verifier(settings, memory, make_sandbox(settings).run), memory)


def _elsewhere(url: str, key: SecretStr | None) -> "RemoteTutor":
    from service.client import Client
    from service.respondents.remote import RemoteTutor

    return RemoteTutor(Client(url, key.get_secret_value() if key else None))


def _limits(settings: Settings) -> Limits:
    return Limits(seconds=settings.run_seconds, memory_mb=settings.run_memory_mb)
