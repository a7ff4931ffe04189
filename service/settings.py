"""One Settings class; the only reader of the environment.

Every field is read from ``TUTOR_<NAME>`` in the environment, else from ``.env`` in the current folder, else it has
the default below.
"""

import re
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from index import BUNDLED_MODEL


class Settings(BaseSettings):
    """What an operator may change."""

    model_config = SettingsConfigDict(
        env_prefix="TUTOR_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default_factory=lambda: user_data_path("torchtutor", appauthor=False))
    """The folder that holds all state: index, conversations, verdicts."""

    corpus_folders: tuple[Path, ...] = ()
    """Folders of entry files that are served beside the bundled ones, each as a collection of its own."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)

    allowed_hosts: tuple[str, ...] = ()
    """Further host names under which the service may be addressed, beside the loopback ones."""

    allowed_origins: tuple[str, ...] = ()
    """Origins of web pages, beside the service's own, that may call it (``https://example.org``)."""

    public_url: str | None = None
    """The address under which others reach the service (``https://tutor.example.org``): what links lead to."""

    url: str | None = None
    """The address of a tutor elsewhere, which the commands ``chat``, ``ask``, ``run`` and ``show`` then ask."""

    key: SecretStr | None = None
    """The key that it lets them in with."""

    embedding_model: str = BUNDLED_MODEL
    """The model that embeds passages: ``bundled``, or a folder or hub name that sentence-transformers can load."""

    verify_in_background: bool = True
    """Whether a starting service runs, at the lowest priority, all corpus code that has no verdict yet."""

    require_keys: bool | None = None
    """Whether whoever asks must show a key; ``None``: everywhere but on loopback, and there too once a key is made."""

    key_file: Path | None = None
    """A file that holds a key with all scopes: the first one, for containers."""

    rate_limit: str | None = None
    """How often one may ask (``"60/minute; 1000/day"``, ``off``); ``None``: a default one where keys are required."""

    run_quota: str | None = None
    """How often one may run code of one's own; in the same form."""

    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses of proxies whose word on where a request comes from is taken."""

    timeout_seconds: float = Field(default=120, gt=0)
    """Within this time every response begins."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on the log tells; ``debug`` tells questions too."""

    telemetry: bool = False
    """Whether traces and metrics go to the OpenTelemetry collector that the ``OTEL_…`` variables name."""

    retention_days: float | None = Field(default=None, gt=0)
    """After how many days without a new message a conversation is deleted; ``None``: never."""

    @field_validator("public_url", "url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if not url:
            return None
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
            raise ValueError(f"'{url}' is no address; write 'https://tutor.example.org'")
        return url.rstrip("/")

    slack_bot_token: SecretStr | None = Field(default=None, validation_alias="SLACK_BOT_TOKEN")
    """The token (``xoxb-…``) by which Slack knows the tutor; under Slack's own name, like the two below."""

    slack_signing_secret: SecretStr | None = Field(default=None, validation_alias="SLACK_SIGNING_SECRET")
    """What proves that a request comes from Slack; with it and the token, ``/slack/events`` is there."""

    slack_app_token: SecretStr | None = Field(default=None, validation_alias="SLACK_APP_TOKEN")
    """The token (``xapp-…``) of ``torchtutor slack``, which needs no address that Slack can reach."""

    slack_api_url: str = Field(default="https://slack.com/api/", validation_alias="SLACK_API_URL")
    """Where Slack's Web API is: for GovSlack or a proxy."""

    slack_channels: tuple[str, ...] = ()
    """Ids of the channels in which the tutor answers; empty: wherever it was invited. Direct messages are free."""

    @field_validator("rate_limit", "run_quota", "llm_key_tokens")
    @classmethod
    def _is_limit(cls, limit: str | None) -> str | None:
        if limit is not None and limit != "off":
            from limits import parse_many  # takes a tenth of a second that a prompt in the terminal need not wait for

            try:
                parse_many(limit)
            except ValueError:
                raise ValueError(f"'{limit}' is no limit; write '60/minute; 1000/day', or off") from None
        return limit

    run_seconds: float = Field(default=10.0, gt=0)
    """How long code that a person sends may run, where the request does not say."""

    run_seconds_max: float = Field(default=60.0, gt=0)
    """The longest time that a request may ask for."""

    run_memory_mb: int = Field(default=2048, ge=512)
    """How much memory it may take, all its processes together."""

    run_slots: int | None = Field(default=None, ge=1)
    """How many programs run at once; by default one for each processor."""

    run_unisolated: bool = False
    """Whether people's code is run even where this machine cannot isolate it completely."""

    llm: str | None = Field(default=None, pattern=r"^[a-z_]+:.+$")
    """The language model that words answers, as ``provider:model``; ``None``: the lessons speak for themselves."""

    llm_base_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    """Where a server is that speaks the provider's protocol; ``None``: the provider's own."""

    llm_api_key: SecretStr | None = None
    """Its key. Without one, and without a base URL, LangChain reads the provider's own variable (OPENAI_API_KEY …)."""

    llm_seconds: float = Field(default=60, gt=0)
    """How long all of its work on one reply may take."""

    llm_silence_seconds: float = Field(default=20, gt=0)
    """How long it may be silent before it counts as failed."""

    llm_rewrite_seconds: float = Field(default=1.5, ge=0)
    """How long it may take to spell out a follow-up that the rules are unsure of; 0: it is not asked to."""

    llm_prompt_tokens: int = Field(default=4000, ge=500)
    """About how long what is sent to it may be."""

    llm_answer_tokens: int = Field(default=800, ge=50)
    """How long each of its answers may be."""

    llm_key_tokens: str | None = None
    """How many tokens one key may use (``200000/day``)."""

    llm_prices: tuple[float, float] | None = None
    """What a million tokens cost: of prompts, of answers; in any currency."""

    llm_reply_cost: float | None = Field(default=None, gt=0)
    """What one reply may cost, in that currency."""

    llm_key_cost: float | None = Field(default=None, gt=0)
    """What one key may cost in a day."""

    @field_validator("llm_reply_cost", "llm_key_cost")
    @classmethod
    def _has_prices(cls, cost: float | None, info: ValidationInfo) -> float | None:
        if cost is not None and info.data.get("llm_prices") is None:
            raise ValueError(
                "a limit of cost needs prices: set TUTOR_LLM_PRICES=[0.25, 2.0], for a million tokens each"
            )
        return cost

    @property
    def index_folder(self) -> Path:
        return self.home / "index"

    @property
    def database(self) -> Path:
        return self.home / "tutor.sqlite3"
