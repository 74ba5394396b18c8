"""What `portal.yml` says of the data sets, typed."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import ConfigurationError
from crawlers.contract import Window
from crawlers.portals.definition import Portal

PUBLISHED = "datepublicationdonnees"
NUMBER = "id"


class DataSet(BaseModel):
    """One table of the open data portal, with the names of the columns that questions need."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    buyer: str = Field(description="the column of the buyer's SIRET")
    amount: str = Field(description="the column of the amount, a number: a list that is too long is split by it")
    modified: str = Field(description="the column of the day on which a modification was published, a text")
    until: date | None = Field(default=None, description="the last day on which a frozen table was loaded")

    def serves(self, window: Window) -> bool:
        """Whether the table can hold contracts of a window."""
        return self.until is None or window.start is None or window.start <= self.until


class Options(BaseModel):
    """The options of this portal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    datasets: tuple[DataSet, ...] = Field(min_length=1)
    keys_per_request: int = Field(default=30, ge=1, le=60, description="contracts asked for at once")
    stale_after: int = Field(
        default=5, ge=1, description="days after its last loading from which on a table cannot hold a day's contracts"
    )


def options_of(portal: Portal) -> Options:
    """The options of `portal.yml`; `ConfigurationError` names the one that is wrong."""
    try:
        return Options.model_validate(portal.options)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{portal.key}/portal.yml, options.{where}: {first['msg']}.") from error
