"""Makes a simulated Moroccan Atexo portal from invented consultations."""

from __future__ import annotations

from datetime import date

from simulated_portals.atexo_ma.consultations import Consultation
from simulated_portals.atexo_ma.invented import Inventor
from simulated_portals.atexo_ma.portal import ZONE, AtexoMaPortal
from simulated_portals.portal_clock import PortalClock

DEFAULT_INVENTED = 200


def make_portal(
    key: str = "ma_pmmp",
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
    consultations: tuple[Consultation, ...] = (),
) -> AtexoMaPortal:
    """A portal ready to be served: `ma_pmmp`, `ma_cdg`, `ma_cimr` or `ma_adm`, which differ in who buys there.

    `invented` consultations (200 when none are given, else none) follow from `seed` and `invented_on` alone (default:
    `today`, the portal's day); three of four are open on that day.
    """
    wanted = invented if invented is not None else (0 if consultations else DEFAULT_INVENTED)
    inventor = Inventor(key, seed, invented_on or today or PortalClock(ZONE).today())
    made = (*consultations, *inventor.consultations(wanted))
    return AtexoMaPortal(key, made, today=today, invent=inventor.published_at)
