"""`python -m simulated_portals`: run one simulated portal by hand, or several in one process."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from datetime import date, datetime

import click

from simulated_portals.be_bda.server import be_bda
from simulated_portals.registry import factory
from simulated_portals.running import repeating, running_portal, serve


@click.group()
def main() -> None:
    """Small servers that keep the rules of real procurement portals, on loopback only."""


main.add_command(be_bda)

_DAY = click.DateTime(["%Y-%m-%d"])


@main.command()
@click.argument("key")
@click.option("--port", default=0, show_default=True, help="Loopback port; 0 takes a free one.")
@click.option("--invented", type=click.IntRange(0), help="How many invented notices.")
@click.option("--seed", default=1, show_default=True, help="Invented notices follow from the seed and the day.")
@click.option("--today", type=_DAY, help="The day on which the portal lives [the present one].")
@click.option("--invented-on", type=_DAY, help="The day that invented notices are dated around.")
@click.option("--publish-every", default=0.0, show_default=True, help="Seconds between two pieces of news; 0: none.")
def one(
    key: str,
    port: int,
    invented: int | None,
    seed: int,
    today: datetime | None,
    invented_on: datetime | None,
    publish_every: float,
) -> None:
    """One portal, by its key. Prints one line with its address when it answers."""
    try:
        portal = factory(key)(key, invented=invented, seed=seed, today=_day(today), invented_on=_day(invented_on))
        with repeating(publish_every, portal.make_news):
            serve(portal, port, lambda base_url: click.echo(f"{key} {base_url}"))
    except (ValueError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem


@main.command()
@click.argument("portals", nargs=-1, required=True, metavar="KEY:PORT:INVENTED...")
@click.option("--invented-on", type=_DAY, help="The day that invented notices are dated around.")
@click.option("--publish-every", default=0.0, show_default=True, help="Seconds between two pieces of news of a portal.")
def together(portals: tuple[str, ...], invented_on: datetime | None, publish_every: float) -> None:
    """Several portals in one process, each from the moment it is made, until SIGINT or SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        for written in portals:
            key, port, invented = _portal_of(written)
            try:
                portal = factory(key)(key, invented=invented, invented_on=_day(invented_on))
                running = stack.enter_context(running_portal(portal, port))
                stack.enter_context(repeating(publish_every, portal.make_news))
            except (ValueError, OSError) as problem:
                raise click.ClickException(f"{key}: {problem}") from problem
            click.echo(f"{key} {running.base_url}")
            if ended.is_set():
                break
        ended.wait()


def _portal_of(written: str) -> tuple[str, int, int]:
    key, _, numbers = written.partition(":")
    port, _, invented = numbers.partition(":")
    if not (port.isdecimal() and invented.isdecimal()):
        raise click.BadParameter(f"{written} is not KEY:PORT:INVENTED.")
    return key, int(port), int(invented)


def _day(value: datetime | None) -> date | None:
    return None if value is None else value.date()


if __name__ == "__main__":
    main(prog_name="python -m simulated_portals")
