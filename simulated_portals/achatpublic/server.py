"""Makes a simulated achatpublic.com from invented consultations."""

from __future__ import annotations

from datetime import date

from simulated_portals.achatpublic.portal import AchatpublicPortal
from simulated_portals.french_tenders.portal import ZONE
from simulated_portals.french_tenders.tenders import FrenchInventor
from simulated_portals.portal_clock import PortalClock

DEFAULT_INVENTED = 60


def make_portal(
    key: str,
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
    page_size: int = 10,
    plain: bool | None = None,
) -> AchatpublicPortal:
    """A portal ready to be served. Invented consultations follow from `seed` and `invented_on` (default: `today`).

    `plain` has the server write the list's cards itself: always, never, or (None) for visitors without a browser.
    """
    inventor = FrenchInventor(seed=seed + 1000, today=invented_on or today or PortalClock(ZONE).today())
    tenders = inventor.tenders(DEFAULT_INVENTED if invented is None else invented)
    return AchatpublicPortal(key, tenders, today=today, page_size=page_size, plain=plain, invent=inventor.one)
