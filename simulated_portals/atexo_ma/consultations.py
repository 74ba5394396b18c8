"""What the simulated portal holds of one consultation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Lot:
    """One lot, as the popup prints it."""

    number: int
    title: str
    category: str
    description: str
    estimate: str
    deposit: str
    reserved: bool


@dataclass(frozen=True)
class Consultation:
    """One consultation; texts as the portal prints them, instants naive on Morocco's clock."""

    organisation: str
    number: int
    reference: str
    title: str
    ministry: str
    entity: str
    buyer: str
    short_procedure: str
    procedure: str
    mode: str
    category: str
    domains: tuple[str, ...]
    places: tuple[str, ...]
    published: datetime
    deadline: datetime
    answer: str = "reponse-elec-oblig-avec-signature"
    environmental: bool = False
    reserved: bool = False
    estimate: str = "-"
    deposit: str = "-"
    qualifications: tuple[str, ...] = ()
    visit: datetime | None = None
    lots: tuple[Lot, ...] = field(default=())
    cancelled: bool = False

    @property
    def key(self) -> str:
        """The key on the portal: organisation and number, joined."""
        return f"{self.organisation}-{self.number}"
