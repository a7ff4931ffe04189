"""What the commands share: where they print, the settings, the tutor put together."""

from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from corpus.errors import TutorError
from service.memory import Memory
from service.settings import Settings
from service.wiring import Parts, build_tutor, corpus_entries, ensure_index, make_sandbox

out = Console()
err = Console(stderr=True)


def tell(message: str) -> None:
    """One line on standard error, as it stands."""
    err.print(message, markup=False, highlight=False, soft_wrap=True)


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


def parts(settings: Settings, *, preload: bool = True) -> Parts:
    """The tutor, with its index built where that is missing."""
    entries = corpus_entries(settings)
    memory = Memory(settings.database)  # first: it tells a state folder that cannot be written
    ensure_index(settings, entries, report=tell)
    return build_tutor(settings, entries=entries, memory=memory, sandbox=make_sandbox(settings, preload=preload))
