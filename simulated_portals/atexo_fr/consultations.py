"""What the simulated platform holds: consultations of organisations, with their lots."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Organisation:
    """A buyer. `units` are the parts of it that buy, as the platform prints them."""

    acronym: str
    name: str
    town: str
    postcode: str
    departement: str
    units: tuple[str, ...]

    @property
    def printed(self) -> str:
        """`Commune de X (91230 - X)`, or the bare name."""
        return f"{self.name} ({self.postcode} - {self.town})" if self.postcode else self.name


@dataclass(frozen=True)
class PrintedLot:
    """One lot."""

    number: int
    title: str
    cpv: str


@dataclass(frozen=True)
class Consultation:
    """One consultation. Times are naive, on the platform's clock."""

    number: int
    organisation: Organisation
    unit: str
    reference: str
    title: str
    about: str
    procedure: str
    procedure_short: str
    category: str
    published: date
    deadline: datetime
    places: tuple[str, ...]
    cpv: tuple[str, ...]
    lots: tuple[PrintedLot, ...] = ()
    clauses: tuple[str, ...] = ()
    boamp: str = ""
    sent_to_eu: datetime | None = None

    @property
    def native_id(self) -> str:
        """The key of the consultation on its platform."""
        return f"{self.organisation.acronym}-{self.number}"


@dataclass
class Catalogue:
    """The consultations by number."""

    by_number: dict[int, Consultation] = field(default_factory=dict)

    def put(self, consultation: Consultation) -> None:
        """Add a consultation, or replace the one of its number."""
        self.by_number[consultation.number] = consultation

    def get(self, number: int) -> Consultation | None:
        """The consultation of a number."""
        return self.by_number.get(number)

    def listed(self, at: datetime, *, closed_too: bool = False) -> list[Consultation]:
        """What is open at a time, the latest deadline first, as the platform sorts it."""
        # A copy: news may come from another thread.
        found = (item for item in list(self.by_number.values()) if closed_too or item.deadline > at)
        return sorted(found, key=lambda item: (item.deadline, item.number), reverse=True)
