"""What is at hand of one notice before it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from crawlers.portals.fr_aws import values
from crawlers.portals.fr_aws.detail_page import DetailPage
from crawlers.portals.fr_aws.list_page import Row
from notices.model import Deadline, DeadlineKind, ReadingNote
from notices.values.dates import Precision


@dataclass
class Source:
    """Everything known of one notice, before it is one."""

    portal: str
    base_url: str
    native_id: str
    row: Row | None = None
    detail: DetailPage | None = None
    listed_as: str | None = None
    nature: str | None = None
    notes: list[ReadingNote] = field(default_factory=list)

    def note(self, path: str, message: str, printed: str | None = None) -> None:
        """Something that a person should know."""
        self.notes.append(ReadingNote(path=path, message=message, printed=None if printed is None else printed[:200]))

    def day(self, path: str, printed: str) -> datetime | None:
        """The day in a text, as its first instant; a text without one is noted."""
        found = values.day(printed)
        if found is None and printed.strip(" |"):
            self.note(path, "There is no date in this.", printed)
        return found.at if found else None

    def deadlines(self, path: str, printed: str, kind: DeadlineKind = DeadlineKind.TENDERS) -> tuple[Deadline, ...]:
        """The deadline in a text; a text without one is noted."""
        found = values.deadline(printed)
        if found is None:
            self.note(path, "There is no deadline in this.", printed)
            return ()
        return (Deadline(kind=kind, at=found.at, date_only=found.precision is Precision.DAY),)
