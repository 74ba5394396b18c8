"""Makes a simulated TED from invented notices of Belgian, French and Luxembourgish buyers."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from simulated_portals.be_bda.invented import Inventor
from simulated_portals.be_bda.publications import Publication
from simulated_portals.portal_clock import PortalClock
from simulated_portals.ted.french_world import french_call, french_publications
from simulated_portals.ted.portal import ZONE, TedPortal

DEFAULT_INVENTED = 400
FOREIGN_EVERY = 7
"""Of the notices that are invented for Belgium alone, one in so many is of Luxembourg instead."""


def make_portal(
    key: str = "eu_ted",
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
) -> TedPortal:
    """A portal ready to be served. The notices follow from `seed` and `invented_on` alone.

    The Belgian ones are those that the simulated Belgian portal of the same count, seed and day sends to TED: same
    notice ids, procedures and dossiers. Half as many are French.
    """
    count = DEFAULT_INVENTED if invented is None else invented
    day = invented_on or today or PortalClock(ZONE).today()
    belgian = [item for item in Inventor(seed=seed, today=day).publications(count) if item.ted]
    foreign = [item for item in Inventor(seed=seed + 7919, today=day).publications(count // FOREIGN_EVERY) if item.ted]
    french = french_publications(count // 2, seed=seed, today=day)
    publications: list[tuple[str, Publication]] = [
        *(("BEL", item) for item in belgian),
        *(("FRA", item) for item in french),
        *(("LUX", item) for item in foreign),
    ]
    return TedPortal(key, publications, today=today, invent=partial(_call, seed))


def _call(seed: int, instant: datetime, number: int) -> Publication:
    return french_call(instant, seed=seed, number=number)
