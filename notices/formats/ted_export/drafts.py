"""What one form says, while it is being read. A file holds one form per language; `merge.py` makes them one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from notices.formats.eforms.identifiers import read_identifier
from notices.formats.eforms.project import PeriodDraft
from notices.model import (
    AwardCriterion,
    Change,
    Classification,
    Link,
    Money,
    MultilingualText,
    Nature,
    Organisation,
    Place,
    SubmissionCount,
)

_WEIGHT: Final = re.compile(
    r"\s*([0-9]{1,6}(?:[.,][0-9]{1,6})?)\s*(?:%|points?|pts?|punten|punkte)?\s*\.?\s*", re.IGNORECASE
)


def decimal_in(raw: str) -> Decimal | None:
    """The number in `40`, `40 %`, `40,5%` or `40 points`; None for anything else."""
    match = _WEIGHT.fullmatch(raw)
    return Decimal(match[1].replace(",", ".")) if match else None


@dataclass(slots=True)
class PartyDraft:
    """An address block: buyer, contractor, review body."""

    name: MultilingualText = field(default_factory=dict)
    printed_identifiers: list[str] = field(default_factory=list)
    address: str | None = None
    town: str | None = None
    postal_code: str | None = None
    country: str | None = None
    nuts: str | None = None
    website: str | None = None
    email: str | None = None
    phone: str | None = None
    size: str | None = None

    def build(
        self,
        *,
        legal_type: str | None = None,
        activity: str | None = None,
        central_purchasing: bool | None = None,
    ) -> Organisation:
        """The organisation."""
        said = (self.address, self.town, self.postal_code, self.country, self.nuts)
        identifiers = (read_identifier(text, self.country) for text in dict.fromkeys(self.printed_identifiers))
        return Organisation(
            name=self.name,
            identifiers=tuple(identifier for identifier in identifiers if identifier is not None),
            place=Place(
                country=self.country,
                nuts=self.nuts,
                locality=self.town,
                postal_code=self.postal_code,
                printed=self.address,
            )
            if any(said)
            else None,
            website=self.website,
            email=self.email,
            phone=self.phone,
            size=self.size,
            legal_type=legal_type,
            activity=activity,
            central_purchasing=central_purchasing,
        )


@dataclass(slots=True)
class CriterionDraft:
    """An award criterion with its weight as printed."""

    kind: str | None = None
    name: MultilingualText = field(default_factory=dict)
    weight: str | None = None

    def build(self) -> AwardCriterion:
        """The criterion. A weight that is not a number is kept as its description."""
        number = decimal_in(self.weight) if self.weight else None
        description = {}
        if self.weight and number is None:
            description = dict.fromkeys(self.name or ("und",), self.weight)
        return AwardCriterion(
            type=self.kind,
            name=self.name,
            description=description,
            weight=number,
            weight_kind="per-exa" if number is not None and self.weight and "%" in self.weight else None,
        )


@dataclass(slots=True)
class LotDraft:
    """One `OBJECT_DESCR`: a lot, or the whole where nothing is divided."""

    number: str | None = None
    item: str | None = None
    contract: int = 1
    title: MultilingualText = field(default_factory=dict)
    description: MultilingualText = field(default_factory=dict)
    classifications: list[Classification] = field(default_factory=list)
    nuts: list[str] = field(default_factory=list)
    site: MultilingualText = field(default_factory=dict)
    values: list[Money] = field(default_factory=list)
    duration: PeriodDraft = field(default_factory=PeriodDraft)
    criteria: list[CriterionDraft] = field(default_factory=list)
    variants: bool | None = None
    eu_funds: bool | None = None
    nature: Nature | None = None


@dataclass(slots=True)
class AwardDraft:
    """One award block: a contract, or the news that there is none."""

    item: str | None = None
    lot_numbers: list[str] = field(default_factory=list)
    reference: str | None = None
    title: MultilingualText = field(default_factory=dict)
    awarded: bool | None = None
    non_award_reason: str | None = None
    concluded_on: date | None = None
    decided_on: date | None = None
    submissions: list[SubmissionCount] = field(default_factory=list)
    participants: int | None = None
    contractors: list[PartyDraft] = field(default_factory=list)
    group: bool | None = None
    value: Money | None = None
    values: list[Money] = field(default_factory=list)
    revenues: list[Money] = field(default_factory=list)
    subcontracting: bool | None = None


@dataclass(slots=True)
class ChangeDraft:
    """`CHANGES` of a corrigendum."""

    sections: list[str] = field(default_factory=list)
    sentences: dict[str, list[str]] = field(default_factory=dict)
    description: MultilingualText = field(default_factory=dict)
    deadline_day: str | None = None
    deadline_time: str | None = None

    def build(self, changed_notice: str | None) -> Change | None:
        """The change, or None when the form has none."""
        if not (self.sentences or self.description):
            return None
        description = {language: "\n".join(lines) for language, lines in self.sentences.items()}
        for language, text in self.description.items():
            description[language] = f"{description[language]}\n\n{text}" if language in description else text
        return Change(
            changed_notice=changed_notice, sections=tuple(dict.fromkeys(self.sections)), description=description
        )


@dataclass(slots=True)
class ModificationDraft:
    """`MODIFICATIONS_CONTRACT` of a modification notice (F20)."""

    reason: str | None = None
    reason_text: MultilingualText = field(default_factory=dict)
    description: MultilingualText = field(default_factory=dict)
    scope: LotDraft = field(default_factory=LotDraft)
    value: Money | None = None
    value_after: Money | None = None
    contractors: list[PartyDraft] = field(default_factory=list)


@dataclass(slots=True)
class ProcedureDraft:
    """`PROCEDURE`: how the contract is awarded, and until when."""

    printed: list[str] = field(default_factory=list)
    code: str | None = None
    accelerated: bool | None = None
    features: MultilingualText = field(default_factory=dict)
    framework: bool = False
    single_operator: bool = False
    maximum_participants: int | None = None
    dynamic_purchasing: str | None = None
    deadline_day: str | None = None
    deadline_time: str | None = None
    opening_day: str | None = None
    opening_time: str | None = None
    submission_languages: list[str] = field(default_factory=list)
    two_stages: bool = False


@dataclass(slots=True)
class FormDraft:
    """One form in one language."""

    form: str
    language: str
    original: bool
    version: str | None = None
    notice_type: str | None = None
    legal_basis: str | None = None
    buyers: list[PartyDraft] = field(default_factory=list)
    other_parties: list[PartyDraft] = field(default_factory=list)
    legal_type: str | None = None
    activities: list[str] = field(default_factory=list)
    central_purchasing: bool | None = None
    documents_url: str | None = None
    documents_restricted: bool | None = None
    submission_url: str | None = None
    contracts: int = 0
    title: MultilingualText = field(default_factory=dict)
    description: MultilingualText = field(default_factory=dict)
    additional_information: MultilingualText = field(default_factory=dict)
    references: list[str] = field(default_factory=list)
    classifications: list[Classification] = field(default_factory=list)
    nature: Nature | None = None
    values: list[Money] = field(default_factory=list)
    divided: bool | None = None
    lots: list[LotDraft] = field(default_factory=list)
    reserved: bool | None = None
    procedure: ProcedureDraft = field(default_factory=ProcedureDraft)
    awards: list[AwardDraft] = field(default_factory=list)
    changes: ChangeDraft = field(default_factory=ChangeDraft)
    modification: ModificationDraft | None = None
    links: list[Link] = field(default_factory=list)
    dispatched_on: str | None = None
