"""Commands about crawls, payloads and what could not be read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from cli.common import fail, json_option, known_portal, prepared, say, sentences, show
from core import clock
from core.errors import VigieError
from core.settings import Settings, load_settings
from crawlers import portals
from pipelines.services import Progress
from store import Store
from store.archive import Archive
from store.records import RunPurpose, RunState, Verdict, WindowRecord

if TYPE_CHECKING:
    from crawlers.portals import Portal
    from pipelines.crawl import CrawlReport
    from pipelines.requests import CrawlRequest

DAY = click.DateTime(["%Y-%m-%d"])


@contextmanager
def archive_of(settings: Settings, store: Store) -> Iterator[Archive]:
    """The raw archive of an installation; what could not be moved to it at the end is told to the store."""
    from monitoring import spools

    archive = Archive.open(settings, store.payloads)
    try:
        with archive:
            yield archive
    finally:
        spools.note(store, archive, settings.spool_dir)


def window_line(window: WindowRecord) -> str:
    """One window in a line for people."""
    days = "open now" if window.start is None else str(window.start)
    announced = "an unknown number" if window.announced is None else window.announced
    told = f"{days}: {window.verdict}, announced {announced}, stored {window.stored}"
    told += f", quarantined {window.quarantined}" if window.quarantined else ""
    told += f", {window.missing} missing" if window.missing else ""
    return told + (f" · {window.reason}" if window.reason else "")


@click.command()
@click.argument("portal")
@click.option("--from", "first", type=DAY, help="First publication day.")
@click.option("--to", "last", type=DAY, help="Last publication day, included; default: today.")
@click.option("--open", "open_now", is_flag=True, help="What is open now, whenever it was published.")
@click.option("--base-url", help="Another address of the portal, such as a simulated one.")
@click.option("--now", "ignore_hours", is_flag=True, help="Crawl also in closed hours, and when it is paused.")
@click.option("--scheduled", is_flag=True, hidden=True, help="Asked for by the scheduler.")
@click.option("--tied", is_flag=True, hidden=True, help="End when standard input ends: see scheduler.lifeline.")
@click.option("--job", type=int, hidden=True, help="End when this job is cancelled.")
@click.option("--purpose", type=click.Choice([item.value for item in RunPurpose]), default="manual", hidden=True)
@json_option
@sentences
def crawl(
    portal: str,
    first: datetime | None,
    last: datetime | None,
    open_now: bool,
    base_url: str | None,
    ignore_hours: bool,
    scheduled: bool,
    tied: bool,
    job: int | None,
    purpose: str,
    as_json: bool,
) -> None:
    """Crawl a portal: the days given, else everything since the last complete day.

    The first crawl begins with what is open now. Exit 0 only when every window is complete.
    """
    from monitoring.incidents import judge
    from pipelines.crawl import run
    from pipelines.opening import PortalClosed
    from pipelines.requests import CrawlRequest
    from scheduler import lifeline

    settings = prepared()
    if tied:
        lifeline.tie()
    definition = portals.load(portal)
    checked_address(base_url)
    complete = True
    with Store.open(settings) as store, archive_of(settings, store) as archive:
        if first is not None:
            end = last.date() if last else definition.today(clock.now())
            if first.date() > end:
                raise VigieError(f"The first day, {first.date()}, is after the last one, {end}.")
            requests = [CrawlRequest.of_days(portal, first.date(), end, purpose=RunPurpose(purpose))]
        elif last is not None:
            raise VigieError("--to needs --from.")
        else:
            requests = regular(definition, open_now=open_now, never=never_crawled(store, portal))
        for request in requests:
            asked = request.model_copy(update={"base_url": base_url, "ignore_closed_hours": ignore_hours, "job": job})
            try:
                report = run(asked, settings, store, archive, progressing())
            except PortalClosed as closed:
                if not scheduled:
                    raise VigieError(f"{closed} --now crawls all the same.") from closed
                say(str(closed))
                return
            judge(store, report.run)
            complete = complete and report.complete
            show(report.windows, as_json=as_json, line=window_line)
            if report.run.message:
                say(report.run.message)
            if ended_early(report):
                complete = False
                break
    if not complete:
        fail()


def regular(portal: Portal, *, open_now: bool, never: bool) -> list[CrawlRequest]:
    """What a crawl without days looks at: first what is open, then the days since the last complete one.

    A portal that can be asked for one of them only is asked for it once.
    """
    from pipelines.requests import CrawlRequest

    first = [CrawlRequest.open_calls(portal.key)] if open_now or never else []
    if len(portal.scopes) == 1:
        return first or [CrawlRequest.catch_up(portal.key)]
    return first if open_now else [*first, CrawlRequest.catch_up(portal.key)]


def ended_early(report: CrawlReport) -> bool:
    """Whether a crawl was told to stop, or broke down, before all its windows had a verdict: what follows waits too."""
    return report.stopped or (report.run.state is RunState.FAILED and len(report.windows) < report.planned)


def checked_address(base_url: str | None) -> None:
    """Refuse an address that no crawler can ask, before a run begins."""
    if base_url and urlsplit(base_url).scheme not in ("http", "https"):
        raise VigieError(f"--base-url {base_url}: an address begins with http:// or https://.")


def progressing() -> Callable[[Progress], None]:
    """Tell on stderr how far a crawl is: in place on a terminal, in nothing but the windows' lines elsewhere."""
    if not sys.stderr.isatty():
        return lambda progress: None

    def tell(progress: Progress) -> None:
        counts = progress.counts
        line = f"{progress.windows_done}/{progress.windows_total} windows, {counts.listed} listed, {counts.new} new, "
        click.echo(f"\r{line}{counts.changed} changed, {counts.requests} requests\033[K", err=True, nl=False)
        if progress.windows_done == progress.windows_total:
            click.echo("", err=True)

    return tell


