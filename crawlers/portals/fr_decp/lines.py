"""The lines of a window's list, counted and sorted to their contracts. Of each line only a digest is kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from crawlers.contract import LayoutError, Window
from crawlers.portals.fr_decp.options import NUMBER, PUBLISHED, DataSet
from notices.formats.decp import key_of_record, table
from notices.formats.decp.leaves import day_of, text_of

LONGEST_KEY = 200
Row = dict[str, Any]


@dataclass
class ListedContract:
    """A contract of the list: where it is to be asked for, and what its lines said."""

    dataset: DataSet
    root: str
    spellings: dict[object, list[object]] = field(default_factory=dict)
    """The buyer as the table writes it, with the numbers it writes beside it."""
    digests: list[str] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """What the list says of the contract, whatever the order of its lines."""
        return hashlib.sha256("".join(sorted(self.digests)).encode()).hexdigest()


@dataclass
class Seen:
    """The lines of one question so far, by their digests.

    Answers are ordered, so that lines which are equal by right stand one after the other; one that comes again later is
    of a page that repeats another.
    """

    _digests: set[str] = field(default_factory=set)
    _last: str = ""

    def digest_of_new(self, row: Row) -> str | None:
        """The digest of a line; None for one that came before."""
        digest = _digest(row)
        if digest in self._digests and digest != self._last:
            self._last = ""
            return None
        self._digests.add(digest)
        self._last = digest
        return digest


@dataclass
class Walk:
    """One walk through the lists of a window."""

    lines: int = 0
    announced: int = 0
    unusable: int = 0
    elsewhere: int = 0
    contracts: dict[str, ListedContract] = field(default_factory=dict)
    _seen: Seen = field(default_factory=Seen)

    def add(self, row: Row, dataset: DataSet) -> bool:
        """Count a line and sort it to its contract; False for one that was listed before."""
        digest = self._seen.digest_of_new(row)
        if digest is None:
            return False
        self.lines += 1
        key = key_of_row(row)
        if key is None or len(key) > LONGEST_KEY:
            self.unusable += 1
            return True
        known = self.contracts.setdefault(key, ListedContract(dataset, key_root(key, row)))
        if known.dataset is not dataset:
            self.elsewhere += 1
            return True
        known.spellings.setdefault(row[dataset.buyer], []).append(row[NUMBER])
        known.digests.append(digest)
        return True


def key_of_row(row: Row) -> str | None:
    """The contract that a line is of."""
    (_kind, record), *_none = table.records_of([row])
    return key_of_record(record, "decp-table")


def key_root(key: str, row: Row) -> str:
    """The contract's own number, at the end of its key."""
    number = text_of(row[NUMBER]) or ""
    return number if key.endswith(number) else number[:-2]


def check(row: object, dataset: DataSet, window: Window, total: int) -> Row:
    """The line, when it has the columns that questions are asked by and is of the window, or of a day beside it.

    Raises `LayoutError` that names what is missing, or says that the filter was ignored.
    """
    if not isinstance(row, dict):
        raise LayoutError(f"A line of {dataset.key} is no object.")
    for name in (NUMBER, dataset.buyer, PUBLISHED, dataset.modified):
        if name not in row:
            raise LayoutError(
                f"A line of {dataset.key} has no column {name}; it has: {', '.join(sorted(map(str, row)))[:500]}."
            )
    if not _is_of(row, dataset, window, timedelta(days=1)):
        raise LayoutError(
            f"The portal ignored the date filter of {dataset.key}: asked for {window}, it lists contract "
            f"{str(row[NUMBER])[:60]} of {str(row[PUBLISHED])[:40]}. It announces {total} lines in all."
        )
    return row


def is_of(row: Row, dataset: DataSet, window: Window) -> bool:
    """Whether a line is of the window by our own clock; the portal's day may begin in another zone."""
    return _is_of(row, dataset, window, timedelta(0))


def _is_of(row: Row, dataset: DataSet, window: Window, slack: timedelta) -> bool:
    days = [day_of(row[name]) for name in (PUBLISHED, dataset.modified)]
    start, end = window.start, window.end
    if start is None or end is None:
        return False
    return any(day is not None and start - slack <= day < end + slack for day in days)


def _digest(row: Row) -> str:
    canonical = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]
