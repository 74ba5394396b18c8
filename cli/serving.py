"""Commands that run processes and tell how they are."""

from __future__ import annotations

import click

from cli.common import (
    fail,
    json_option,
    known_portal,
    prepared,
    say,
    sentences,
    show,
)
from core.errors import ConfigurationError, VigieError
from core.settings import Settings, listed
from store import Store
from store.jobs import JobRecord, JobState


@click.command()
@click.option("--demo", is_flag=True, help="Serve the demonstration, whatever portals answer.")
@sentences
def up(demo: bool) -> None:
    """Serve everything on this machine: site, crawls, index, mails."""
    from scheduler.up import up as serve_all
    from web.security import refuse_open_binding

    settings = prepared()
    refuse_open_binding(settings)
    serve_all(settings, click.echo, demo=demo)


@click.command()
@sentences
def web() -> None:
    """Serve the site alone."""
    from web.serve import run

    run(prepared())


@click.command()
@click.option("--wait-for", "addresses", multiple=True, metavar="HOST:PORT", help="Start when these answer.")
@sentences
def scheduler(addresses: tuple[str, ...]) -> None:
    """Fire crawls and digests."""
    from scheduler.workers import run_scheduler

    run_scheduler(prepared(), [_host_and_port(address) for address in addresses])


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise click.BadParameter(f"{address} is no HOST:PORT", param_hint="--wait-for")
    return host, int(port)


@click.command()
@click.option("--queues", required=True, help="Of crawl, index, match, digest, deliver, export, maintain: with commas.")
@click.option("--until-empty", is_flag=True, help="End when nothing is waiting.")
@sentences
def worker(queues: str, until_empty: bool) -> None:
    """Serve queues."""
    from scheduler.workers import Queue, run_worker

    wanted = [name.strip() for name in queues.split(",") if name.strip()]
    if unknown := set(wanted) - set(Queue):
        raise click.BadParameter(f"no such queue: {', '.join(sorted(unknown))}", param_hint="--queues")
    run_worker(prepared(), [Queue(name) for name in wanted], until_empty=until_empty)


@click.command()
@sentences
def mailbox() -> None:
    """Run the demonstration's local mail server."""
    from alerts.mailbox import run_sink

    run_sink(prepared())


@click.command("settings")
@json_option
@sentences
def show_settings(as_json: bool) -> None:
    """List every setting with its value; secrets are masked."""
    values = [{"setting": name, "value": value} for name, value in listed(prepared()).items()]
    show(values, as_json=as_json, line=lambda item: f"{item['setting']} = {item['value']}")


@click.command()
@json_option
@sentences
def status(as_json: bool) -> None:
    """Say how sources, queues, mails and incidents are; exit 1 when something needs a person."""
    from crawlers import portals
    from monitoring.status import status as read_status

    settings = prepared()
    with Store.open(settings) as store:
        state = read_status(store, keys=portals.enabled(settings))
    if as_json:
        click.echo(state.model_dump_json())
    else:
        for source in state.sources:
            click.echo(source.sentence(settings.language))
        click.echo(f"notices {state.notices} · profiles {state.profiles} · quarantine {state.quarantined}")
        click.echo(f"waiting: index {state.index_queue.depth}, match {state.match_queue.depth}")
        click.echo("mails: " + (", ".join(f"{name} {n}" for name, n in state.outbox.items()) or "none"))
        for incident in state.incidents:
            click.echo(f"! {incident.kind}: {incident.message} (since {incident.opened_at:%Y-%m-%d %H:%M} UTC)")
    if not state.well:
        fail()


@click.command()
@click.argument("portal", required=False)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1))
@json_option
@sentences
def runs(portal: str | None, limit: int, as_json: bool) -> None:
    """List the latest crawls."""
    with Store.open(prepared()) as store:
        found = store.runs.recent(known_portal(portal), limit=limit)
    show(
        found,
        as_json=as_json,
        line=lambda run: (
            f"{run.started_at:%Y-%m-%d %H:%M} UTC {run.portal} {run.purpose} {run.state}: "
            f"announced {run.counts.announced}, "
            f"new {run.counts.new}, changed {run.counts.changed}, quarantined {run.counts.quarantined}, "
            f"requests {run.counts.requests}{' · ' + run.message if run.message else ''}"
        ),
    )


@click.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1))
@json_option
@sentences
def incidents(limit: int, as_json: bool) -> None:
    """List incidents, the latest first."""
    with Store.open(prepared()) as store:
        found = store.incidents.recent(limit)
    show(
        found,
        as_json=as_json,
        line=lambda item: (
            f"{item.opened_at:%Y-%m-%d %H:%M} UTC {'closed' if item.closed_at else 'OPEN'} {item.kind}: {item.message}"
        ),
    )


@click.group()
def jobs() -> None:
    """What waits for the workers of many machines, and what they do now."""


@jobs.command("list")
@click.argument("queue", required=False)
@click.option("--given-up", is_flag=True, help="What failed for good or was cancelled lately, instead.")
@json_option
@sentences
def jobs_list(queue: str | None, given_up: bool, as_json: bool) -> None:
    """List what runs and what waits, in the order in which it comes."""
    settings = _distributed()
    with Store.open(settings) as store:
        found = (store.jobs.given_up if given_up else store.jobs.unfinished)(queues=(queue,) if queue else ())
    show(found, as_json=as_json, line=_job_line)


@jobs.command("cancel")
@click.argument("job_id", type=int)
@sentences
def jobs_cancel(job_id: int) -> None:
    """Drop a job that waits, or end it where it runs; a crawl keeps what it has.

    Of an export that was given up, it ends the incident.
    """
    from monitoring import exports
    from scheduler.distributed import DistributedDispatch

    with Store.open(_distributed()) as store:
        if not DistributedDispatch(store).cancel_job(job_id) and not exports.drop(store, job_id):
            raise VigieError(f"No job {job_id} waits or runs; `vigie jobs list` names those that do.")
    say(f"Job {job_id} is cancelled.")


def _distributed() -> Settings:
    from scheduler.dispatch import is_distributed

    settings = prepared()
    if not is_distributed(settings):
        raise ConfigurationError("There are no jobs on one machine: setting dispatch.engine is local.")
    return settings


def _job_line(job: JobRecord) -> str:
    about = " ".join(str(value) for value in job.arguments.values())
    tried = f", tried {job.attempts} times" if job.attempts else ""
    waits = job.state is JobState.WAITING
    later = f", not before {job.not_before:%Y-%m-%d %H:%M:%S} UTC" if job.not_before and waits else ""
    state = f"runs at worker {job.worker}" if job.runs else "waits" if waits else job.state.value
    return f"{job.id}  {job.queue}  {job.task} {about}".rstrip() + f": {state}{tried}{later}"
