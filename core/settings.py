"""All settings, typed, in one place.

Order of precedence: `VIGIE_...` variables (nested with two underscores: `VIGIE_SMTP__HOST`), files of the same names
in the folder that `VIGIE_SECRETS_DIR` names, the TOML file that `VIGIE_CONFIG` names (default `vigie.toml` in the
working folder), defaults.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.errors import ConfigurationError
from core.i18n import LANGUAGES


class Section(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class SmtpSettings(Section):
    """Where mails are handed over."""

    host: str = "127.0.0.1"
    port: int = Field(default=8025, ge=1, le=65535)
    security: SmtpSecurity = SmtpSecurity.NONE
    user: str | None = None
    password: SecretStr | None = None
    timeout: float = Field(default=30.0, gt=0, description="seconds")
    sender: str = Field(default="Vigie <alertes@vigie.invalid>", description="From of every mail")


class WebSettings(Section):
    """The web application."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = Field(
        default=None, description="address used in links of mails; default: the bound address"
    )
    operator_password: SecretStr | None = Field(
        default=None, description="needed before binding to anything but loopback"
    )


class PortalSettings(Section):
    """What an operator may set for one portal."""

    enabled: bool | None = Field(
        default=None, description="whether the portal is crawled here; default: when portal.yml gives it hours"
    )
    base_url: str | None = Field(default=None, description="default: the base_url of the portal's portal.yml")
    route: str | None = Field(default=None, description="one of the routes of portal.yml; default: the first")
    transport: Literal["http", "browser"] | None = Field(
        default=None, description="browser opens the portal's pages in Chromium; default: what portal.yml says"
    )
    client_id: str | None = Field(default=None, description="credentials of an official gateway")
    client_secret: SecretStr | None = None


class CrawlSettings(Section):
    """Manners of the crawlers."""

    contact: str = Field(
        default="https://vigie.invalid/contact", description="page or mail address told in the user agent"
    )
    delay: float = Field(default=0.5, ge=0, description="seconds between two requests to a portal at the start")
    timeout: float = Field(default=60.0, gt=0, description="seconds for one answer")
    max_response_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    max_payload_bytes: int = Field(default=20 * 1024 * 1024, gt=0, description="largest notice that is parsed")
    at_once: int = Field(default=3, ge=1, description="portals that one machine crawls at the same time")
    backfill_days: int = Field(default=90, ge=0, description="how far the first crawl goes back in the background")
    chromium: Path | None = Field(
        default=None,
        description="browser of portals opened by transport browser; default: the system's, or Playwright's",
    )


class Settings(BaseSettings):
    """Settings of a Vigie installation."""

    model_config = SettingsConfigDict(
        env_prefix="VIGIE_", env_nested_delimiter="__", frozen=True, extra="forbid", env_ignore_empty=True
    )

    data_dir: Path = Field(default=Path("data/vigie"), description="everything the embedded engines keep")
    demo: bool = Field(
        default=False, description="demonstration: simulated portals, invented notices, a banner everywhere"
    )
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; default: SQLite in the data folder")
    archive_url: str | None = Field(
        default=None, description="fsspec URL of the raw archive; default: in the data folder"
    )
    secret_key: SecretStr | None = Field(default=None, description="signs links; default: made once in the data folder")
    language: str = Field(default="fr", description="language of mails and pages when a person chose none")
    log_level: str = "INFO"
    smtp: SmtpSettings = SmtpSettings()
    web: WebSettings = WebSettings()
    crawl: CrawlSettings = CrawlSettings()
    portals: dict[str, PortalSettings] = Field(default_factory=dict, description="by portal key")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("language")
    @classmethod
    def _offered_language(cls, value: str) -> str:
        if value.lower() not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return value.lower()

    @field_validator("portals", mode="before")
    @classmethod
    def _lower_keys(cls, value: Any) -> Any:
        return {str(key).lower(): item for key, item in value.items()} if isinstance(value, dict) else value

    @property
    def database(self) -> str:
        """URL of the store."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'vigie.sqlite').absolute()}"

    @property
    def archive(self) -> str:
        """URL of the raw archive."""
        return self.archive_url or str((self.data_dir / "archive").absolute())

    @property
    def spool_dir(self) -> Path:
        """Local folder where raw payloads are synced before a notice commits."""
        return self.data_dir / "spool"

    @property
    def index_dir(self) -> Path:
        """Folder of the embedded search index."""
        return self.data_dir / "index"

    @property
    def public_url(self) -> str:
        """Address used in links, without a trailing slash."""
        return (self.web.public_url or f"http://{self.web.host}:{self.web.port}").rstrip("/")

    @cached_property
    def signing_key(self) -> str:
        """The key that signs links; made once and kept in the data folder when none is set."""
        if self.secret_key:
            return self.secret_key.get_secret_value()
        path = self.data_dir / "secret.key"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii").strip()

    def portal(self, key: str) -> PortalSettings:
        """Settings of one portal; defaults when none are set."""
        return self.portals.get(key, PortalSettings())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if folder := os.environ.get("VIGIE_SECRETS_DIR"):
            sources.append(NestedSecretsSettingsSource(file_secret_settings, secrets_dir=folder, env_prefix="VIGIE_"))
        toml = _file()
        return (*sources, TomlConfigSettingsSource(settings_cls, toml_file=toml))


NOT_SETTINGS = frozenset({"VIGIE_CONFIG", "VIGIE_SECRETS_DIR"})
_TEST_VARIABLE = re.compile(r"^VIGIE_TEST_")

ListedSettings = Annotated[dict[str, str], "dotted name to value, secrets masked"]


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `ConfigurationError` says in a sentence which one is wrong.

    A `VIGIE_...` variable that no setting reads is refused, because a misspelt setting that is ignored is a silence.
    """
    config = os.environ.get("VIGIE_CONFIG")
    if config and not Path(config).is_file():
        raise ConfigurationError(f"VIGIE_CONFIG names {config}, and there is no such file.")
    _refuse_unknown_variables()
    _refuse_broken_file(_file())
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"Setting {name}: {first['msg']}.") from error


def _file() -> Path:
    return Path(os.environ.get("VIGIE_CONFIG", "vigie.toml"))


def _refuse_broken_file(path: Path) -> None:
    if not path.is_file():
        return
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        # tomllib ends its message with the place: "(at line 3, column 7)"
        raise ConfigurationError(f"The settings file {path} cannot be read: {error}.") from error


def listed(settings: Settings) -> ListedSettings:
    """Every setting with its value, for `vigie settings`; secrets are masked."""
    found: dict[str, str] = {}
    _flatten("", settings.model_dump(), found)
    return found


def _flatten(prefix: str, value: Any, found: dict[str, str]) -> None:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _flatten(f"{prefix}.{key}" if prefix else key, item, found)
    else:
        found[prefix] = "" if value is None or value == {} else str(value)


def _refuse_unknown_variables() -> None:
    known = set(Settings.model_fields)
    for name in os.environ:
        if not name.startswith("VIGIE_") or name in NOT_SETTINGS or _TEST_VARIABLE.match(name):
            continue
        if name.removeprefix("VIGIE_").lower().split("__")[0] not in known:
            raise ConfigurationError(f"The variable {name} is no setting of Vigie; `vigie settings` lists them all.")
