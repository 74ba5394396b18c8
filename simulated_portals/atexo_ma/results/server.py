"""Makes the simulated national portal with its announcements."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

from simulated_portals.atexo_ma.portal import ZONE
from simulated_portals.atexo_ma.results.announcements import AnnouncementInventor
from simulated_portals.atexo_ma.results.portal import ResultsPortal
from simulated_portals.portal_clock import PortalClock

DEFAULT_INVENTED = 150
DAYS = 10
"""Days over which invented announcements are spread, today included."""


def make_portal(
    key: str = "ma_pmmp_results",
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
    days: int = DAYS,
) -> ResultsPortal:
    """A portal ready to be served.

    `invented` announcements (150 when not given), each about a call of its own, follow from `seed` and `invented_on`
    alone (default: `today`, the portal's day). Every third call has its opening recorded, every ninth one by lots;
    every tenth is cancelled later; there is a programme for every twelve announcements.
    """
    if key != "ma_pmmp_results":
        raise ValueError(f"{key} is not a portal of announcements")
    day = invented_on or today or PortalClock(ZONE).today()
    portal = ResultsPortal((), inventor=AnnouncementInventor(seed, day), today=today)
    chance = random.Random(f"days-{seed}")
    for number in range(DEFAULT_INVENTED if invented is None else invented):
        published = day - timedelta(days=chance.randrange(days))
        moment = datetime.combine(published, time(8 + chance.randrange(10), chance.randrange(60)))
        call = portal.inventor.call()
        portal.publish(call)
        portal.announce(None, moment, call)
        if number % 3 == 0:
            portal.record_opening(call.key, lots=2 if number % 9 == 0 else 1)
        if number % 10 == 4:
            portal.cancel(call.key)
        if number % 12 == 5:
            portal.programmes.append(portal.inventor.programme(published))
        if number % 40 == 7:
            test = portal.inventor.of_test_organisation(moment)
            portal.announcements[test.key] = test
    return portal
