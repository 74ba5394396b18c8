"""The pieces of an `efac:NoticeResult` while they are read: what `results` fills and `outcomes` joins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from notices.model import Link, Money, MultilingualText, SubmissionCount


@dataclass(slots=True)
class StatisticDraft:
    """One pair of code and number being read."""

    code: str | None = None
    count: int | None = None


@dataclass(slots=True)
class ResultDraft:
    """One `efac:LotResult` being read."""

    id: str | None = None
    lot_id: str | None = None
    status: str | None = None
    non_award_reason: str | None = None
    submissions: list[SubmissionCount] = field(default_factory=list)
    tender_ids: dict[str, None] = field(default_factory=dict)
    contract_ids: dict[str, None] = field(default_factory=dict)
    values: list[Money] = field(default_factory=list)


@dataclass(slots=True)
class TenderDraft:
    """One `efac:LotTender` being read."""

    id: str | None = None
    lot_id: str | None = None
    party_id: str | None = None
    value: Money | None = None
    revenues: list[Money] = field(default_factory=list)
    rank: int | None = None
    subcontracting: bool | None = None


@dataclass(slots=True)
class MemberDraft:
    """One tenderer or subcontractor being read: who, and whether it leads the group of tenderers (OPT-170)."""

    id: str | None = None
    lead: bool | None = None


@dataclass(slots=True)
class TenderingPartyDraft:
    """One `efac:TenderingParty` being read: organisation ids, with whether each leads the group."""

    id: str | None = None
    tenderers: dict[str, bool | None] = field(default_factory=dict)
    subcontractors: dict[str, bool | None] = field(default_factory=dict)


@dataclass(slots=True)
class ContractDraft:
    """One `efac:SettledContract` being read."""

    id: str | None = None
    reference: str | None = None
    title: MultilingualText = field(default_factory=dict)
    concluded_on: date | None = None
    decided_on: date | None = None
    url: str | None = None
    tender_ids: dict[str, None] = field(default_factory=dict)
    earlier: list[Link] = field(default_factory=list)


@dataclass(slots=True)
class GroupValueDraft:
    """The framework values of a group of lots being read."""

    group_id: str | None = None
    values: list[Money] = field(default_factory=list)


@dataclass(slots=True)
class NoticeResultDraft:
    """An `efac:NoticeResult` being read."""

    values: list[Money] = field(default_factory=list)
    group_values: dict[str, list[Money]] = field(default_factory=dict)
    results: list[ResultDraft] = field(default_factory=list)
    tenders: dict[str, TenderDraft] = field(default_factory=dict)
    parties: dict[str, TenderingPartyDraft] = field(default_factory=dict)
    contracts: dict[str, ContractDraft] = field(default_factory=dict)
    decided_on: date | None = None
