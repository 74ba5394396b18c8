"""What `portal.yml` tells this engine of one platform."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from core.errors import ConfigurationError
from crawlers.portals.definition import Portal

Acronym = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,49}$")]
"""`orgAcronyme`: unique on its platform only."""


class AtexoOptions(BaseModel):
    """The `options` of `portal.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page_size: int | None = Field(
        default=20, description="rows per page asked for; None keeps the page as the platform serves it"
    )
    organisation: Acronym | None = Field(
        default=None, description="follow this organisation alone; its rows are picked out of the whole list"
    )
    part_of: str | None = Field(
        default=None, description="key of the portal that lists the same consultations, where this one is a part of it"
    )
    generic_organisations: bool = Field(
        default=False,
        description="`Organisme` names a ministry or a group of bodies; the unit that buys is put before it",
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(
        default="EUR", description="of the estimates that a few buyers print"
    )
    lots_popup: bool = Field(default=True, description="ask for the page of the lots of an allotted consultation")


def options_of(portal: Portal) -> AtexoOptions:
    """The checked options of a portal; `ConfigurationError` names the one that is wrong."""
    return checked(portal.key, portal.options)


def checked(key: str, options: dict[str, Any]) -> AtexoOptions:
    """Options read and checked."""
    try:
        return AtexoOptions.model_validate(options)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{key}/portal.yml, options.{where}: {first['msg']}.") from error
