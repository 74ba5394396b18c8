"""What the search row and the workspace of the federal platform say of a notice, as parts of the common model."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from crawlers.engines.record import Account, Record
from crawlers.portals.be_bda import printed
from notices.model import (
    Accreditation,
    Classification,
    Lot,
    MultilingualText,
    Nature,
    Period,
    Place,
)
from notices.vocabularies import languages


@dataclass
class PortalFacts:
    """Everything that the portal says around the eForms document. Empty where a part is not at hand."""

    native_id: str | None = None
    published: list[datetime] = field(default_factory=list)
    first_published_on: date | None = None
    sent_at: datetime | None = None
    procedure_id: str | None = None
    references: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    title: MultilingualText = field(default_factory=dict)
    description: MultilingualText = field(default_factory=dict)
    subtype: str | None = None
    form_type: str | None = None
    legal_basis: str | None = None
    procedures: tuple[str, ...] = ()
    technique: str | None = None
    natures: tuple[Nature, ...] = ()
    classifications: tuple[Classification, ...] = ()
    places: tuple[Place, ...] = ()
    lots: tuple[Lot, ...] = ()
    reserved: bool | None = None
    deadline: datetime | None = None
    question_period: Period | None = None
    accreditations: tuple[Accreditation, ...] = ()
    organisation_id: str | None = None
    organisation_names: MultilingualText = field(default_factory=dict)
    cbe_number: str | None = None
    cancelled_at: str | None = None
    notice_ids: tuple[str, ...] = ()


def read_row(row: Record, account: Account, facts: PortalFacts) -> None:
    """The search row (dossier 2.2)."""
    facts.native_id = row.string("publicationWorkspaceId")
    facts.published = printed.instants(row.strings("publishedAt"))
    sent = printed.instants(row.strings("sentAt"))
    facts.sent_at = sent[-1] if sent else None
    first = facts.published[0].date() if facts.published else None
    facts.first_published_on = printed.day(row.string("insertionDate")) or first
    facts.procedure_id = row.string("procedureId")
    facts.notice_ids = row.strings("noticeIds")
    facts.languages = _languages(row.strings("publicationLanguages"))
    facts.subtype = row.string("noticeSubType")
    facts.natures = printed.natures(row)
    facts.classifications = printed.classifications(row)
    facts.places = printed.places(row)
    facts.deadline = printed.instant(row.string("vaultSubmissionDeadline"))
    facts.cancelled_at = row.string("cancelledAt")
    _read_dossier(row, account, facts)
    _read_lots(row, facts)
    _read_organisation(row.record("organisation"), facts)
    row.ignore("publicationDate", "dispatchDate", "publicationType", "tedPublished")


def _read_dossier(row: Record, account: Account, facts: PortalFacts) -> None:
    dossier = row.record("dossier")
    references = (
        row.string("referenceNumber"),
        dossier.string("number"),
        dossier.string("referenceNumber"),
        *row.strings("publicationReferenceNumbersBDA"),
        *row.strings("publicationReferenceNumbersTED"),
    )
    facts.references = tuple(dict.fromkeys(filter(None, references)))
    facts.title = dossier.lines("titles")
    facts.description = dossier.texts("descriptions")
    basis = dossier.string("legalBasis")
    facts.legal_basis = printed.LEGAL_BASES.get(basis or "")
    if basis and facts.legal_basis is None:
        account.note(f"{dossier.path}.legalBasis", "This legal basis is unknown.", basis)
    procedure = dossier.string("procurementProcedureType")
    facts.procedures = (procedure,) if procedure else ()
    facts.technique = dossier.string("specialPurchasingTechnique")
    facts.accreditations = printed.accreditations(dossier, account)


def _read_lots(row: Record, facts: PortalFacts) -> None:
    """Lots of a row have no number: their position stands for it. Reservation is said per lot."""
    lots: list[Lot] = []
    said: set[str] = set()
    for position, lot in enumerate(row.records("lots"), start=1):
        lots.append(Lot(id=str(position), title=lot.lines("titles"), description=lot.texts("descriptions")))
        said |= {*lot.strings("reservedExecution"), *lot.strings("reservedParticipation")}
    facts.lots = tuple(lots)
    if said:
        facts.reserved = bool(said - {"NO", "NONE"})


def _read_organisation(organisation: Record, facts: PortalFacts) -> None:
    number = organisation.number("organisationId")
    facts.organisation_id = None if number is None else str(number)
    facts.organisation_names = organisation.lines("organisationNames")
    organisation.ignore("tree")


def read_workspace(workspace: Record, account: Account, facts: PortalFacts) -> None:
    """The workspace (dossier 3.1), without its versions. What the row said already stays."""
    facts.native_id = facts.native_id or workspace.string("id")
    number = workspace.number("organisationId")
    if facts.organisation_id is None and number is not None:
        facts.organisation_id = str(number)
    facts.organisation_names = {**workspace.lines("organisationNames"), **facts.organisation_names}
    subtype = workspace.string("noticeSubType")
    facts.subtype = facts.subtype or subtype
    facts.form_type = workspace.string("formType")
    dossier, suffix = workspace.string("dossierReferenceNumber"), workspace.string("referenceNumber")
    full = (f"{dossier}_{suffix}", dossier) if dossier and suffix else (dossier,)
    facts.references = tuple(dict.fromkeys(filter(None, (*facts.references, *full))))
    _read_vault(workspace, account, facts)
    _read_forum(workspace, facts)
    for form in workspace.records("activePolicyForms"):
        form.ignore("type", "isComplete")
    workspace.ignore(
        "id", "noticeSubType", "noticeType", "version", "dossierId", "dossierStatus", "createdAt", "status", "migrated"
    )


def _read_vault(workspace: Record, account: Account, facts: PortalFacts) -> None:
    vault = workspace.record("vault")
    deadline = printed.instant(vault.string("submissionDeadline"))
    if facts.deadline and deadline and deadline != facts.deadline:
        account.note(
            "workspace.vault.submissionDeadline",
            "The vault closes at another time than the portal's list says; the vault is believed.",
            deadline.isoformat(),
        )
    facts.deadline = deadline or facts.deadline
    vault.ignore(*_VAULT_HABITS)


_VAULT_HABITS = (
    "id", "version", "type", "dossierStatus", "allowPrices", "hashCodeOnly", "submissionReportSignatureMandatory",
    "closesAutomatically", "delayBeforeOpening", "buyersRequiredForOpening", "createdAt", "activatedAt", "endsAt",
)  # fmt: skip


def _read_forum(workspace: Record, facts: PortalFacts) -> None:
    forum = workspace.record("forum")
    start, end = printed.day(forum.string("opensOn")), printed.day(forum.string("closesOn"))
    if start or end:
        facts.question_period = Period(start=start, end=end)
    forum.ignore("id", "version", "questionVisibility")


def read_version(version: Record, facts: PortalFacts) -> None:
    """The published version in force (dossier 3.1), without its document."""
    snapshot = version.record("dossierSnapshot")
    facts.title = {**snapshot.lines("titles"), **facts.title}
    facts.description = {**snapshot.texts("descriptions"), **facts.description}
    procedure_id, legal_basis = snapshot.string("procedureIdentifier"), snapshot.string("legalBasis")
    spoken = _languages(snapshot.strings("languages"))
    facts.procedure_id = facts.procedure_id or procedure_id
    facts.legal_basis = facts.legal_basis or legal_basis
    facts.languages = facts.languages or spoken
    if procedure := snapshot.string("procurementProcedureType"):
        facts.procedures = (*facts.procedures, procedure)
    facts.lots = _snapshot_lots(snapshot) or facts.lots
    facts.deadline = facts.deadline or printed.instant(version.string("submissionDeadline"))
    _date_without_row(version, facts)
    snapshot.ignore("id", "createdAt", "dossierId", "referenceNumber", "mainNature", "mainCpvId")
    version.ignore(
        "id", "createdAt", "publishAsap", "preferredPublicationDateOnTed", "publicationPolicy", "version", "status",
        "dispatchDate", "submissionDeadline", "sentAt", "activationDate",
    )  # fmt: skip


def _snapshot_lots(snapshot: Record) -> tuple[Lot, ...]:
    found: list[Lot] = []
    for lot in snapshot.records("lotSnapshots"):
        identifier = lot.string("lotIdentifier") or str(lot.number("lotNumber") or len(found) + 1)
        found.append(Lot(id=identifier, title=lot.lines("titles"), description=lot.texts("descriptions")))
        lot.ignore(
            "id", "lotId", "lotNumber", "status", "mainNature", "mainCpvId", "additionalCpvIds", "placesOfPerformance"
        )
    return tuple(found)


def _date_without_row(version: Record, facts: PortalFacts) -> None:
    """Without a row, a version is dated by its sending, or by the day it became active where that is later."""
    if facts.published:
        return
    sent, active = printed.instant(version.string("sentAt")), printed.day(version.string("activationDate"))
    facts.sent_at = facts.sent_at or sent
    if sent and (active is None or sent.date() == active):
        facts.published = [sent]
    elif active and (start := printed.instant(f"{active}T00:00:00")):
        facts.published = [start]


def _languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(short for code in codes if (short := languages.iso1(code)))
