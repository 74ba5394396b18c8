"""What the list of open consultations showed last time, so that one which leaves it early is noticed.

A consultation leaves the list when its deadline passes; that needs no look. One that leaves it before was cancelled, or
its deadline was moved into the past: its page is then asked for once more. The day of publication and the logo stand in
the list alone, so they are remembered for the version that is read from the page.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from crawlers.contract import Notebook
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.printed import deadline as deadline_of
from crawlers.engines.atexo_ma.rows import Row
from notices.model import DeadlineKind

logger = logging.getLogger(__name__)

LEFT = "left-the-open-list"
"""Fingerprint of a consultation whose page was read after it left the list; one that comes back has another."""
AT_MOST = 50
"""Pages that one run asks for of consultations that left the list early; the others wait for the next run."""


@dataclass(frozen=True)
class Remembered:
    """What the list said of one consultation."""

    organisation: str
    number: str
    deadline: str | None
    published_on: str | None
    environmental: bool | None
    allotted: bool | None

    @classmethod
    def of(cls, row: Row) -> Remembered:
        """What is worth remembering of a row."""
        said = row.printed
        return cls(row.organisation, row.number, said.deadline, said.published_on, said.environmental, said.allotted)

    @property
    def unit(self) -> dict[str, Any]:
        """The beginning of a raw notice: the key, and what only the list says."""
        listed = {"published_on": self.published_on, "environmental": self.environmental}
        return {"organisation": self.organisation, "number": self.number, "listed": listed}

    def is_over(self, instant: datetime) -> bool:
        """Whether its deadline has passed; one that cannot be read counts as passed."""
        found = deadline_of(self.deadline, DeadlineKind.TENDERS, Consultation())
        return not found or found[0].at <= instant


@dataclass
class OpenList:
    """The consultations of the last list that was read from its beginning to its end."""

    portal: str
    notebook: Notebook
    known: dict[str, Remembered] = field(default_factory=dict)

    def __post_init__(self) -> None:
        written = self.notebook.read(self._page)
        try:
            found = json.loads(written[0]) if written else {}
            self.known = {key: Remembered(*values) for key, values in found.items()}
        except (ValueError, TypeError, AttributeError):
            logger.warning("What was remembered of the open list of %s cannot be read; it begins anew", self.portal)

    @property
    def _page(self) -> str:
        return f"{self.portal}-open-list"

    def last_news(self, listed: Mapping[str, Remembered], today: date) -> date:
        """The last day on which a complete list held a consultation that the one before it did not."""
        page = f"{self.portal}-last-news"
        written = self.notebook.read(page)
        try:
            before = date.fromisoformat(written[0].decode("ascii")) if written else None
        except ValueError:
            before = None
        if before is not None and listed.keys() <= self.known.keys():
            return before
        self.notebook.write(page, today.isoformat().encode("ascii"))
        return today

    def left_early(self, listed: Mapping[str, Remembered], instant: datetime) -> dict[str, Remembered]:
        """Those that are not listed any more, though their deadline has not passed."""
        gone = (key for key in self.known if key not in listed)
        return {key: self.known[key] for key in gone if not self.known[key].is_over(instant)}

    def remember(self, listed: Mapping[str, Remembered], left: Mapping[str, Remembered]) -> None:
        """Note what is listed now, and what left early, until its deadline: the store says whether it was read."""
        now_known = {**left, **listed}
        if now_known != self.known:
            self.known = now_known
            values = {key: _values(item) for key, item in now_known.items()}
            self.notebook.write(self._page, json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _values(item: Remembered) -> list[Any]:
    return [item.organisation, item.number, item.deadline, item.published_on, item.environmental, item.allotted]


def remembered(rows: Iterable[Row]) -> dict[str, Remembered]:
    """Rows by key, as they are remembered."""
    return {row.key: Remembered.of(row) for row in rows}
