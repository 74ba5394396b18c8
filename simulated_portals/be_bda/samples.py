"""Real notices as publications: a folder of eForms files, one folder per publication date, named by workspace id.

Reads the few facts that the portal's answers repeat outside the document. This is an extraction of its own, by
namespace URI, so that a crawl of the simulated portal also checks the product's reader against another one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from lxml import etree

from simulated_portals.be_bda.publications import Buyer, Publication, PublishedLot, PublishedVersion, Texts
from simulated_portals.be_bda.xml_names import BRUSSELS, CAC, CBC, EFAC

LANGUAGES = {"FRA": "FR", "NLD": "NL", "DEU": "DE", "ENG": "EN"}
LEGAL_BASES = {"32014L0023": "D23", "32014L0024": "D24", "32014L0025": "D25", "32009L0081": "D81"}
_PERIODS = ("TenderSubmissionDeadlinePeriod", "ParticipationRequestReceptionPeriod")
_ORGANISATION_SUFFIX = re.compile(r"_(\d{1,6})$")


def read_samples(folder: Path) -> tuple[Publication, ...]:
    """All notices below `folder` (`YYYY-MM-DD/<workspace id>.xml`).

    Raises `ValueError` for a folder without any and for a file that is not an eForms notice.
    """
    found = tuple(_publications(folder))
    if not found:
        raise ValueError(f"no sample notices below {folder}: expected YYYY-MM-DD/<workspace id>.xml")
    return found


def _publications(folder: Path) -> Iterator[Publication]:
    for day_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
        day = date.fromisoformat(day_folder.name)
        for number, file in enumerate(sorted(day_folder.glob("*.xml"))):
            yield publication_of(file, datetime.combine(day, time(8, 1)) + timedelta(minutes=number % 600))


def publication_of(file: Path, published_at: datetime) -> Publication:
    """The publication of one file. Raises `ValueError` when it is not an eForms notice."""
    # The files are large trusted fixtures; entities and network stay off all the same.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.parse(file, parser).getroot()
    except etree.XMLSyntaxError as problem:
        raise ValueError(f"{file.name} is not XML: {problem}") from problem
    project = root.find(f"{{{CAC}}}ProcurementProject")
    notice_id = root.findtext(f"{{{CBC}}}ID")
    if project is None or not notice_id:
        raise ValueError(f"{file.name} is not an eForms notice: no notice id or no project")
    reference = project.findtext(f"{{{CBC}}}ID") or notice_id[:8]
    places = _places(root)
    return Publication(
        workspace_id=file.stem,
        procedure_id=root.findtext(f"{{{CBC}}}ContractFolderID") or notice_id,
        dossier_number=reference.strip(),
        suffix="001" if reference.startswith("PPP") else "pub01",
        sub_type=next(root.iter(f"{{{CBC}}}SubTypeCode")).text or "",
        titles=_texts(project, "Name"),
        descriptions=_texts(project, "Description"),
        lots=tuple(_lot(lot) for lot in root.findall(f"{{{CAC}}}ProcurementProjectLot")),
        cpv_main=_codes(project, "MainCommodityClassification")[0],
        cpv_additional=tuple(_codes(project, "AdditionalCommodityClassification")),
        natures=tuple((project.findtext(f"{{{CBC}}}ProcurementTypeCode") or "services").upper().split()),
        nuts_codes=places,
        buyer=_buyer(root),
        languages=_languages(root),
        versions=(_version(root, file, notice_id, published_at),),
        legal_basis=LEGAL_BASES.get(root.findtext(f"{{{CBC}}}RegulatoryDomain") or "", "D24"),
        procedure_type=_procedure_type(root),
    )


def _texts(parent: etree._Element, name: str) -> Texts:
    return {
        LANGUAGES.get(child.get("languageID", ""), "EN"): " ".join((child.text or "").split())
        for child in parent.findall(f"{{{CBC}}}{name}")
    }


def _codes(parent: etree._Element, name: str) -> list[str]:
    path = f"{{{CAC}}}{name}/{{{CBC}}}ItemClassificationCode"
    return [code.text or "" for code in parent.findall(path)] or ([] if name.startswith("Additional") else ["00000000"])


def _places(parent: etree._Element) -> tuple[str, ...]:
    """NUTS codes of performance, without repetition."""
    path = f"{{{CAC}}}RealizedLocation/{{{CAC}}}Address/{{{CBC}}}CountrySubentityCode"
    found = (
        code.text or "" for project in parent.iter(f"{{{CAC}}}ProcurementProject") for code in project.findall(path)
    )
    return tuple(dict.fromkeys(code for code in found if code))


def _lot(lot: etree._Element) -> PublishedLot:
    project = lot.find(f"{{{CAC}}}ProcurementProject")
    if project is None:
        return PublishedLot(lot.findtext(f"{{{CBC}}}ID") or "LOT-0001", {}, {})
    return PublishedLot(
        identifier=lot.findtext(f"{{{CBC}}}ID") or "LOT-0001",
        titles=_texts(project, "Name"),
        descriptions=_texts(project, "Description"),
        cpv_main=_codes(project, "MainCommodityClassification")[0],
        cpv_additional=tuple(_codes(project, "AdditionalCommodityClassification")),
        places=_places(lot),
    )


def _languages(root: etree._Element) -> tuple[str, ...]:
    codes = [root.findtext(f"{{{CBC}}}NoticeLanguageCode") or ""]
    codes += [code.text or "" for code in root.findall(f"{{{CAC}}}AdditionalNoticeLanguage/{{{CBC}}}ID")]
    return tuple(LANGUAGES[code] for code in codes if code in LANGUAGES)


def _procedure_type(root: etree._Element) -> str | None:
    code = root.findtext(f"{{{CAC}}}TenderingProcess/{{{CBC}}}ProcedureCode")
    directive = "25" if root.findtext(f"{{{CBC}}}RegulatoryDomain") == "32014L0025" else "24"
    known = {
        "open": "OPEN",
        "restricted": "RESTRICTED",
        "neg-w-call": "S_NEG_W_CALL_24_81",
        "neg-wo-call": f"NEG_WO_CALL_{directive}",
        "oth-single": f"NEG_WO_CALL_{directive}",
    }
    return known.get(code or "")


def _buyer(root: etree._Element) -> Buyer:
    wanted = root.findtext(f"{{{CAC}}}ContractingParty/{{{CAC}}}Party/{{{CAC}}}PartyIdentification/{{{CBC}}}ID")
    for company in root.iter(f"{{{EFAC}}}Company"):
        if company.findtext(f"{{{CAC}}}PartyIdentification/{{{CBC}}}ID") == wanted:
            return _buyer_of(company)
    raise ValueError(f"the buyer {wanted} is not among the organisations")


def _buyer_of(company: etree._Element) -> Buyer:
    names = {
        LANGUAGES.get(name.get("languageID", ""), "EN"): (name.text or "").strip()
        for name in company.findall(f"{{{CAC}}}PartyName/{{{CBC}}}Name")
    }
    printed = company.findtext(f"{{{CAC}}}PartyLegalEntity/{{{CBC}}}CompanyID") or ""
    suffix = _ORGANISATION_SUFFIX.search(printed)
    number = int(suffix[1]) if suffix else 10_000 + zlib.crc32(min(names.values()).encode()) % 90_000
    digits = re.sub(r"\D", "", printed.split("_")[0]).rjust(10, "0")
    valid = len(digits) == 10 and 97 - int(digits[:8]) % 97 == int(digits[8:])
    return Buyer(number, names, (200_004, 200_021, number), digits if valid else None)


def _deadline(root: etree._Element) -> datetime | None:
    """The first deadline of the lots, as the portal prints it: naive Brussels time."""
    for name in _PERIODS:
        for period in root.iter(f"{{{CAC}}}{name}"):
            day, hour = period.findtext(f"{{{CBC}}}EndDate"), period.findtext(f"{{{CBC}}}EndTime")
            if day:
                offset = day[10:] or "+00:00"
                instant = datetime.fromisoformat(f"{day[:10]}T{hour or '00:00:00' + offset}")
                return instant.astimezone(BRUSSELS).replace(tzinfo=None)
    return None


def _version(root: etree._Element, file: Path, notice_id: str, published_at: datetime) -> PublishedVersion:
    issued = root.findtext(f"{{{CBC}}}IssueDate")
    exact = published_at + timedelta(seconds=45, microseconds=14_000 + zlib.crc32(notice_id.encode()) % 9_999)
    return PublishedVersion(
        notice_id=notice_id,
        number=int(root.findtext(f"{{{CBC}}}VersionID") or "1"),
        published_at=exact,
        sent_at=exact,
        dispatch_date=date.fromisoformat(issued[:10]) if issued else published_at.date(),
        deadline=_deadline(root),
        read_xml=partial(file.read_text, encoding="utf-8"),
    )
