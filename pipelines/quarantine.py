"""What could not be read: listed, read again after a fix, or given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import VigieError
from core.settings import Settings
from crawlers.portals.loading import parser_version
from notices.model import Frozen
from pipelines.reading import Refusal
from pipelines.replay import read_archived
from store import ArchiveError
from store.quarantine import REFUSED_BY_INDEX
from store.records import ArchiveRecord, Origin, QuarantineEntry, QuarantineState, SaveOutcome, Saving

if TYPE_CHECKING:
    from store import Store
    from store.archive import Archive


class StillHeld(Frozen):
    """An entry that cannot be read yet."""

    entry: QuarantineEntry
    reason: str
    path: str | None = None


class ReleaseReport(Frozen):
    """What a replay of the quarantine brought back."""

    released: tuple[SaveOutcome, ...] = ()
    still_held: tuple[StillHeld, ...] = ()


def held(store: Store, portal: str | None = None) -> list[QuarantineEntry]:
    """What is held now, oldest first."""
    return store.quarantine.held(portal)


def replay(
    settings: Settings, store: Store, archive: Archive, *, portal: str | None = None, ids: Sequence[int] = ()
) -> ReleaseReport:
    """Read what is held again, all of it or the entries named. What can be read now is stored, and new to everyone."""
    released: list[SaveOutcome] = []
    still_held: list[StillHeld] = []
    for entry in [_held_entry(store, number) for number in ids] or store.quarantine.held(portal):
        outcome = _release(settings, store, archive, entry)
        if isinstance(outcome, StillHeld):
            still_held.append(outcome)
        else:
            released.append(outcome)
    return ReleaseReport(released=tuple(released), still_held=tuple(still_held))


def discard(store: Store, entry_id: int) -> QuarantineEntry:
    """Give an entry up: it is no notice. The payload stays in the archive."""
    entry = _held_entry(store, entry_id)
    store.quarantine.discard(entry_id)
    return entry


def _held_entry(store: Store, entry_id: int) -> QuarantineEntry:
    entry = store.quarantine.get(entry_id)
    if entry is None:
        raise VigieError(f"There is no quarantine entry {entry_id}.")
    if entry.state is not QuarantineState.HELD:
        raise VigieError(f"Quarantine entry {entry_id} is {entry.state} already.")
    return entry


def _release(settings: Settings, store: Store, archive: Archive, entry: QuarantineEntry) -> SaveOutcome | StillHeld:
    if entry.raw is None:
        return _offered_again(store, entry)
    record = ArchiveRecord(
        notice_id=f"{entry.portal}:{entry.native_id}",
        run_id=entry.run_id,
        address=entry.raw,
        archived_at=entry.last_seen_at,
    )
    try:
        reading = read_archived(settings, archive, record)
    except Refusal as refusal:
        return StillHeld(entry=entry, reason=refusal.reason, path=refusal.path)
    except ArchiveError as error:
        return StillHeld(entry=entry, reason=str(error))
    saving = Saving(
        notice=reading.notice,
        run_id=entry.run_id,
        origin=Origin.RELEASE,
        parser_version=parser_version(entry.portal),
    )
    outcome = store.notices.save(saving)
    if entry.path == REFUSED_BY_INDEX:
        return _offered_again(store, entry)
    store.quarantine.released(entry.id)
    return outcome


def _offered_again(store: Store, entry: QuarantineEntry) -> StillHeld:
    """The index is asked once more, and the indexer releases what it takes: that a payload is read is no news to it."""
    if store.notices.enqueue(f"{entry.portal}:{entry.native_id}"):
        return StillHeld(entry=entry, reason=f"It waits to be offered to the index again, which said: {entry.reason}")
    return StillHeld(entry=entry, reason=f"It came without a payload that could be read again. {entry.reason}")