def never_crawled(store: Store, portal: str) -> bool:
    """Whether what is open has never been crawled completely."""
    latest = store.windows.latest_open(portal)
    return latest is None or latest.verdict is not Verdict.COMPLETE


@click.command()
@click.argument("portal")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "form", help="The form in which the files come; told by their content otherwise.")
@click.option("--unread", is_flag=True, help="Tell on stderr which elements no reader consumed.")
@click.option("--coverage", is_flag=True, help="Print a table of field coverage instead of the notices.")
@sentences
def parse(portal: str, files: tuple[Path, ...], form: str | None, unread: bool, coverage: bool) -> None:
    """Read raw payloads from files and print one JSON notice per line; exit 1 when a file cannot be read."""
    from notices.coverage import coverage_table, field_coverage
    from pipelines.files import parse_files

    failed: set[Path] = set()
    notices = []
    for parsed in parse_files(portal, files, load_settings().crawl, form):
        if parsed.reading is None:
            failed.add(parsed.path)
            say(parsed.problem or f"{parsed.path}: cannot be read.")
            continue
        if coverage:
            notices.append(parsed.reading.notice)
        else:
            click.echo(parsed.reading.notice.model_dump_json())
        for element in parsed.reading.unread if unread else ():
            say(f"{parsed.path}: not read: {element.path} ({element.count})")
    if coverage:
        title = f"Field coverage of {portal}"
        source = f"{len(notices)} notices of {len(files)} files read with `vigie parse {portal} --coverage`"
        click.echo(coverage_table(field_coverage(notices), title=title, source=source))
    if failed:
        say(f"{len(failed)} of {len(files)} files could not be read.")
        fail()


@click.group()
def quarantine() -> None:
    """What could not be read, kept until it can."""


@quarantine.command("list")
@click.argument("portal", required=False)
@json_option
@sentences
def quarantine_list(portal: str | None, as_json: bool) -> None:
    """List held payloads with the reason."""
    with Store.open(prepared()) as store:
        held = store.quarantine.held(known_portal(portal))
    show(
        held,
        as_json=as_json,
        line=lambda item: f"{item.id}  {item.portal}:{item.native_id}  {item.path or '-'}  {item.reason}",
    )


@quarantine.command("replay")
@click.argument("portal", required=False)
@click.option("--id", "ids", multiple=True, type=int, help="Only this entry; may be given several times.")
@sentences
def quarantine_replay(portal: str | None, ids: tuple[int, ...]) -> None:
    """Read what is held again; what can be read now is stored, and new to everyone."""
    from pipelines.quarantine import replay as release

    settings = prepared()
    with Store.open(settings) as store, archive_of(settings, store) as archive:
        report = release(settings, store, archive, portal=known_portal(portal), ids=ids)
    for outcome in report.released:
        click.echo(f"{outcome.notice_id}: {outcome.status}")
    for held in report.still_held:
        say(f"{held.entry.portal}:{held.entry.native_id}: still held: {held.reason}")
    say(f"{len(report.released)} released, {len(report.still_held)} still held.")
    if report.still_held:
        fail()


@quarantine.command("discard")
@click.argument("entry_id", type=int)
@sentences
def quarantine_discard(entry_id: int) -> None:
    """Give an entry up: it is no notice. Its payload stays in the archive."""
    from pipelines.quarantine import discard

    with Store.open(prepared()) as store:
        entry = discard(store, entry_id)
    say(f"{entry.portal}:{entry.native_id} is discarded.")


@click.command()
@click.argument("portal", required=False)
@click.option("--notice", "notice_id", help="Only this notice.")
@click.option("--run", "run_id", help="Only the payloads of this crawl.")
@click.option("--write", is_flag=True, help="Write the revisions; without it, only the report.")
@json_option
@sentences
def replay(portal: str | None, notice_id: str | None, run_id: str | None, write: bool, as_json: bool) -> None:
    """Run today's parser over archived payloads and tell what differs; nobody is alerted."""
    from pipelines.replay import run

    settings = prepared()
    with Store.open(settings) as store, archive_of(settings, store) as archive:
        portal = known_portal(portal)
        report = run(settings, store, archive, portal=portal, notice_id=notice_id, run_id=run_id, dry_run=not write)
    if as_json:
        click.echo(report.model_dump_json())
    else:
        for found in report.differences:
            click.echo(f"{found.notice_id} version {found.version}: {', '.join(c.path for c in found.changes)}")
    for refusal in report.refusals:
        say(f"{refusal.notice_id} version {refusal.version}: {refusal.reason}")
    say(
        f"{report.read} payloads read: {report.same} same, {report.different} different, {report.refused} refused; "
        + (f"{report.revised} revised." if write else "nothing written (--write does).")
    )
    if report.refused or ((notice_id or run_id) and not report.read):
        fail()
