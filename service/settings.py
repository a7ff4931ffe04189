"""One Settings class; the only reader of the environment.

Every field is read from ``TUTOR_<NAME>`` in the environment, else from ``.env`` in the current folder, else it has
the default below.
"""

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.embedder import BUNDLED_MODEL


class Settings(BaseSettings):
    """What an operator may change."""

    model_config = SettingsConfigDict(env_prefix="TUTOR_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Field(default_factory=lambda: user_data_path("torchtutor", appauthor=False))
    """The folder that holds all state: index, conversations, verdicts."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)

    allowed_hosts: tuple[str, ...] = ()
    """Further host names under which the service may be addressed, beside the loopback ones."""

    allowed_origins: tuple[str, ...] = ()
    """Origins of web pages, beside the service's own, that may call it (``https://example.org``)."""

    embedding_model: str = BUNDLED_MODEL
    """The model that embeds passages: ``bundled``, or a folder or hub name that sentence-transformers can load."""

    verify_in_background: bool = True
    """Whether a starting service runs, at the lowest priority, all corpus code that has no verdict yet."""

    @property
    def index_folder(self) -> Path:
        return self.home / "index"

    @property
    def database(self) -> Path:
        return self.home / "tutor.sqlite3"
