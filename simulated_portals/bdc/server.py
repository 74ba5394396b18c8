"""Makes a simulated portal of purchase orders with invented content, and runs it."""

from __future__ import annotations

from datetime import date, datetime

import click

from simulated_portals.bdc.invented import Inventor, natures
from simulated_portals.bdc.portal import ZONE, BdcPortal
from simulated_portals.portal_clock import PortalClock
from simulated_portals.running import repeating, serve

KEYS = ("ma_bdc", "ma_bdc_results")
DEFAULT_INVENTED = 400


def make_portal(
    key: str = "ma_bdc",
    *,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
) -> BdcPortal:
    """A portal ready to be served, with so many invented notices and as many results (400 by default).

    They follow from `seed` and `invented_on` alone (default: `today`, the day on which the portal lives). Raises
    `ValueError` for a key that is none of the portal's.
    """
    if key not in KEYS:
        raise ValueError(f"this portal is {' and '.join(KEYS)}, not {key}")
    wanted = DEFAULT_INVENTED if invented is None else invented
    inventor = Inventor(seed=seed, day=invented_on or today or PortalClock(ZONE).today())
    return BdcPortal(
        key,
        inventor.orders(wanted),
        inventor.results(wanted),
        natures=natures(),
        today=today,
        invent_order=inventor.order_at,
        invent_result=inventor.result_at,
    )


@click.command(name="bdc")
@click.option("--port", default=0, show_default=True, help="Loopback port; 0 takes a free one.")
@click.option("--invented", type=click.IntRange(0), default=DEFAULT_INVENTED, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Invented notices follow from the seed and the day.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the portal lives [the present one].")
@click.option(
    "--invented-on", type=click.DateTime(["%Y-%m-%d"]), help="The day that invented notices are dated around."
)
@click.option(
    "--publish-every", default=0.0, show_default=True, help="Seconds between two pieces of news; 0 means none."
)
def bdc(
    port: int, invented: int, seed: int, today: datetime | None, invented_on: datetime | None, publish_every: float
) -> None:
    """Morocco's purchase orders and their results, simulated. Prints one line with its address when it answers."""
    try:
        portal = make_portal(
            invented=invented,
            seed=seed,
            today=today.date() if today else None,
            invented_on=invented_on.date() if invented_on else None,
        )
        with repeating(publish_every, portal.make_news):
            serve(portal, port, lambda base_url: click.echo(f"ma_bdc {base_url}"))
    except (ValueError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
