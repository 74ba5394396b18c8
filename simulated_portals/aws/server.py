"""Makes a simulated AWS-Achat from invented notices."""

from __future__ import annotations

from datetime import date

from simulated_portals.aws.portal import AwsPortal
from simulated_portals.french_tenders.portal import ZONE
from simulated_portals.french_tenders.tenders import FrenchInventor
from simulated_portals.portal_clock import PortalClock

DEFAULT_INVENTED = 120


def make_portal(
    key: str,
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
    cap: int = 30,
    page_size: int = 10,
    redirects: bool = False,
) -> AwsPortal:
    """A portal ready to be served. Invented notices follow from `seed` and `invented_on` (default: `today`) alone.

    `cap` is how many results the search lists at most, `redirects` has searches answered 303.
    """
    inventor = FrenchInventor(seed=seed, today=invented_on or today or PortalClock(ZONE).today())
    tenders = inventor.tenders(DEFAULT_INVENTED if invented is None else invented, awards=0.15)
    return AwsPortal(key, tenders, today=today, cap=cap, page_size=page_size, redirects=redirects, invent=inventor.one)
