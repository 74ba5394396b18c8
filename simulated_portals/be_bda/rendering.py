"""How the portal prints a publication: the row of a search answer and the workspace behind it.

Keys, their order, their habits (shuffled arrays, naive times, a `DRAFT` status that means nothing) follow the portal's
dossier, sections 2.2 and 3.1.
"""

from __future__ import annotations

import random
import zlib
from datetime import datetime
from typing import Any

from simulated_portals.be_bda.publications import (
    Buyer,
    Publication,
    PublishedLot,
    PublishedVersion,
    Texts,
    derived_id,
)
from simulated_portals.be_bda.reference_tables import COUNTRY_ID, ReferenceTables

LEGAL_BASES = {"D23": "32014L0023", "D24": "32014L0024", "D25": "32014L0025", "D81": "32009L0081"}
NATURE_IDS = {"WORKS": 1, "SUPPLIES": 2, "SERVICES": 3}
NOTICE_TYPES = {"COMPETITION": "cn-general", "AWARD": "can-general", "PLANNING": "pin-general"}
DIRECT_PROCEDURES = ("NEG_WO_CALL",)

Json = dict[str, Any]


def naive(instant: datetime) -> str:
    """A time of the portal: local, without zone, with microseconds only where there are some."""
    text = instant.isoformat()
    return text.rstrip("0") if "." in text else text


def texts(values: Texts, order: random.Random | None = None) -> list[Json]:
    """Texts in the portal's shape."""
    shown = [{"language": language, "text": text} for language, text in values.items()]
    if order:
        order.shuffle(shown)
    return shown


def number_of(identifier: str, below: int = 2_000_000) -> int:
    """A stable internal number for an identifier."""
    return zlib.crc32(identifier.encode()) % below


class Renderer:
    """Prints publications, with the portal's reference tables at hand."""

    def __init__(self, tables: ReferenceTables) -> None:
        self._tables = tables

    def row(self, publication: Publication) -> Json:
        """The row of a search answer."""
        order = random.Random(publication.workspace_id)
        main = self._cpv(publication.cpv_main, order)
        row: Json = {
            "cpvAdditionalCodes": [self._cpv(code, order) for code in publication.cpv_additional] or [main],
            "cpvMainCode": main,
            "dispatchDate": publication.latest.dispatch_date.isoformat(),
            "dossier": self._dossier(publication, order),
            "insertionDate": publication.versions[0].published_at.date().isoformat(),
            "lots": [_row_lot(publication, lot, order) for lot in publication.lots],
            "natures": list(publication.natures),
            "noticeIds": [version.notice_id for version in publication.versions],
            "noticeSubType": publication.sub_type,
            "nutsCodes": list(publication.nuts_codes),
            "organisation": _row_organisation(publication.buyer, order),
            "procedureId": publication.procedure_id,
            "publicationDate": publication.publication_date.isoformat(),
            "publicationLanguages": list(publication.languages),
            "publicationReferenceNumbersBDA": [publication.reference_number],
            "publicationReferenceNumbersTED": [],
            "publicationType": "ACTIVE",
            "publicationWorkspaceId": publication.workspace_id,
            **_row_instants(publication, order),
            "referenceNumber": publication.reference_number,
            "tedPublished": publication.ted,
        }
        if publication.deadline:
            row["vaultSubmissionDeadline"] = naive(publication.deadline)
        if publication.cancelled_at:
            row = {"cancelledAt": naive(publication.cancelled_at), **row}
        return row

    def _cpv(self, code: str, order: random.Random) -> Json:
        entry = self._tables.cpv(code)
        return {"code": entry.code_with_check_digit, "descriptions": texts(entry.labels, order)}

    def _dossier(self, publication: Publication, order: random.Random) -> Json:
        dossier: Json = {
            "accreditations": publication.accreditations,
            "descriptions": texts(publication.descriptions, order),
            "enterpriseCategories": [
                {"categoryCode": code, "levels": order.sample(range(1, level + 1), level)}
                for code, level in publication.accreditations.items()
            ],
            "legalBasis": publication.legal_basis,
            "number": publication.dossier_number,
        }
        if publication.procedure_type:
            dossier["procurementProcedureType"] = publication.procedure_type
        dossier["referenceNumber"] = publication.dossier_number
        if publication.technique:
            dossier["specialPurchasingTechnique"] = publication.technique
        dossier["titles"] = texts(publication.titles, order)
        return dossier

    def workspace(self, publication: Publication, xml_of: dict[str, str | None]) -> Json:
        """The answer of `GET /api/dos/publication-workspaces/{id}`; `xml_of` gives each notice's document."""
        first = publication.versions[0]
        workspace: Json = {
            "id": publication.workspace_id,
            "organisationId": publication.buyer.organisation_id,
            "organisationNames": texts(publication.buyer.names, random.Random(publication.workspace_id)),
            "noticeSubType": publication.sub_type,
            "noticeType": NOTICE_TYPES[publication.form_type],
            "formType": publication.form_type,
            "versions": [self._version(publication, version, xml_of) for version in publication.versions],
            "version": 1 + len(publication.versions),
            "referenceNumber": publication.suffix,
            "dossierId": number_of(publication.procedure_id),
            "dossierReferenceNumber": publication.dossier_number,
            "dossierStatus": "DRAFT",
            "createdAt": naive(first.sent_at),
            "status": "PUBLISHED",
        }
        if publication.form_type == "COMPETITION":
            workspace["vault"] = _vault(publication)
            workspace["forum"] = _forum(publication)
        if publication.form_type == "AWARD" and not publication.migrated:
            workspace["activePolicyForms"] = [{"type": "SME_PARTICIPATION", "isComplete": True}]
        workspace["migrated"] = publication.migrated
        return workspace

    def _version(self, publication: Publication, version: PublishedVersion, xml_of: dict[str, str | None]) -> Json:
        shown: Json = {
            "id": derived_id(publication.workspace_id, "version", version.number),
            "dispatchDate": version.dispatch_date.isoformat(),
            "activationDate": version.published_at.date().isoformat(),
            "createdAt": naive(version.sent_at),
            "sentAt": naive(version.sent_at),
            "publishAsap": True,
            "publicationPolicy": "BDA_AFTER_TED" if publication.ted else "BDA_ONLY",
            "version": 4 + version.number,
            "status": "PUBLISHED",
            "notice": _notice(publication, version, xml_of.get(version.notice_id)),
            "dossierSnapshot": self._snapshot(publication, version),
        }
        if version.deadline and publication.form_type != "AWARD":
            shown["submissionDeadline"] = naive(version.deadline)
        if publication.ted:
            shown["preferredPublicationDateOnTed"] = version.published_at.date().isoformat()
        return shown

    def _snapshot(self, publication: Publication, version: PublishedVersion) -> Json:
        snapshot: Json = {
            "id": derived_id(publication.workspace_id, "snapshot", version.number),
            "createdAt": naive(version.published_at),
            "dossierId": number_of(publication.procedure_id),
            "referenceNumber": publication.dossier_number,
            "titles": texts(publication.titles),
            "descriptions": texts(publication.descriptions),
            "mainNature": NATURE_IDS[publication.natures[0]] if publication.natures else 3,
            "mainCpvId": self._tables.cpv(publication.cpv_main).row_id,
            "legalBasis": LEGAL_BASES[publication.legal_basis],
            "languages": list(publication.languages),
            "procedureIdentifier": publication.procedure_id,
            "lotSnapshots": [
                self._lot_snapshot(publication, number, lot) for number, lot in enumerate(publication.lots, 1)
            ],
        }
        if publication.procedure_type:
            snapshot["procurementProcedureType"] = publication.procedure_type.lower().replace("_", "-")
        return snapshot

    def _lot_snapshot(self, publication: Publication, number: int, lot: PublishedLot) -> Json:
        cpv = self._tables.cpv(lot.cpv_main or publication.cpv_main).row_id
        additional = [self._tables.cpv(code).row_id for code in lot.cpv_additional]
        return {
            "id": derived_id(publication.workspace_id, "lot", number),
            "lotId": number_of(f"{publication.workspace_id}/{number}"),
            "lotNumber": number,
            "lotIdentifier": lot.identifier,
            "status": "ACTIVE",
            "titles": texts(lot.titles),
            "descriptions": texts(lot.descriptions),
            "mainNature": NATURE_IDS[publication.natures[0]] if publication.natures else 3,
            "mainCpvId": cpv,
            "additionalCpvIds": additional or [cpv],
            "placesOfPerformance": [
                {"nutsId": self._tables.nuts_id(code), "countryId": COUNTRY_ID}
                for code in (lot.places or publication.nuts_codes)
                if self._tables.nuts_id(code) is not None
            ],
        }


