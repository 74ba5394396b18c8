"""What `options:` of this portal's `portal.yml` says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import ConfigurationError
from crawlers.engines.atexo_ma.options import Options as EngineOptions
from crawlers.engines.prado import ListControls
from crawlers.portals.definition import Portal


class ResultsOptions(BaseModel):
    """Facts of the lists of announcements."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    left_out: tuple[str, ...] = ("a1a", "m1i", "controleur")
    """orgAcronyme of organisations that hold tests or no buyer: their rows are counted and not fetched."""
    calls: str = "ma_pmmp"
    """Key of the portal under which Vigie keeps the calls."""
    currency: str = "MAD"
    form_prefix: str = "ctl0$CONTENU_PAGE$AdvancedSearch$"
    controls_prefix: str = ListControls().prefix
    programmes_prefix: str = "ctl0$CONTENU_PAGE$tableauPP$"
    """Beginning of the names of the controls of the list of forecast programmes."""
    programmes_button: str = "ctl0$CONTENU_PAGE$ctl4"
    small_page_size: int = Field(default=100, ge=10)
    """Rows a page of the lists on which little is published."""
    large: tuple[str, ...] = ("extrait-pv", "resultat-definitif")
    """The lists that are asked for in the largest pages."""
    find_calls: bool = True
    """Whether the call that an announcement is about is looked for by its reference."""
    read_tracking: bool = True
    """Whether the opening of tenders, where recorded on line, is read."""
    cancelled_pages_of_days: int = Field(default=60, ge=0)
    """A cancelled consultation whose deadline is longer over than that is stored from its row alone."""

    @property
    def controls(self) -> ListControls:
        """The names of the result list's controls."""
        return ListControls(prefix=self.controls_prefix)

    @property
    def engine(self) -> EngineOptions:
        """What the engine's normaliser wants to know."""
        return EngineOptions(left_out=self.left_out, currency=self.currency, consultations=self.calls)


def options_of(portal: Portal) -> ResultsOptions:
    """The options of the portal; `ConfigurationError` names the one that is wrong."""
    try:
        return ResultsOptions.model_validate(portal.options)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{portal.key}/portal.yml, options.{where}: {first['msg']}.") from error
