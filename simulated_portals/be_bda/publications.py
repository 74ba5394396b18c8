"""What the simulated federal portal holds: publications, as its database would, whatever source they came from.

All times are naive Brussels time, as the portal prints them (dossier of the portal, section 3.3).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

Texts = dict[str, str]
"""Language (`FR`, `NL`, `DE`, `EN`) to text."""

CALL_SUBTYPES = frozenset({"10", "11", "12", "13", "14", "16", "17", "18", "19", "20", "21", "22", "23", "24", "E3"})
PLANNING_SUBTYPES = frozenset({"1", "2", "3", "4", "5", "6", "7", "8", "9", "E1", "E2"})


def derived_id(*parts: object) -> str:
    """A UUID that is always the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(str(part) for part in parts)))


@dataclass(frozen=True)
class Buyer:
    """An organisation of the portal; `cbe_number` is its KBO number in ten digits, missing for some."""

    organisation_id: int
    names: Texts
    tree: tuple[int, ...]
    cbe_number: str | None = None


@dataclass(frozen=True)
class PublishedLot:
    """A lot as the search answer shows it: without number and without value."""

    identifier: str
    titles: Texts
    descriptions: Texts
    cpv_main: str | None = None
    cpv_additional: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublishedVersion:
    """One notice of a workspace. `read_xml` gives its eForms document; None for what was migrated without one."""

    notice_id: str
    number: int
    published_at: datetime
    sent_at: datetime
    dispatch_date: date
    deadline: datetime | None = None
    read_xml: Callable[[], str] | None = None


@dataclass(frozen=True)
class Publication:
    """One publication workspace with all its versions, oldest first."""

    workspace_id: str
    procedure_id: str
    dossier_number: str
    suffix: str
    sub_type: str
    titles: Texts
    descriptions: Texts
    lots: tuple[PublishedLot, ...]
    cpv_main: str
    natures: tuple[str, ...]
    nuts_codes: tuple[str, ...]
    buyer: Buyer
    languages: tuple[str, ...]
    versions: tuple[PublishedVersion, ...]
    cpv_additional: tuple[str, ...] = ()
    legal_basis: str = "D24"
    procedure_type: str | None = None
    technique: str | None = None
    accreditations: dict[str, int] = field(default_factory=dict)
    question_period: tuple[date, date] | None = None
    cancelled_at: datetime | None = None
    ted: bool = False
    migrated: bool = False

    @property
    def reference_number(self) -> str:
        """The full reference, as the search answer prints it."""
        return f"{self.dossier_number}_{self.suffix}"

    @property
    def latest(self) -> PublishedVersion:
        """The version in force."""
        return self.versions[-1]

    @property
    def publication_date(self) -> date:
        """The day of the latest publication: it moves forward when a notice is corrected."""
        return self.latest.published_at.date()

    @property
    def deadline(self) -> datetime | None:
        """The deadline in force, for tenders or for requests to participate."""
        return self.latest.deadline if self.form_type != "AWARD" else None

    @cached_property
    def form_type(self) -> str:
        """`PLANNING`, `COMPETITION` or `AWARD`: the portal's own three words."""
        if self.sub_type in CALL_SUBTYPES:
            return "COMPETITION"
        return "PLANNING" if self.sub_type in PLANNING_SUBTYPES else "AWARD"

    def with_version(self, version: PublishedVersion, cancelled_at: datetime | None = None) -> Publication:
        """The same publication after one more version was published."""
        return replace(self, versions=(*self.versions, version), cancelled_at=cancelled_at or self.cancelled_at)
