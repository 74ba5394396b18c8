"""What `portal.yml` says under `options`, typed."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from core.errors import ConfigurationError
from crawlers.portals.definition import Part, Portal
from crawlers.portals.loading import load

LARGEST_PAGE = 250
"""Rows of one answer at most (dossier 1.1)."""
CELLS = 10_000
"""Fields times rows of one answer at most (dossier 1.1)."""
NEEDED = ("publication-number", "publication-date", "buyer-country", "ojs-number")
"""Fields that the crawl itself reads."""

CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9()-]*$")]
Scope = Literal["ACTIVE", "ALL", "LATEST"]


class NationalCopy(Part):
    """How the address of a buyer's documents tells the key of the notice on a national portal.

    The key is made from the named groups of `path`, or from the parameters `query`.
    """

    portal: str
    host: str
    path: str | None = None
    query: tuple[str, ...] = ()
    native_id: str

    @field_validator("path")
    @classmethod
    def _is_a_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"{value} is no regular expression: {error}") from error
        return value


class Options(Part):
    """The options of `eu_ted`."""

    countries: tuple[CountryCode, ...] = Field(min_length=1, description="of buyers, alpha-3")
    scope_of_days: Scope
    scope_of_open: Scope
    only_latest_versions: bool
    fields: tuple[FieldName, ...]
    single_documents_instead: int = Field(ge=0)
    single_documents_at_most: int = Field(ge=0)
    document_tries: int = Field(ge=1, le=10)
    document_pause: float = Field(ge=0, description="seconds")
    package_unpacked: int = Field(gt=0, description="bytes")
    package_members: int = Field(gt=0)
    national_copies: tuple[NationalCopy, ...] = ()

    @model_validator(mode="after")
    def _fields_fit(self) -> Options:
        missing = [name for name in NEEDED if name not in self.fields]
        if missing:
            raise ValueError(f"fields lack {', '.join(missing)}, which the crawl needs")
        if len(set(self.fields)) != len(self.fields):
            raise ValueError("fields name one twice")
        if len(self.fields) * LARGEST_PAGE > CELLS:
            raise ValueError(f"fields are more than {CELLS // LARGEST_PAGE}: fields times rows would exceed {CELLS:,}")
        return self


def options_of(portal: Portal) -> Options:
    """The options of a portal; `ConfigurationError` names the one that is wrong."""
    try:
        return Options.model_validate(portal.options)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("options", *first["loc"]))
        raise ConfigurationError(f"{portal.key}/portal.yml, {where}: {first['msg']}.") from error


@cache
def loaded_options(key: str) -> Options:
    """The options that ship with a portal, for its parser."""
    return options_of(load(key))
