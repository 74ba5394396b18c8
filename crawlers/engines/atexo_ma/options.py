"""What `options:` of a portal's `portal.yml` may say to this engine."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import ConfigurationError
from crawlers.engines.prado import ListControls
from crawlers.portals.definition import Portal


class Options(BaseModel):
    """Facts of one instance. The defaults are those of the national portal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    left_out: tuple[str, ...] = ("a1a", "m1i", "controleur")
    """orgAcronyme of organisations that hold tests or no buyer: their rows are counted and not fetched."""
    working_days_without_news: int | None = Field(default=None, ge=1)
    """So many working days in a row without a new consultation make the list doubtful; None: the portal is small."""
    currency: str = "MAD"
    consultations: str | None = None
    """Key of the portal whose consultations these announcements belong to; default: this portal."""
    controls_prefix: str = ListControls().prefix
    """Beginning of the names of the result list's controls."""

    @property
    def controls(self) -> ListControls:
        """The names of the result list's controls."""
        return ListControls(prefix=self.controls_prefix, turns_by_number=True)


def options_of(portal: Portal) -> Options:
    """The options of a portal; `ConfigurationError` names the one that is wrong."""
    try:
        return Options.model_validate(portal.options)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{portal.key}/portal.yml, options.{where}: {first['msg']}.") from error