def _row_lot(publication: Publication, lot: PublishedLot, order: random.Random) -> Json:
    shown: Json = {"descriptions": texts(lot.descriptions, order)}
    # The reserved* keys are missing where there was no call: 11 of 25 rows of the capture.
    if not (publication.procedure_type or "").startswith(DIRECT_PROCEDURES) or publication.form_type == "COMPETITION":
        shown["reservedExecution"] = ["NO"]
        shown["reservedParticipation"] = ["NONE"]
    shown["titles"] = texts(lot.titles, order)
    return shown


def _row_organisation(buyer: Buyer, order: random.Random) -> Json:
    return {
        "organisationId": buyer.organisation_id,
        "organisationNames": texts(buyer.names, order),
        "tree": ".".join(str(level) for level in buyer.tree),
    }


def _row_instants(publication: Publication, order: random.Random) -> Json:
    versions = list(publication.versions)
    order.shuffle(versions)
    return {
        "publishedAt": [naive(version.published_at) for version in versions],
        "sentAt": [naive(version.sent_at) for version in versions],
    }


def _notice(publication: Publication, version: PublishedVersion, xml: str | None) -> Json:
    notice: Json = {"id": version.notice_id}
    if xml is not None:
        notice["xmlContent"] = xml
    notice |= {
        "version": 3 + version.number,
        "noticeVersion": version.number,
        "createdAt": naive(version.sent_at),
        "sdkVersion": "1.13",
        "validityReport": {"level": "VALID"},
        "subType": publication.sub_type,
    }
    return notice


def _vault(publication: Publication) -> Json:
    vault: Json = {
        "id": derived_id(publication.workspace_id, "vault"),
        "version": len(publication.versions),
        "type": "STANDARD",
        "dossierStatus": "DRAFT",
        "allowPrices": False,
        "hashCodeOnly": False,
        "submissionReportSignatureMandatory": True,
        "closesAutomatically": True,
        "delayBeforeOpening": 0,
        "buyersRequiredForOpening": 1,
        "createdAt": naive(publication.versions[0].sent_at),
        "activatedAt": naive(publication.versions[0].published_at),
    }
    if publication.deadline:
        vault |= {"submissionDeadline": naive(publication.deadline), "endsAt": naive(publication.deadline)}
    return vault


def _forum(publication: Publication) -> Json:
    forum: Json = {"id": derived_id(publication.workspace_id, "forum"), "version": 3}
    if publication.question_period:
        opens, closes = publication.question_period
        forum |= {"opensOn": opens.isoformat(), "closesOn": closes.isoformat()}
    return forum | {"questionVisibility": "WHEN_ANSWERED"}
