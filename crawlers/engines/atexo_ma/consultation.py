"""What the portal printed of one consultation, whatever page or table it was read from: one shape, no judgement."""

from __future__ import annotations

from dataclasses import dataclass, field

from notices.formats.reading import UnreadElement
from notices.model import Document, ReadingNote

SAMPLE = 80


@dataclass
class PrintedLot:
    """One lot of the popup."""

    number: str
    title: str | None = None
    category: str | None = None
    description: str | None = None
    estimate: str | None = None
    deposit: str | None = None
    reserved: str | None = None
    variant: str | None = None
    remarks: dict[str, str] = field(default_factory=dict)


@dataclass
class Consultation:
    """Printed values; None where the portal printed nothing (`-` is nothing)."""

    organisation: str | None = None
    """orgAcronyme, part of the key."""
    number: str | None = None
    """refConsultation, part of the key."""
    reference: str | None = None
    object: str | None = None
    buyer: str | None = None
    """The buyer's name alone, as lists print it."""
    entity: str | None = None
    """`ministry / entity - name`, as pages print it."""
    announcement: str | None = None
    procedure: str | None = None
    mode: str | None = None
    category: str | None = None
    published_on: str | None = None
    deadline: str | None = None
    places: str | None = None
    environmental: bool | None = None
    answer: str | None = None
    """Name of the picture that says whether tenders are electronic."""
    cancelled: bool | None = None
    allotted: bool | None = None
    lot_count: str | None = None
    estimate: str | None = None
    deposit: str | None = None
    reserved: str | None = None
    variant: str | None = None
    domains: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    documents: tuple[Document, ...] = ()
    lots: tuple[PrintedLot, ...] = ()
    remarks: dict[str, str] = field(default_factory=dict)
    """Label to text, of what has no field of its own: addresses, visits, qualifications."""
    seen: list[str] = field(default_factory=list)
    """The parts that were at hand: row, detail, lots, scraped-row, listing-cells."""
    notes: list[ReadingNote] = field(default_factory=list)
    unread: list[UnreadElement] = field(default_factory=list)
    partial: str | None = None

    @property
    def native_id(self) -> str | None:
        """The key on the portal: organisation and number, joined."""
        return f"{self.organisation}-{self.number}" if self.organisation and self.number else None

    def note(self, path: str, message: str, printed: str | None = None) -> None:
        """Something that a person should know."""
        self.notes.append(ReadingNote(path=path, message=message, printed=None if printed is None else printed[:200]))

    def left_unread(self, path: str, sample: str) -> None:
        """Something printed that no part of this engine reads."""
        self.unread.append(UnreadElement(path=path, count=1, sample=" ".join(sample.split())[:SAMPLE]))
