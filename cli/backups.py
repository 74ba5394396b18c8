"""Commands that copy an installation and bring it back, and that move its store to another engine."""

from __future__ import annotations

from pathlib import Path

import click

from cli.common import fail, prepared, say, sentences
from core import clock
from core.errors import VigieError
from core.settings import Settings
from store import Store


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--payloads", is_flag=True, help="Copy the raw archive as well, not only the list of its segments.")
@click.option("--key", is_flag=True, help="Copy the key that signs links in mails; keep such a backup as a secret.")
@sentences
def backup(folder: Path, payloads: bool, key: bool) -> None:
    """Copy the installation into a new FOLDER, while everything runs."""
    from store.backup import make

    settings = prepared()
    with Store.open(settings) as store:
        manifest = make(settings, store, folder, say, payloads=payloads, key=key)
    if not manifest.has_key:
        say("The signing key is not in the backup, and links in sent mails do not work without it (--key copies it).")
    if not manifest.has_payloads:
        say(f"The archive has {manifest.segments} segments, which are listed and not copied (--payloads copies them).")
    say(f"{folder} is whole.")
    if manifest.missing_segments:
        say(
            f"{manifest.missing_segments} segments that the store names cannot be reached from here; "
            "`vigie archive check` names them."
        )
        fail()


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@sentences
def restore(folder: Path) -> None:
    """Fill a new installation from the backup in FOLDER. Refuses a store that holds anything."""
    from store.backup import restore as bring_back

    settings = prepared()
    refuse_while_running(settings)
    with Store(settings.database, settings.postgresql) as target:
        refuse_while_used(target)
    manifest = bring_back(settings, folder, say)
    say(f"{manifest.rows.get('notices', 0)} notices and {manifest.rows.get('profiles', 0)} profiles are back.")
    say(
        f"What happened after {manifest.made_at:%Y-%m-%d %H:%M} UTC is not known to this store: the next crawls read "
        "it again, and mails about it may come a second time."
    )


@click.command("migrate-store")
@click.option("--to", "url", required=True, metavar="URL", help="Database to fill: sqlite:///file or postgresql://...")
@click.option("--afresh", is_flag=True, help="Begin anew instead of going on where an interrupted move was.")
@sentences
def migrate_store(url: str, afresh: bool) -> None:
    """Copy the whole store into another, empty one, between SQLite and PostgreSQL in either direction.

    Stop Vigie first: nothing may write meanwhile. The store that is in force is not changed; set VIGIE_DATABASE_URL
    when the copy is done.
    """
    from store.moving import move

    settings = prepared()
    refuse_while_running(settings)
    with Store.open(settings) as source:
        refuse_while_used(source)
        with Store(url, settings.postgresql) as target:
            report = move(source, target, say, afresh=afresh)
            printed = target.database.printed
    say(f"{report.rows} rows of {report.tables} tables are equal in both. Set VIGIE_DATABASE_URL to {printed}.")


def refuse_while_running(settings: Settings) -> None:
    """Raise when a process of this installation runs on this machine."""
    from monitoring.heartbeats import of_this_machine

    if alive := [beat for beat in of_this_machine(settings.data_dir) if beat.fresh(clock.now())]:
        raise VigieError(f"A {alive[0].role} of Vigie runs here (process {alive[0].pid}); stop it first.")


def refuse_while_used(store: Store) -> None:
    """Raise when a process on any machine beats in this store; one without tables has none."""
    from monitoring.heartbeats import beats
    from store import migrate

    if not migrate.has_tables(store.database):
        return
    if alive := [beat for beat in beats(store) if beat.fresh(clock.now())]:
        raise VigieError(
            f"A {alive[0].role} of Vigie runs on {alive[0].host} (process {alive[0].pid}); stop it first, or wait a "
            "minute if it was killed."
        )
