"""Where the raw payloads of notices and runs lie in the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from notices.model import RawAddress
from store.database import Database
from store.records import ArchiveRecord
from store.tables import raw_payloads

PayloadEntry = tuple[str, str | None, RawAddress, datetime]
"""Id of the notice (`<portal>:<native id>`, read or not), run, address, instant of archiving."""
BATCH = 500


class Payloads:
    """The index of the archive; one row per archived record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_many(self, entries: Sequence[PayloadEntry]) -> None:
        """Remember addresses; one that is known already is left as it is."""
        if not entries:
            return
        statement = self._database.insert(raw_payloads).on_conflict_do_nothing(index_elements=["segment", "offset"])
        with self._database.write() as connection:
            connection.execute(statement, [_row(*entry) for entry in entries])

    def of_notice(self, notice_id: str) -> list[ArchiveRecord]:
        """Payloads of a notice in the order they were archived."""
        return list(self._iterate(raw_payloads.c.notice_id == notice_id))

    def of_run(self, run_id: str) -> list[ArchiveRecord]:
        """Payloads that a run archived, in order."""
        return list(self._iterate(raw_payloads.c.run_id == run_id))

    def iterate(self, portal: str | None = None) -> Iterator[ArchiveRecord]:
        """All payloads, of one portal or of every one, in the order they were archived; no long transaction."""
        return self._iterate(*(() if portal is None else (raw_payloads.c.portal == portal,)))

    def segments(self) -> dict[str, tuple[int, int]]:
        """Every segment that is named, with the number of its payloads and the byte at which the last one ends."""
        end = func.max(raw_payloads.c.offset + raw_payloads.c.length)
        asked = select(raw_payloads.c.segment, func.count(), end).group_by(raw_payloads.c.segment)
        with self._database.read() as connection:
            rows = connection.execute(asked.order_by(raw_payloads.c.segment))
            return {segment: (int(count), int(last)) for segment, count, last in rows}

    def _iterate(self, *conditions: ColumnElement[bool]) -> Iterator[ArchiveRecord]:
        last = 0
        while True:
            page = select(raw_payloads).where(*conditions, raw_payloads.c.id > last).order_by(raw_payloads.c.id)
            with self._database.read() as connection:
                rows = connection.execute(page.limit(BATCH)).all()
            yield from map(_record, rows)
            if len(rows) < BATCH:
                return
            last = rows[-1].id


def _row(notice_id: str, run_id: str | None, address: RawAddress, at: datetime) -> dict[str, Any]:
    portal = notice_id.partition(":")[0]
    return {"portal": portal, "notice_id": notice_id, "run_id": run_id, "archived_at": at, **address.model_dump()}


def _record(row: Row[Any]) -> ArchiveRecord:
    address = RawAddress(
        segment=row.segment, offset=row.offset, length=row.length, digest=row.digest, media_type=row.media_type
    )
    return ArchiveRecord(notice_id=row.notice_id, run_id=row.run_id, address=address, archived_at=row.archived_at)
