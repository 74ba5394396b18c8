"""Commands about a portal's past, a first look at it, and a new one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import click

from cli.common import fail, json_option, prepared, refused_by_system, say, sentences, show
from cli.crawling import DAY, archive_of, checked_address, ended_early, progressing, window_line
from core import clock
from core.errors import VigieError
from core.settings import Settings
from crawlers import portals
from crawlers.portals import Portal
from pipelines.requests import CrawlRequest, beyond
from store import Store
from store.archive import Archive

BACKFILL_CHUNK = 7
"""Days of one run of a backfill."""


@click.command()
@click.argument("portal")
@click.option("--from", "first", type=DAY, required=True, help="Earliest publication day.")
@click.option("--to", "last", type=DAY, help="Latest publication day, included; default: yesterday.")
@click.option("--background", is_flag=True, help="Leave it to the scheduler, between its regular crawls.")
@click.option("--base-url", help="Another address of the portal, such as a simulated one.")
@click.option("--now", "ignore_hours", is_flag=True, help="Crawl also in closed hours, and when it is paused.")
@json_option
@sentences
def backfill(
    portal: str,
    first: datetime,
    last: datetime | None,
    background: bool,
    base_url: str | None,
    ignore_hours: bool,
    as_json: bool,
) -> None:
    """Go through the past of a portal, newest days first, a week per run. Days that are complete are left out, so a
    backfill that was interrupted goes on where it was. Days that the portal does not show any more are named.

    Exit 0 only when every day is complete.
    """
    from pipelines.backfill import plan
    from pipelines.requests import CrawlRequest

    settings = prepared()
    definition = portals.load(portal)
    checked_address(base_url)
    start, end = first.date(), last.date() if last else definition.today(clock.now()) - timedelta(days=1)
    if start > end:
        raise VigieError(f"The first day, {start}, is after the last one, {end}.")
    if end > definition.today(clock.now()):
        raise VigieError(f"{end} is still to come; a day that was read too early would count as complete.")
    if background and last:
        raise VigieError("In the background the scheduler goes back from yesterday; --to is for a backfill run here.")
    if background and portal not in portals.enabled(settings):
        raise VigieError(f"The scheduler leaves {portal} alone, which the settings do not enable.")
    asked, start = start, shown_from(definition, start, end)
    with Store.open(settings) as store, archive_of(settings, store) as archive:
        if background:
            plan(store, definition, start)
            say(f"The scheduler goes back to {start}, between its regular crawls; `vigie status` shows how far it is.")
            return
        for days in reversed(range(0, (end - start).days + 1, BACKFILL_CHUNK)):
            since = start + timedelta(days=days)
            until = min(end, since + timedelta(days=BACKFILL_CHUNK - 1))
            if not store.windows.coverage(portal, since, until + timedelta(days=1)).missing:
                continue
            request = CrawlRequest.missing_days(
                portal, since, until, base_url=base_url, ignore_closed_hours=ignore_hours
            )
            if not crawled(request, settings, store, archive, as_json=as_json):
                break
        coverage = store.windows.coverage(portal, asked, end + timedelta(days=1))
    say(f"{coverage.covered_days} of {coverage.total_days} days from {asked} to {end} are complete.")
    if coverage.missing:
        fail()


def shown_from(portal: Portal, start: date, end: date) -> date:
    """The first day of a backfill that the portal still shows; says so where that is a later one than was asked for."""
    reach = portal.reaches_back_to(portal.today(clock.now()))
    if reach is None or start >= reach:
        return start
    told = beyond(portal, start, min(reach, end + timedelta(days=1)))
    if end < reach:
        raise VigieError(told)
    say(told)
    return reach


def crawled(request: CrawlRequest, settings: Settings, store: Store, archive: Archive, *, as_json: bool) -> bool:
    """Crawl what is missing of a stretch of days; whether the next stretch may begin."""
    from monitoring.incidents import judge
    from pipelines.crawl import run
    from pipelines.opening import PortalClosed

    try:
        report = run(request, settings, store, archive, progressing())
    except PortalClosed as closed:
        raise VigieError(f"{closed} --now crawls all the same; what was done is kept.") from closed
    judge(store, report.run)
    show(report.windows, as_json=as_json, line=window_line)
    return not ended_early(report)


@click.command()
@click.argument("portal")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where the pages go [a new one].")
@click.option("--from", "day", type=DAY, help="A publication day to ask for, instead of what is open.")
@click.option("--requests", default=10, show_default=True, type=click.IntRange(1, 50), help="Requests at most.")
@click.option("--notices", default=2, show_default=True, type=click.IntRange(1, 20), help="Notices to look at.")
@click.option("--base-url", help="Another address of the portal, such as a simulated one.")
@json_option
@sentences
def probe(
    portal: str,
    folder: Path | None,
    day: datetime | None,
    requests: int,
    notices: int,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Look at a live portal for the first time: few polite requests, every page saved, nothing stored.

    Says of every expectation whether it held, and proposes golden files. Exit 1 when one did not hold.
    """
    from crawlers.contract import Window
    from pipelines.opening import PortalPaused
    from pipelines.probe import run

    settings = prepared()
    portals.load(portal)  # refuses one that does not exist before there is a store
    checked_address(base_url)
    place = folder or settings.data_dir / "probes" / f"{portal}-{clock.now():%Y%m%dT%H%M%S}"
    window = Window.day(day.date()) if day else None
    with Store.open(settings) as store:
        try:
            report = run(
                portal, settings, store, place, base_url=base_url, window=window, requests=requests, notices=notices
            )
        except PortalPaused as paused:
            raise VigieError(f"{paused} `vigie resume {portal}` ends that.") from paused
        except OSError as error:
            raise VigieError(f"{place}: cannot be written: {refused_by_system(error)}") from error
    if as_json:
        click.echo(report.model_dump_json())
    else:
        for finding in report.findings:
            mark = {True: "held", False: "NOT HELD", None: "look"}[finding.held]
            click.echo(f"{mark:>8}  {finding.what}" + (f": {finding.detail}" if finding.detail else ""))
        say(f"{report.requests} requests; {len(report.pages)} pages and {len(report.proposals)} proposals in {place}.")
    if not report.held:
        fail()


@click.command("new-portal")
@click.argument("key")
@click.option("--engine", help="Software that Vigie knows; without it, spider and parser are begun too.")
@click.option("--name", required=True, help="Name for people.")
@click.option("--base-url", required=True, help="Address of the portal.")
@click.option("--country", required=True, help="ISO 3166-1 alpha-2.")
@click.option("--zone", required=True, help="Time zone, such as Europe/Paris.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Elsewhere than among the portals.")
@sentences
def new_portal(
    key: str, engine: str | None, name: str, base_url: str, country: str, zone: str, folder: Path | None
) -> None:
    """Begin the folder of a new portal."""
    from crawlers.new_portal import PORTALS, write

    checked_address(base_url)
    try:
        written = write(
            key, name=name, base_url=base_url, country=country, zone=zone, engine=engine, folder=folder or PORTALS
        )
    except OSError as error:
        raise VigieError(f"The folder cannot be written: {error.strerror}; --folder chooses another one.") from error
    for path in written:
        click.echo(str(path))
    say(f"Next: read docs/adding-a-portal.md, fill what says *not read yet*, and run `vigie probe {key}`.")
