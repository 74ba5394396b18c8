"""The `vigie` command. Thin: it reads arguments, calls a room, and prints."""

from __future__ import annotations

import click

from cli import (
    alerting,
    archiving,
    backups,
    crawling,
    health,
    indexing,
    looking,
    pausing,
    procedures,
    searching,
    serving,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Watch public procurement portals and tell people when a tender fits."""


for command in (
    serving.up, serving.web, serving.scheduler, serving.worker, serving.mailbox, serving.show_settings,
    health.health, serving.status, serving.runs, serving.incidents, serving.jobs,
    searching.search, searching.export, indexing.index, indexing.reindex, indexing.matching,
    crawling.crawl, crawling.parse, crawling.quarantine, crawling.replay, archiving.archive,
    looking.backfill, looking.probe, looking.new_portal, pausing.pause, pausing.resume,
    backups.backup, backups.restore, backups.migrate_store,
    procedures.procedures,
    alerting.profile, alerting.digest, alerting.outbox,
):  # fmt: skip
    main.add_command(command)
