"""Makes a simulated Belgian portal from real samples, from invented notices or from both, and runs it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from simulated_portals.be_bda.invented import Inventor
from simulated_portals.be_bda.portal import ZONE, BeBdaPortal
from simulated_portals.be_bda.publications import Publication
from simulated_portals.be_bda.samples import read_samples
from simulated_portals.portal_clock import PortalClock
from simulated_portals.running import repeating, serve

DEFAULT_INVENTED = 400


def make_portal(
    key: str = "be_bda",
    *,
    samples: Path | None = None,
    invented: int | None = None,
    seed: int = 1,
    today: date | None = None,
    invented_on: date | None = None,
    largest_page: int = 100,
    token_lifetime_seconds: int = 300,
) -> BeBdaPortal:
    """A portal ready to be served. `key` is there for the registry: this folder simulates one portal.

    `samples` is a folder `YYYY-MM-DD/<workspace id>.xml` of real notices. `invented` notices (400 when there are no
    samples, else none) follow from `seed` and `invented_on` alone (default: `today`, the day on which the portal
    lives), so that a portal started again on a later day still has the same ones. Raises `ValueError` when the samples
    cannot be read.
    """
    wanted = invented if invented is not None else (0 if samples else DEFAULT_INVENTED)
    inventor = Inventor(seed=seed, today=invented_on or today or PortalClock(ZONE).today())
    publications: tuple[Publication, ...] = read_samples(samples) if samples else ()
    return BeBdaPortal(
        publications + inventor.publications(wanted),
        today=today,
        largest_page=largest_page,
        token_lifetime_seconds=token_lifetime_seconds,
        invent=inventor.call_published_at,
    )


@click.command(name="be_bda")
@click.option("--port", default=0, show_default=True, help="Loopback port; 0 takes a free one.")
@click.option(
    "--samples",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of real notices, YYYY-MM-DD/<workspace id>.xml.",
)
@click.option("--invented", type=click.IntRange(0), help="How many invented notices [400, or 0 with --samples].")
@click.option("--seed", default=1, show_default=True, help="Invented notices follow from the seed and the day.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the portal lives [the present one].")
@click.option(
    "--invented-on", type=click.DateTime(["%Y-%m-%d"]), help="The day that invented notices are dated around."
)
@click.option(
    "--publish-every", default=0.0, show_default=True, help="Seconds between two pieces of news; 0 means none."
)
@click.option("--largest-page", default=100, show_default=True, help="Rows at most on a page, whatever is asked for.")
@click.option("--token-seconds", default=300, show_default=True, help="How long a token lives.")
def be_bda(
    port: int,
    samples: Path | None,
    invented: int | None,
    seed: int,
    today: datetime | None,
    invented_on: datetime | None,
    publish_every: float,
    largest_page: int,
    token_seconds: int,
) -> None:
    """The Belgian federal portal (BDA), simulated. Prints one line with its address when it answers."""
    try:
        portal = make_portal(
            samples=samples,
            invented=invented,
            seed=seed,
            today=today.date() if today else None,
            invented_on=invented_on.date() if invented_on else None,
            largest_page=largest_page,
            token_lifetime_seconds=token_seconds,
        )
        with repeating(publish_every, portal.make_news):
            serve(portal, port, lambda base_url: click.echo(f"be_bda {base_url}"))
    except (ValueError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
