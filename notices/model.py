"""The common model: one `Notice` per publication, whatever portal printed it.

Names follow eForms business terms (BT numbers in the field descriptions) and OCDS. All models are frozen and refuse
unknown keys. Money is `Decimal`, instants are aware, texts are kept in every language the portal gave. A value that a
portal writes as a sentinel is absent here; what was printed stays beside what we made of it (`printed` fields).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MODEL_VERSION: Final = "1"

LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
"""ISO 639-1 in lower case (`fr`), or ISO 639-3 where no two-letter code exists."""
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""
MultilingualText = dict[LanguageCode, str]
"""Language to text; the order is the portal's. Empty when the portal printed nothing."""


class Frozen(BaseModel):
    """Base of every part of the model: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoticeKind(StrEnum):
    """What a notice announces; the eForms form type (BT-03) widened by what national portals publish."""

    PLANNING = "planning"
    CONSULTATION = "consultation"
    COMPETITION = "competition"
    DIRECT_AWARD = "direct-award"
    RESULT = "result"
    MODIFICATION = "modification"
    COMPLETION = "completion"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    INFORMATION = "information"
    REGISTRATION = "registration"


class Nature(StrEnum):
    """Contract nature (BT-23)."""

    WORKS = "works"
    SUPPLIES = "supplies"
    SERVICES = "services"


class TaxBasis(StrEnum):
    """Whether an amount includes value added tax."""

    EXCLUDED = "excluded"
    INCLUDED = "included"
    UNKNOWN = "unknown"


class AmountKind(StrEnum):
    """What an amount measures."""

    ESTIMATED = "estimated"  # BT-27
    FRAMEWORK_MAXIMUM = "framework-maximum"  # BT-271, BT-709 in results
    FRAMEWORK_REESTIMATED = "framework-reestimated"  # BT-660
    AWARDED = "awarded"  # BT-161 on the notice, BT-720 on a tender
    TENDER = "tender"  # BT-720 of a tender that did not win, or of which nobody says that it did
    LOWEST_TENDER = "lowest-tender"  # BT-710
    HIGHEST_TENDER = "highest-tender"  # BT-711
    CONCESSION_REVENUE = "concession-revenue"  # BT-160, BT-162
    DEPOSIT = "deposit"  # provisional guarantee, Morocco


class Money(Frozen):
    """An amount as published."""

    amount: Decimal = Field(ge=0)
    currency: CurrencyCode
    kind: AmountKind
    tax_basis: TaxBasis = TaxBasis.UNKNOWN
    printed: str | None = Field(
        default=None, description="the text the amount was read from, where it was not a plain number"
    )


class Period(Frozen):
    """A span of days, a length, or both (BT-36, BT-536, BT-537)."""

    start: date | None = None
    end: date | None = None
    amount: Decimal | None = Field(default=None, ge=0)
    unit: str | None = Field(default=None, description="eForms duration unit: DAY, WEEK, MONTH, YEAR")
    unlimited: bool | None = None


class Classification(Frozen):
    """A code of a classification scheme."""

    scheme: Literal["CPV"] = "CPV"
    code: Annotated[str, StringConstraints(pattern=r"^\d{8}$")] = Field(description="eight digits, no check digit")
    main: bool = False
    inferred: bool = Field(default=False, description="we derived it, the portal printed none")
    confidence: float | None = Field(default=None, ge=0, le=1)
    basis: str | None = Field(default=None, description="what an inferred code was derived from")


class Place(Frozen):
    """A place of performance or a seat."""

    country: CountryCode | None = None
    nuts: str | None = Field(default=None, description="NUTS code of any level, or ISO 3166-2 for Morocco")
    locality: str | None = None
    postal_code: str | None = None
    anywhere: str | None = Field(default=None, description="BT-727: anyw, anyw-cou, anyw-eea")
    printed: str | None = None


class Identifier(Frozen):
    """A registration number with its scheme."""

    scheme: str = Field(description="KBO, SIRET, SIREN, ICE, VAT, BE-ESTABLISHMENT, or UNKNOWN")
    value: str = Field(description="normalised value; equals `printed` where nothing could be made of it")
    valid: bool = Field(description="the scheme's check digits hold")
    printed: str


class Organisation(Frozen):
    """A buyer, tenderer, winner or another party."""

    name: MultilingualText
    identifiers: tuple[Identifier, ...] = ()
    portal_id: str | None = Field(default=None, description="the portal's own key of the organisation")
    local_id: str | None = Field(default=None, description="the key inside the notice, such as ORG-0001")
    place: Place | None = None
    website: str | None = None
    email: str | None = Field(default=None, description="personal data: stored, never indexed or exported by default")
    phone: str | None = Field(default=None, description="personal data: stored, never indexed or exported by default")
    size: str | None = Field(default=None, description="BT-165 code: micro, small, medium, large, sme")
    legal_type: str | None = Field(default=None, description="BT-11 code of a buyer")
    activity: str | None = Field(default=None, description="BT-10 or BT-610 code of a buyer")
    group_lead: bool | None = Field(default=None, description="leads the group of buyers, or of tenderers (OPT-170)")
    central_purchasing: bool | None = None


class DeadlineKind(StrEnum):
    """What must be in by a deadline."""

    TENDERS = "tenders"  # BT-131
    REQUESTS = "requests"  # BT-1311, first stage of a two-stage procedure
    EXPRESSIONS = "expressions"  # BT-630


class Deadline(Frozen):
    """An instant by which suppliers must act."""

    kind: DeadlineKind
    at: AwareDatetime
    date_only: bool = Field(default=False, description="the portal gave no hour; `at` is the end of that day")


class ProcedureType(Frozen):
    """The procurement procedure, normalised and as printed."""

    code: str | None = Field(default=None, description="eForms code list procurement-procedure-type (BT-105)")
    printed: tuple[str, ...] = ()
    accelerated: bool | None = None
    features: MultilingualText = Field(default_factory=dict, description="BT-88")


class Framework(Frozen):
    """Framework agreement or dynamic purchasing system (BT-765, BT-766)."""

    agreement: bool | None = Field(
        default=None, description="true: a framework agreement of a kind that is not said; else `technique` tells"
    )
    technique: str | None = Field(
        default=None, description="eForms framework-agreement code; `none` is kept, as it is an answer"
    )
    dynamic_purchasing: str | None = Field(default=None, description="eForms dps-usage code")
    maximum_participants: int | None = Field(default=None, ge=0)


class Document(Frozen):
    """A link to procurement documents (BT-15, BT-615)."""

    url: str
    restricted: bool | None = None
    language: LanguageCode | None = None
    title: str | None = None


class AwardCriterion(Frozen):
    """One award criterion of a lot (BT-539, BT-541)."""

    type: str | None = Field(default=None, description="price, cost or quality")
    name: MultilingualText = Field(default_factory=dict)
    description: MultilingualText = Field(default_factory=dict)
    weight: Decimal | None = None
    weight_kind: str | None = Field(
        default=None, description="eForms number-weight code: per-exa, poi-exa, ord-imp, ..."
    )


class Flags(Frozen):
    """What a notice says about itself; `None` means that it does not say."""

    sme_suitable: bool | None = None  # BT-726
    reserved: bool | None = None  # BT-71, BT-736
    green: bool | None = None  # BT-06 env-imp, BT-774, BT-805
    social: bool | None = None  # BT-06 soc-obj, BT-775
    innovation: bool | None = None  # BT-06 inn-pur, BT-776
    eu_funds: bool | None = None  # BT-60


class Lot(Frozen):
    """A lot, a part of a planned procedure, or a group of lots."""

    id: str = Field(description="as in the notice: LOT-0001, PAR-0001, GLO-0001, or the portal's number")
    kind: Literal["lot", "part", "group"] = "lot"
    internal_id: str | None = None
    title: MultilingualText = Field(default_factory=dict)
    description: MultilingualText = Field(default_factory=dict)
    additional_information: MultilingualText = Field(default_factory=dict, description="BT-300")
    nature: Nature | None = None
    additional_natures: tuple[Nature, ...] = ()
    classifications: tuple[Classification, ...] = ()
    places: tuple[Place, ...] = ()
    values: tuple[Money, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    question_deadline: AwareDatetime | None = None
    opening_at: AwareDatetime | None = None
    duration: Period | None = None
    renewals_maximum: int | None = Field(default=None, ge=0)
    framework: Framework | None = None
    electronic_submission: bool | None = None
    submission_url: str | None = None
    submission_languages: tuple[LanguageCode, ...] = ()
    documents: tuple[Document, ...] = ()
    award_criteria: tuple[AwardCriterion, ...] = ()
    variants_allowed: bool | None = None
    flags: Flags = Flags()
    members: tuple[str, ...] = Field(default=(), description="lot ids of a group of lots")


class Tender(Frozen):
    """A tender named in a result, with who made it."""

    id: str | None = None
    tenderers: tuple[Organisation, ...] = ()
    subcontractors: tuple[Organisation, ...] = ()
    value: Money | None = None
    revenues: tuple[Money, ...] = Field(default=(), description="BT-160, BT-162: what a concession is expected to earn")
    rank: int | None = Field(default=None, ge=0)
    winner: bool
    subcontracting: bool | None = None


class Contract(Frozen):
    """A concluded contract (BT-145, BT-150)."""

    id: str | None = None
    reference: str | None = None
    title: MultilingualText = Field(default_factory=dict)
    concluded_on: date | None = Field(default=None, description="BT-145")
    decided_on: date | None = Field(
        default=None, description="BT-1451, or the one date of award that the notice gives for all its contracts"
    )
    url: str | None = None
    tender_ids: tuple[str, ...] = ()


class SubmissionCount(Frozen):
    """Number of tenders or requests received, by type (BT-759, BT-760)."""

    type: str | None = Field(
        default=None, description="eForms received-submission-type; None where the portal left the code empty"
    )
    count: int = Field(ge=0)


class LotResult(Frozen):
    """The outcome of one lot."""

    id: str | None = None
    lot_id: str | None = None
    status: str | None = Field(default=None, description="BT-142: selec-w, clos-nw, open-nw")
    non_award_reason: str | None = Field(default=None, description="BT-144")
    tenders_received: int | None = Field(default=None, ge=0)
    tenders_received_basis: str | None = Field(
        default=None, description="how the count was read: tenders, empty-code, t-esubm, ..."
    )
    submissions: tuple[SubmissionCount, ...] = ()
    tenders: tuple[Tender, ...] = ()
    contracts: tuple[Contract, ...] = ()
    values: tuple[Money, ...] = ()

    @property
    def winners(self) -> tuple[Organisation, ...]:
        """Organisations of the winning tenders, in the order of the notice."""
        return tuple(org for tender in self.tenders if tender.winner for org in tender.tenderers)


class Link(Frozen):
    """A reference from this notice to another publication or procedure."""

    relation: str = Field(description="previous, planning, changed, modified, framework, same-procedure, national-copy")
    scheme: str = Field(
        description="eforms-notice-id, eforms-procedure-id, ted-publication-number, portal-reference, url"
    )
    value: str
    lot_id: str | None = None


class Change(Frozen):
    """What a change notice says it changed (BT-13716, BT-140, BT-141)."""

    changed_notice: str | None = Field(default=None, description="BT-758: uuid and version of the notice changed")
    reason: str | None = Field(default=None, description="BT-140 code")
    reason_text: MultilingualText = Field(default_factory=dict)
    sections: tuple[str, ...] = ()
    description: MultilingualText = Field(default_factory=dict)
    documents_changed: bool | None = None
    documents_changed_on: date | None = Field(default=None, description="BT-719")


class Accreditation(Frozen):
    """Belgian contractor recognition: category and class (law of 20 March 1991)."""

    category: str
    level: int = Field(ge=1, le=8)


class ReadingNote(Frozen):
    """Something the reader met that a person should know; never a reason to drop the notice."""

    path: str
    message: str
    printed: str | None = None


class RawAddress(Frozen):
    """Where the raw payload lies in the archive."""

    segment: str = Field(description="archive segment, relative to the archive's URL")
    offset: int = Field(ge=0)
    length: int = Field(ge=0)
    digest: str = Field(description="sha256 of the payload, hexadecimal")
    media_type: str


class Notice(Frozen):
    """One publication on one portal."""

    model_version: Literal["1"] = MODEL_VERSION
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+:\S.*$", max_length=500)] = Field(
        description="<portal>:<native id>, stable"
    )
    portal: str
    country: CountryCode = Field(
        description="country of the portal's jurisdiction or, for an international portal, of the buyer"
    )
    url: str | None = Field(default=None, description="page of the notice on the portal")
    kind: NoticeKind
    subtype: str | None = Field(default=None, description="eForms notice subtype (OPP-070) or the portal's own type")
    notice_type: str | None = Field(default=None, description="BT-02")
    form_type: str | None = Field(default=None, description="BT-03")
    legal_basis: str | None = Field(default=None, description="BT-01")
    format: str = Field(description="what it was read from: eforms-sdk-1.13, be_bda-search-row, ...")

    notice_uuid: str | None = Field(default=None, description="BT-701")
    notice_version: str | None = Field(default=None, description="BT-757")
    publication_number: str | None = Field(
        default=None, description="OPP-010 without leading zeros, such as 622963-2026"
    )
    procedure_id: str | None = Field(default=None, description="BT-04, or the portal's own procedure key")
    references: tuple[str, ...] = Field(
        default=(), description="printed references: dossier number, internal ids; never keys"
    )

    published_at: AwareDatetime | None = Field(default=None, description="instant of this version's publication")
    first_published_on: date | None = None
    dispatched_at: AwareDatetime | None = Field(default=None, description="BT-05")
    cancelled: bool | None = None

    languages: tuple[LanguageCode, ...] = ()
    title: MultilingualText
    description: MultilingualText = Field(default_factory=dict)
    additional_information: MultilingualText = Field(default_factory=dict)
    buyers: tuple[Organisation, ...] = ()
    other_parties: tuple[Organisation, ...] = Field(
        default=(), description="organisations that are neither buyer nor tenderer"
    )
    nature: Nature | None = None
    additional_natures: tuple[Nature, ...] = ()
    classifications: tuple[Classification, ...] = ()
    places: tuple[Place, ...] = ()
    procedure_type: ProcedureType | None = None
    values: tuple[Money, ...] = ()
    framework: Framework | None = None
    duration: Period | None = None
    deadlines: tuple[Deadline, ...] = ()
    question_period: Period | None = None
    question_deadline: AwareDatetime | None = None
    electronic_submission: bool | None = None
    submission_url: str | None = None
    documents: tuple[Document, ...] = ()
    flags: Flags = Flags()
    accreditations: tuple[Accreditation, ...] = ()
    lots: tuple[Lot, ...] = ()
    results: tuple[LotResult, ...] = ()
    links: tuple[Link, ...] = ()
    changes: tuple[Change, ...] = ()
    modification_reason: str | None = Field(default=None, description="BT-200")
    modification_reason_text: MultilingualText = Field(default_factory=dict, description="BT-201")
    modification_description: MultilingualText = Field(default_factory=dict, description="BT-202")

    partial: str | None = Field(default=None, description="why only a part of the notice could be read")
    notes: tuple[ReadingNote, ...] = ()
    raw: RawAddress | None = Field(default=None, description="observation field: not part of the payload digest")

    @property
    def all_lots(self) -> tuple[Lot, ...]:
        """Lots without groups of lots."""
        return tuple(lot for lot in self.lots if lot.kind != "group")

    @property
    def deadline(self) -> Deadline | None:
        """The first instant by which a supplier must act: the notice's own, else the earliest of its lots."""
        found = self.deadlines or tuple(deadline for lot in self.lots for deadline in lot.deadlines)
        return min(found, key=lambda deadline: deadline.at, default=None)

    @property
    def main_cpv(self) -> str | None:
        """Main CPV code of the procedure."""
        return next((item.code for item in self.classifications if item.main), None)

    def text(self, languages: tuple[str, ...] = ("fr", "en", "nl", "de")) -> str:
        """The title in the first of these languages that the notice has, else in its own first language."""
        return best_text(self.title, languages)


def best_text(texts: MultilingualText, languages: tuple[str, ...]) -> str:
    """The text in the first of `languages` present, else the first text there is, else an empty string."""
    for language in languages:
        if texts.get(language):
            return texts[language]
    return next(iter(texts.values()), "")
