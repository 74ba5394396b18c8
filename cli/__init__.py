"""The `vigie` command. Thin: it reads arguments, calls a room, and prints."""

from __future__ import annotations

import click

from cli import alerting, crawling, looking, searching, serving


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Watch public procurement portals and tell people when a tender fits."""


for command in (
    serving.up, serving.web, serving.scheduler, serving.worker, serving.mailbox, serving.show_settings,
    serving.status, serving.runs, serving.incidents,
    searching.search, searching.export, searching.reindex,
    crawling.crawl, crawling.parse, crawling.quarantine, crawling.replay,
    looking.backfill, looking.probe, looking.new_portal,
    alerting.profile, alerting.digest, alerting.outbox,
):  # fmt: skip
    main.add_command(command)
