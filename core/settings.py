"""All settings, typed, in one place.

Order of precedence: `VIGIE_...` variables (nested with two underscores: `VIGIE_SMTP__HOST`), files of the same names
in the folder that `VIGIE_SECRETS_DIR` names, the TOML file that `VIGIE_CONFIG` names (default `vigie.toml` in the
working folder), defaults.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import secrets
import tomllib
from email.utils import parseaddr
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from core.errors import ConfigurationError
from core.i18n import LANGUAGES
from core.urls import printed_url


def web_address(value: str) -> str:
    """The value, when it is an address that a browser opens."""
    if not re.match(r"https?://[^/\s]+", value):
        raise ValueError("an address is like https://vigie.example")
    return value


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

    @field_validator("sender")
    @classmethod
    def _has_address(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(value)[1]):
            raise ValueError("must hold an address, such as Vigie <alertes@vigie.example>")
        return value

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if self.user and not (self.password and self.password.get_secret_value()):
            raise ValueError("a user needs a password: set VIGIE_SMTP__PASSWORD, or leave VIGIE_SMTP__USER away")
        return self


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

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return value if value is None else web_address(value)


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

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return value if value is None else web_address(value)


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


class StorageSettings(Section):
    """How an object store is reached, where the archive or an export goes to one."""

    endpoint: str | None = Field(default=None, description="address of an S3-compatible store; default: Amazon's")
    region: str | None = None
    access_key: str | None = Field(default=None, description="default: what the machine itself is allowed to do")
    secret_key: SecretStr | None = None
    ca: Path | None = Field(default=None, description="certificates that the store's own is checked against")
    timeout: float = Field(default=20.0, gt=0, description="seconds to wait for an answer")
    options: SecretStr | None = Field(
        default=None, description="JSON object of further options of the fsspec driver; may hold secrets"
    )

    @field_validator("options")
    @classmethod
    def _is_object(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            readable = value is None or isinstance(json.loads(value.get_secret_value()), dict)
        except ValueError:
            readable = False
        if not readable:
            raise ValueError("must be a JSON object")
        return value


class PostgresqlSettings(Section):
    """Connections of one process to PostgreSQL; SQLite needs none of it."""

    pool_size: int = Field(default=5, ge=1, description="connections that a process keeps open")
    pool_overflow: int = Field(default=15, ge=0, description="further ones that it opens while they are needed")
    statement_timeout: float = Field(default=60.0, gt=0, description="seconds after which a statement is given up")
    lock_timeout: float = Field(default=30.0, gt=0, description="seconds to wait for somebody else's lock")


class DispatchSettings(Section):
    """Who does the work: one machine, or workers on any number of them."""

    engine: Literal["local", "distributed"] = Field(
        default="local", description="distributed: jobs wait in PostgreSQL for `vigie worker` on any machine"
    )
    heartbeat: float = Field(default=5.0, gt=0, description="seconds between two signs of life of a worker")
    stalled_after: float = Field(
        default=30.0, gt=0, description="seconds of silence after which another worker takes a dead one's jobs over"
    )
    grace: float = Field(default=25.0, gt=0, description="seconds that a worker has to end after SIGTERM")

    @model_validator(mode="after")
    def _heard_in_time(self) -> Self:
        if self.stalled_after < 2 * self.heartbeat:
            raise ValueError(
                f"stalled_after ({self.stalled_after:g} s) must be at least twice heartbeat ({self.heartbeat:g} s), or "
                "workers that live are taken for dead"
            )
        return self


class SearchSettings(Section):
    """The Elasticsearch that holds index and profiles; without addresses and without a cloud id, Vigie's own engine."""

    urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="addresses of nodes, separated by commas, each with scheme and port"
    )
    cloud_id: str | None = Field(default=None, description="of Elastic Cloud, instead of addresses")
    api_key: SecretStr | None = Field(default=None, description="as Elasticsearch encodes it; else user and password")
    user: str | None = None
    password: SecretStr | None = None
    ca: Path | None = Field(
        default=None, description="certificates that the nodes' are signed with; default: the system's"
    )
    prefix: str = Field(
        default="vigie", pattern=r"^[a-z][a-z0-9_]{0,40}$", description="begins the names of all indices and templates"
    )
    timeout: float = Field(default=30.0, gt=0, description="seconds for one answer")
    retries: int = Field(default=3, ge=0, description="other tries, on other nodes where there are")
    shards: int = Field(default=1, ge=1, le=1024, description="of an index made from now on")
    replicas: int = Field(default=1, ge=0, le=10, description="copies of each shard; 0 on a single node")
    refresh: str = Field(
        default="1s", pattern=r"^\d+(ms|s)$", description="after which time at the latest what was indexed is found"
    )
    node_class: str = Field(
        default="urllib3", description="how nodes are talked to: urllib3, requests, or module:Class of one's own"
    )

    @field_validator("urls", mode="before")
    @classmethod
    def _separated(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("urls")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if not re.match(r"^https?://[^/@\s]+(/\S*)?$", url):
                # Not shown, as it may hold a password.
                raise ValueError(
                    "an address is like https://search.example:9200; user and password are settings of their own"
                )
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.urls and self.cloud_id:
            raise ValueError("give addresses or a cloud id, not both")
        if self.api_key and self.user:
            raise ValueError("give an API key or a user, not both")
        if bool(self.user) != bool(self.password):
            raise ValueError("a user and a password belong together")
        return self

    @property
    def on_cluster(self) -> bool:
        """Whether an Elasticsearch is named."""
        return bool(self.urls or self.cloud_id)


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
    search: SearchSettings = SearchSettings()
    storage: StorageSettings = StorageSettings()
    postgresql: PostgresqlSettings = PostgresqlSettings()
    dispatch: DispatchSettings = DispatchSettings()
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
    _refuse_missing_secrets(os.environ.get("VIGIE_SECRETS_DIR"))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        # not chained: what it prints holds the values, and some are secrets
        raise ConfigurationError(_told(error)) from None
    except SettingsError as error:
        raise ConfigurationError(_section_told(str(error))) from None


def _told(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"Setting {name}: {first['msg'].removeprefix('Value error, ')}."
    close = difflib.get_close_matches(name, listed(Settings.model_construct()), n=1, cutoff=0.7)
    meant = f" {close[0]} is meant, perhaps;" if close else ""
    return f"Setting {name}: there is no such setting;{meant} `vigie settings` lists them all."


def _section_told(said: str) -> str:
    """A section was given a text where it takes settings of its own."""
    found = re.search(r'field "(\w+)"', said)
    name = found[1] if found else "?"
    return f"Setting {name}: this is a section; its settings are named VIGIE_{name.upper()}__... in variables."


def _refuse_missing_secrets(folder: str | None) -> None:
    if folder and not Path(folder).is_dir():
        raise ConfigurationError(f"VIGIE_SECRETS_DIR names {folder}, and there is no such folder.")


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
        found[prefix] = "" if value is None or value == {} else printed_url(str(value))


def _refuse_unknown_variables() -> None:
    known = set(Settings.model_fields)
    for name in os.environ:
        if not name.startswith("VIGIE_") or name in NOT_SETTINGS or _TEST_VARIABLE.match(name):
            continue
        if name.removeprefix("VIGIE_").lower().split("__")[0] not in known:
            raise ConfigurationError(f"The variable {name} is no setting of Vigie; `vigie settings` lists them all.")
