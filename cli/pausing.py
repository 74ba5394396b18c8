"""Commands that keep a portal from being crawled, and let it be crawled again."""

from __future__ import annotations

import getpass
from datetime import datetime

import click

from cli.common import fail, prepared, say, sentences
from core import clock
from crawlers import portals
from pipelines import pauses
from store import Store


@click.command()
@click.argument("portal")
@click.option("--reason", required=True, help="Shown on the sources page and in mails to those whom the portal feeds.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="Ends by itself at this day or moment, in the portal's zone; default: when it is resumed.",
)
@click.option("--by", help="Who pauses it; shown to operators. Default: the name of this user.")
@sentences
def pause(portal: str, reason: str, until: datetime | None, by: str | None) -> None:
    """Crawl a portal no more until it is resumed; a crawl that runs ends after what is in hand."""
    definition = portals.load(portal)
    end = until.replace(tzinfo=definition.clock) if until else None
    with Store.open(prepared()) as store:
        made = pauses.pause(store, portal, reason, by or _this_user(), end)
        running = [run for run in store.runs.recent(portal, limit=5) if run.ended_at is None]
    told = f" until {end:%Y-%m-%d %H:%M %Z}" if end else f"; `vigie resume {portal}` goes on"
    say(f"{portal} is paused since {made.since.astimezone(definition.clock):%Y-%m-%d %H:%M}{told}.")
    if running:
        say("A crawl of it runs and ends within seconds, after what it has in hand.")


@click.command()
@click.argument("portal")
@sentences
def resume(portal: str) -> None:
    """Crawl a portal again; the first crawl catches up on what the pause left out."""
    from scheduler.distributed import is_distributed
    from scheduler.orders import Order
    from scheduler.workers import dispatch_of

    definition = portals.load(portal)
    settings = prepared()
    with Store.open(settings) as store:
        ended = pauses.resume(store, portal)
        if ended is not None and portal in portals.enabled(settings) and is_distributed(settings):
            dispatch_of(settings, store).ask(Order.crawl(portal))  # a local scheduler sees by itself that it may again
    if ended is None:
        say(f"{portal} is not paused.")
        fail()
        return
    lasted = clock.now() - ended.since
    since = f"{ended.since.astimezone(definition.clock):%Y-%m-%d %H:%M}"
    say(f"{portal} is resumed; it was paused since {since} ({lasted.days} days): {ended.reason}")


def _this_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container runs as a number that has no name
        return "an operator"
