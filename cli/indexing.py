"""Commands that look after the index, and that prove what matching found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from cli.common import fail, json_option, prepared, say, sentences, show
from core import clock
from core.errors import VigieError
from core.settings import Settings
from search.caretaking import Caretaker, KeptIndex, Progress
from search.comparison import SAMPLE, Comparison
from store import Store
from store.session_locks import SessionLock

SHOWN = 20
"""Ids that are named of each kind of difference."""


@click.group()
def index() -> None:
    """Look after the search index: what there is, a new one without a gap, whether it says what the store says."""


@index.command()
@json_option
@sentences
def status(as_json: bool) -> None:
    """The indices of this installation, the one in use first."""
    settings = prepared()
    with _caretaker(settings) as caretaker, Store.open(settings) as store:
        show(caretaker.indices(), as_json=as_json, line=_line)
        say(f"{store.notices.count()} notices stored, {store.index_queue.depth()} rows wait for the index.")


@index.command()
@sentences
def create() -> None:
    """Make what is missing; what is there is left as it is. The first worker fills it from the store."""
    settings = prepared()
    with _caretaker(settings) as caretaker:
        show(caretaker.create(), as_json=False, line=_line)


@index.command()
@sentences
def reindex() -> None:
    """Fill a new index from the store while searches and workers go on, compare both, and put it in use.

    Killed, the same command goes on where it was. The index used before stays until `vigie index drop`. The embedded
    engine replaces notice by notice in the one index it has. Nobody is alerted.
    """
    settings = prepared()
    with Store.open(settings) as store, _caretaker(settings) as caretaker, _alone(store):
        done = caretaker.reindex(store, _tell)
        if done.comparison is None:
            say(f"{store.index_queue.depth()} notices queued; the index worker that runs takes them from here.")
            return
        say(f"{done.written} notices indexed.")
        say(_compared(done.comparison))
        if done.replaced is not None:
            say(f"Searches use {done.in_use} now. {done.replaced} stays until `vigie index drop {done.replaced}`.")
        if not done.comparison.agrees:
            _name_differences(done.comparison)
            fail()


@index.command()
@click.option("--sample", type=click.IntRange(min=1), default=SAMPLE, show_default=True, help="Notices to read.")
@click.option("--all", "everything", is_flag=True, help="Read every notice.")
@json_option
@sentences
def compare(sample: int, everything: bool, as_json: bool) -> None:
    """Whether the index holds every notice of the store, as the store has it; exit code 1 when not."""
    settings = prepared()
    with Store.open(settings) as store, _caretaker(settings) as caretaker:
        found = caretaker.compare(store, None if everything else sample)
    show([found], as_json=as_json, line=_compared)
    if not found.agrees:
        _name_differences(found)
        fail()


@index.command()
@click.argument("name", required=False)
@sentences
def drop(name: str | None) -> None:
    """Remove an index by its name, or all that were used before; never one in use."""
    settings = prepared()
    with _caretaker(settings) as caretaker:
        gone = caretaker.drop(name)
    say(f"Removed: {', '.join(gone)}." if gone else "There is no old index.")


@click.group()
def matching() -> None:
    """Prove what matching found."""


@matching.command("check")
@click.option("--days", type=click.IntRange(1, 366), default=1, show_default=True, help="How far to look back.")
@json_option
@sentences
def check_matching(days: int, as_json: bool) -> None:
    """Put every profile as a search to what was saved lately; name what was not told, and what should not have been.

    The scheduler does it every night. Exit code 1 when something was missed or told to the wrong profile.
    """
    from alerts import missed

    settings = prepared()
    now = clock.now()
    with Store.open(settings) as store:
        found = missed.check(store, settings, now - timedelta(days=days), now)
    show(
        [*found.missed, *found.unwanted],
        as_json=as_json,
        line=lambda one: f"{one.what}  {one.profile_id}  {one.notice_id}  version {one.version}",
    )
    say(
        f"{found.profiles} profiles put as searches to {found.notices} notices: {found.found} answers had to be hits, "
        f"{len(found.missed)} are not; {len(found.unwanted)} hits are no answers."
    )
    if found.missed or found.unwanted:
        fail()


@contextmanager
def _caretaker(settings: Settings) -> Iterator[Caretaker]:
    from search import open_caretaker

    found = open_caretaker(settings)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Raises a `VigieError` when the same is done elsewhere."""
    lock = SessionLock(store.database, "reindex")
    if not lock.acquire():
        raise VigieError("A re-indexing is under way already, here or on another machine.")
    try:
        yield
    finally:
        lock.release()


def _tell(progress: Progress) -> None:
    share = 100 * progress.done // max(1, progress.total)
    say(f"{progress.done} notices{' more' if progress.resumed else ''} of {progress.total} written ({share} %).")


def _line(kept: KeptIndex) -> str:
    told = f"  {kept.sentence}" if kept.sentence else ""
    return f"{kept.use:8}  {kept.name}  version {kept.version}  {kept.documents} documents{told}"


def _compared(found: Comparison) -> str:
    verdict = "they agree" if found.agrees else "they DISAGREE"
    return (
        f"{found.stored} notices in the store, {found.indexed} in the index, {found.sampled} read on both sides: "
        f"{verdict}. {len(found.missing)} missing, {len(found.extra)} too many, {len(found.different)} different; "
        f"{found.waiting} rows wait in the queue."
    )


def _name_differences(found: Comparison) -> None:
    for what, ids in (("missing", found.missing), ("too many", found.extra), ("different", found.different)):
        for notice_id in ids[:SHOWN]:
            say(f"  {what}: {notice_id}")
        if len(ids) > SHOWN:
            say(f"  {what}: and {len(ids) - SHOWN} more")
