"""Makes a simulated portal of French award data from invented contracts."""

from __future__ import annotations

from datetime import date

from simulated_portals.decp.invented import Inventor
from simulated_portals.decp.portal import ZONE, DecpPortal
from simulated_portals.portal_clock import PortalClock

DEFAULT_INVENTED = 200
KEY = "fr_decp"


def make_portal(
    key: str = KEY,
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
    longest: int = 10_000,
) -> DecpPortal:
    """A portal ready to be served; invented contracts (200) follow from `seed` and `invented_on` alone.

    `longest` is how many lines of one list it serves. `ValueError` for another key than `fr_decp`.
    """
    if key != KEY:
        raise ValueError(f"this simulator is {KEY}, not {key}")
    inventor = Inventor(seed, invented_on or today or PortalClock(ZONE).today())
    contracts = inventor.contracts(DEFAULT_INVENTED if invented is None else invented)
    return DecpPortal(contracts, today=today, longest=longest, invent=inventor.one)
