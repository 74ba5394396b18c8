"""Commands about the raw archive: what waits to be moved to it, and whether what the store names is there."""

from __future__ import annotations

from pathlib import Path

import click

from cli.common import fail, json_option, prepared, say, sentences, show
from store import Archive, Store


@click.group()
def archive() -> None:
    """The archive of raw payloads."""


@archive.command("status")
@json_option
@sentences
def archive_status(as_json: bool) -> None:
    """Say whether the archive answers, and on which machines segments wait for it; exit 1 when it does not."""
    from monitoring.spools import spools
    from store.remote import RemoteError

    settings = prepared()
    trouble = None
    with Store.open(settings) as store:
        opened = Archive.open(settings, reading=True)
        try:
            opened.remote.check()
        except RemoteError as error:
            trouble = str(error)
        found = spools(store)
    show(found, as_json=as_json, line=lambda spool: spool.described)
    say(trouble or f"The archive at {opened.remote.printed} answers.")
    if trouble or any(spool.trouble for spool in found):
        fail()


@archive.command("move")
@click.option(
    "--spool",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Another machine's spool, such as the mounted disk of one that died; default: this machine's.",
)
@sentences
def archive_move(spool: Path | None) -> None:
    """Move segments that wait to the archive; exit 1 when some still wait."""
    from monitoring import spools
    from store.remote import options_of

    settings = prepared()
    with Store.open(settings) as store:
        place = spool or settings.spool_dir
        options = options_of(settings.storage, settings.archive)
        opened = Archive(settings.archive, place, store.payloads, options=options)
        opened.close()
        left = opened.waiting()
        told = spools.note(store, opened, place)
    if opened.trouble:
        say(opened.trouble)
    say(f"{len(left)} segments wait in {place} ({told.id})." if left else f"Nothing waits in {place}.")
    if left:
        fail()


@archive.command("forget")
@click.argument("spool_id")
@sentences
def archive_forget(spool_id: str) -> None:
    """Give up the segments of a machine that is lost with its disk: their notices stay, they cannot be replayed."""
    from monitoring import spools

    with Store.open(prepared()) as store:
        known = spools.forget(store, spool_id)
    say(f"{spool_id} is forgotten." if known else f"No machine with the spool {spool_id} is known.")
    if not known:
        fail()


@archive.command("check")
@json_option
@sentences
def archive_check(as_json: bool) -> None:
    """Look whether every segment that the store names is in the archive or in this machine's spool, whole.

    Exit 1 when one is missing or shorter than what the store says of it.
    """
    from store.inventory import missing_segments

    settings = prepared()
    with Store.open(settings) as store:
        missing = missing_segments(store, Archive.open(settings, reading=True), settings.spool_dir)
        named = len(store.payloads.segments())
    show(missing, as_json=as_json, line=lambda item: f"{item.segment}: {item.payloads} payloads: {item.problem}")
    say(f"{named - len(missing)} of {named} segments are there.")
    if missing:
        fail()
