"""Makes a simulated Atexo platform: PLACE, Maximilien, or one of the others."""

from __future__ import annotations

from datetime import date

from simulated_portals.atexo_fr.consultation_pages import Markup, Skin
from simulated_portals.atexo_fr.invented import Inventor
from simulated_portals.atexo_fr.portal import AtexoPortal
from simulated_portals.portal_clock import PortalClock

DEFAULT_INVENTED = 90
_ZONE = "Europe/Paris"
_STATE = ("fr_place",)
_ILE_DE_FRANCE = ("fr_maximilien", "fr_val_de_marne")
_SKINS = {
    "state": Skin(
        unit_label="Entité d'Achat",
        announcement="Annonce de consultation",
        says_paris=True,
        seat_in_organisation=False,
    ),
    "idf": Skin(empty_procedure=True),
    "region": Skin(unit_label="Entité d'Achat", announcement="Annonce de consultation", empty_procedure=False),
}


def make_portal(
    key: str,
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
    markup: Markup = "div",
    page_sizes: tuple[int, ...] = (10, 20),
    redirects_to_prefix: bool = False,
) -> AtexoPortal:
    """A platform ready to be served.

    `invented` consultations (90 by default) follow from `seed` and `invented_on` alone (default: `today`, the day on
    which the platform lives). `markup` is where values of a consultation's page lie, in `div`s or in `span`s as before
    2023; `redirects_to_prefix` sends its readers to `/app.php/…`, as PLACE writes its own links.
    """
    platforms = "state" if key in _STATE else "idf" if key in _ILE_DE_FRANCE else "region"
    inventor = Inventor(platforms=platforms, seed=seed, today=invented_on or today or PortalClock(_ZONE).today())
    skin = _SKINS[platforms]
    return AtexoPortal(
        key,
        inventor.consultations(DEFAULT_INVENTED if invented is None else invented),
        zone=_ZONE,
        today=today,
        skin=Skin(**{**skin.__dict__, "markup": markup}),
        page_sizes=page_sizes,
        prefix="/app.php" if platforms == "state" else "",
        redirects_to_prefix=redirects_to_prefix,
        invent=inventor.published_on,
    )
