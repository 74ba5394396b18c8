"""A draft is everything an invented notice says, before it is written as eForms or shown as a publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from simulated_portals.be_bda.invented_data import InventedBuyer, Place, Supplier
from simulated_portals.be_bda.publications import Texts

AWARD_SUBTYPES = frozenset({"25", "29", "30", "33", "38", "E4"})


@dataclass(frozen=True)
class DraftLot:
    """One lot of an invented notice."""

    number: int
    titles: Texts
    descriptions: Texts

    @property
    def identifier(self) -> str:
        """`LOT-0001`, as Belgium numbers lots."""
        return f"LOT-{self.number:04d}"


@dataclass(frozen=True)
class DraftAward:
    """The outcome of one lot: a winner with an amount, or none. Amounts in euros without tax."""

    lot: DraftLot
    winner: Supplier | None
    amount: Decimal | None
    tenders: int | None
    unnamed_statistic: bool = False
    lowest: Decimal | None = None
    highest: Decimal | None = None


@dataclass(frozen=True)
class Draft:
    """One invented notice. Times are naive Brussels times."""

    workspace_id: str
    notice_id: str
    procedure_id: str
    reference: str
    suffix: str
    sub_type: str
    object_key: str
    nature: str
    cpv: tuple[str, ...]
    buyer: InventedBuyer
    place: Place
    languages: tuple[str, ...]
    titles: Texts
    descriptions: Texts
    lots: tuple[DraftLot, ...]
    legal_basis: str
    published_at: datetime
    dispatch_date: date
    months: int
    service: Texts
    criteria: dict[str, list[str]]
    review: Texts
    procedure_code: str | None = None
    procedure_type: str | None = None
    two_stage: bool = False
    deadline: datetime | None = None
    estimated: Decimal | None = None
    framework: bool = False
    accreditations: tuple[tuple[str, int], ...] = ()
    question_period: tuple[date, date] | None = None
    awards: tuple[DraftAward, ...] = ()
    award_date: date | None = None
    total_given: bool = False
    explanation: Texts | None = None
    changed_notice: str | None = None
    eu_funds: bool = False
    ted: bool = False
    migrated: bool = False

    @property
    def is_award(self) -> bool:
        """Whether the notice tells of a contract that was concluded."""
        return self.sub_type in AWARD_SUBTYPES
