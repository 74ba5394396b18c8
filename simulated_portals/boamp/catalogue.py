"""The data set: records in their order, ready to be asked. May be changed from any thread while the server reads."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulated_portals.boamp.drafts import Draft
from simulated_portals.boamp.odsql import Malformed, condition_of
from simulated_portals.boamp.records import FIELDS, record_of

INSTANTS = ("datelimitereponse",)
_KEPT = 64
_OF_A_DAY = re.compile(r"dateparution = date'([0-9-]{10})'")
_OF_KEYS = re.compile(r'idweb in \(("[0-9A-Z-]+"(?:, "[0-9A-Z-]+")*)\)')


class Catalogue:
    """All notices by key, oldest first."""

    def __init__(self, drafts: Iterable[Draft] = ()) -> None:
        self._lock = threading.Lock()
        self._drafts: dict[str, Draft] = {}
        self._records: dict[str, dict[str, Any]] = {}
        self._ordered: tuple[dict[str, Any], ...] = ()
        self._by_day: dict[str, list[dict[str, Any]]] = {}
        self._results: dict[tuple[str, str, str], tuple[dict[str, Any], ...]] = {}
        self.put(*drafts)

    def put(self, *drafts: Draft, **fields: Any) -> None:
        """Add notices, or replace those of the same key; `fields` are written over what follows from the draft."""
        with self._lock:
            for draft in drafts:
                self._drafts[draft.idweb] = draft
                self._records[draft.idweb] = {**record_of(draft), **fields}
            self._put_in_order()

    def change(self, idweb: str, **fields: Any) -> None:
        """Write over fields of one record, as a late load does."""
        with self._lock:
            self._records[idweb] = {**self._records[idweb], **fields}
            self._put_in_order()

    def move_deadline(self, idweb: str, deadline: datetime) -> None:
        """A late load that gives a notice another deadline."""
        self.put(replace(self._drafts[idweb], deadline=deadline, diffusion_ends=deadline.date()))

    def drafts(self) -> tuple[Draft, ...]:
        """All notices, oldest first."""
        return tuple(self._drafts[record["idweb"]] for record in self._ordered)

    def draft(self, idweb: str) -> Draft:
        """One notice; `KeyError` when there is none."""
        return self._drafts[idweb]

    def on(self, day: date) -> tuple[str, ...]:
        """Keys of the notices published on a day."""
        return tuple(draft.idweb for draft in self.drafts() if draft.published_on == day)

    def find(self, where: str, order_by: str, zone: ZoneInfo) -> tuple[dict[str, Any], ...]:
        """The records that satisfy a `where`, in order. `Malformed` for what the service refuses."""
        key = (where, order_by, zone.key)
        if key not in self._results:
            condition = condition_of(where, FIELDS, INSTANTS, zone)
            found = tuple(record for record in self._candidates(where) if condition(record))
            if len(self._results) >= _KEPT:
                self._results.clear()
            self._results[key] = _sorted(found, order_by)
        return self._results[key]

    def _candidates(self, where: str) -> Sequence[dict[str, Any]]:
        """Records that may satisfy a `where`, in order: a bulletin of many notices is not gone through for one day."""
        of_day, of_keys = _OF_A_DAY.fullmatch(where), _OF_KEYS.fullmatch(where)
        if of_day:
            return self._by_day.get(of_day[1], ())
        if of_keys:
            keys = {key.strip('"') for key in of_keys[1].split(", ")}
            return sorted((self._records[key] for key in keys if key in self._records), key=_oldest_first)
        return self._ordered

    def _put_in_order(self) -> None:
        self._ordered = tuple(sorted(self._records.values(), key=_oldest_first))
        self._by_day = defaultdict(list)
        for record in self._ordered:
            self._by_day[record["dateparution"]].append(record)
        self._results = {}


def printed(record: dict[str, Any], select: tuple[str, ...], zone: ZoneInfo) -> dict[str, Any]:
    """A record with the fields that were asked for, its instants on the clock of `zone`."""
    for name in select:
        if name not in FIELDS:
            raise Malformed(
                f"ODSQL query is malformed: Unknown field: {name} Clause(s) containing the error(s): select."
            )
    found = {name: record.get(name) for name in (select or FIELDS)}
    for name in INSTANTS:
        value = found.get(name)
        if isinstance(value, str):
            found[name] = datetime.fromisoformat(value).astimezone(zone).isoformat()
    return found


def utc(instant: datetime) -> str:
    """An instant as the data set keeps it."""
    return instant.astimezone(UTC).isoformat()


def _oldest_first(record: dict[str, Any]) -> tuple[str, str]:
    return record["dateparution"], record["idweb"]


def _sorted(found: tuple[dict[str, Any], ...], order_by: str) -> tuple[dict[str, Any], ...]:
    rows = list(found)
    for part in reversed([part.split() for part in order_by.split(",") if part.strip()]):
        name, direction = part[0], part[1].lower() if len(part) > 1 else "asc"
        if name not in FIELDS or direction not in ("asc", "desc"):
            raise Malformed(
                f"ODSQL query is malformed: Unknown field: {name} Clause(s) containing the error(s): order_by."
            )
        rows.sort(key=lambda row, name=name: str(row.get(name) or ""), reverse=direction == "desc")  # type: ignore[misc]
    return tuple(rows)
