"""Makes a simulated BOAMP from invented notices."""

from __future__ import annotations

from datetime import date

from simulated_portals.boamp.invented import ZONE, Inventor
from simulated_portals.boamp.portal import CAP, BoampPortal
from simulated_portals.portal_clock import PortalClock

DEFAULT_INVENTED = 400


def make_portal(
    key: str = "fr_boamp",
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
    cap: int = CAP,
    quota: int | None = None,
) -> BoampPortal:
    """A portal ready to be served.

    `invented` notices (400 by default) follow from `seed` and `invented_on` alone (default: `today`, the day on which
    the portal lives). `cap` limits offset and limit together, `quota` the requests of a day.
    """
    inventor = Inventor(seed=seed, today=invented_on or today or PortalClock(ZONE.key).today())
    drafts = inventor.drafts(DEFAULT_INVENTED if invented is None else invented)
    return BoampPortal(key, drafts, inventor=inventor, today=today, cap=cap, quota=quota)
