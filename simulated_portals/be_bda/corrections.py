"""What happens to a publication after it was published: a deadline moves, a call is withdrawn.

Each makes a new version, with a new notice id and an `efac:Changes` that names the notice it replaces.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from lxml import etree

from simulated_portals.be_bda.publications import Publication, PublishedVersion, derived_id
from simulated_portals.be_bda.xml_names import CAC, CBC, EFAC, EFBC, brussels_date, brussels_time, document

REASONS = {
    "update-add": {
        "FRA": "La date limite de réception est reportée.",
        "NLD": "De uiterste datum van ontvangst wordt verdaagd.",
        "DEU": "Die Frist für den Eingang wird verlängert.",
        "ENG": "The time limit for receipt is extended.",
    },
    "cancel": {
        "FRA": "Le pouvoir adjudicateur renonce à passer le marché.",
        "NLD": "De aanbestedende overheid ziet af van het plaatsen van de opdracht.",
        "DEU": "Der öffentliche Auftraggeber verzichtet auf die Vergabe des Auftrags.",
        "ENG": "The contracting authority has decided not to award the contract.",
    },
}
DESCRIPTIONS = {
    "FRA": "Date limite de réception: {before} devient {after}.",
    "NLD": "Uiterste datum van ontvangst: {before} wordt {after}.",
    "DEU": "Frist für den Eingang: {before} wird {after}.",
    "ENG": "Time limit for receipt: {before} becomes {after}.",
}
_PERIODS = ("TenderSubmissionDeadlinePeriod", "ParticipationRequestReceptionPeriod")


def rectified(publication: Publication, at: datetime, new_deadline: datetime) -> Publication:
    """The publication after its deadline moved; `at` and `new_deadline` are naive Brussels times.

    Raises `ValueError` for a publication that has no deadline to move.
    """
    if publication.deadline is None:
        raise ValueError(f"{publication.workspace_id} has no deadline that could move")
    return publication.with_version(_next_version(publication, at, new_deadline, "update-add"))


def cancelled(publication: Publication, at: datetime) -> Publication:
    """The publication after the buyer withdrew the call. `at` is a naive Brussels time."""
    version = _next_version(publication, at, publication.latest.deadline, "cancel")
    return publication.with_version(version, cancelled_at=at)


def _next_version(publication: Publication, at: datetime, deadline: datetime | None, reason: str) -> PublishedVersion:
    before = publication.latest
    number = before.number + 1
    notice_id = derived_id(publication.workspace_id, "notice", number, at.isoformat())
    version = PublishedVersion(notice_id, number, at, at, at.date(), deadline)
    if before.read_xml is None:
        return version
    read = partial(_corrected_xml, before, version, reason)
    return PublishedVersion(notice_id, number, at, at, at.date(), deadline, read)


def _corrected_xml(before: PublishedVersion, after: PublishedVersion, reason: str) -> str:
    if before.read_xml is None:
        raise ValueError(f"notice {before.notice_id} has no document to correct")
    root = etree.fromstring(before.read_xml().encode())
    _set(root, "ID", after.notice_id)
    _set(root, "VersionID", f"{after.number:02d}")
    _set(root, "IssueDate", brussels_date(after.published_at))
    _set(root, "RequestedPublicationDate", brussels_date(after.published_at.date()))
    if after.deadline and after.deadline != before.deadline:
        _move_deadlines(root, after.deadline)
    _say_what_changed(root, before, after, reason)
    return document(root)


def _set(root: etree._Element, name: str, text: str) -> None:
    child = root.find(f"{{{CBC}}}{name}")
    if child is not None:
        child.text = text


def _move_deadlines(root: etree._Element, deadline: datetime) -> None:
    for name in _PERIODS:
        for period in root.iter(f"{{{CAC}}}{name}"):
            _set(period, "EndDate", brussels_date(deadline))
            _set(period, "EndTime", brussels_time(deadline))


def _say_what_changed(root: etree._Element, before: PublishedVersion, after: PublishedVersion, reason: str) -> None:
    sub_type = next(root.iter(f"{{{EFAC}}}NoticeSubType"), None)
    extension = sub_type.getparent() if sub_type is not None else None
    if sub_type is None or extension is None:
        return
    sent = extension.find(f"{{{EFBC}}}TransmissionDate")
    if sent is not None:
        sent.text = brussels_date(after.published_at.date())
    for earlier in extension.findall(f"{{{EFAC}}}Changes"):
        extension.remove(earlier)
    language = root.findtext(f"{{{CBC}}}NoticeLanguageCode") or "FRA"
    changes = etree.Element(f"{{{EFAC}}}Changes")
    _text(changes, EFBC, "ChangedNoticeIdentifier", f"{before.notice_id}-{before.number:02d}")
    if reason != "cancel":
        _describe(changes, language, before, after, root)
    why = etree.SubElement(changes, f"{{{EFAC}}}ChangeReason")
    _text(why, CBC, "ReasonCode", reason, listName="change-corrig-justification")
    _text(why, EFBC, "ReasonDescription", REASONS[reason].get(language, REASONS[reason]["ENG"]), languageID=language)
    extension.insert(extension.index(sub_type), changes)


def _describe(
    changes: etree._Element,
    language: str,
    before: PublishedVersion,
    after: PublishedVersion,
    root: etree._Element,
) -> None:
    sentence = DESCRIPTIONS.get(language, DESCRIPTIONS["ENG"]).format(
        before=_printed(before.deadline), after=_printed(after.deadline)
    )
    change = etree.SubElement(changes, f"{{{EFAC}}}Change")
    _text(change, EFBC, "ChangeDescription", sentence, languageID=language)
    for lot in root.findall(f"{{{CAC}}}ProcurementProjectLot"):
        section = etree.SubElement(change, f"{{{EFAC}}}ChangedSection")
        _text(section, EFBC, "ChangedSectionIdentifier", lot.findtext(f"{{{CBC}}}ID") or "LOT-0001")


def _printed(instant: datetime | None) -> str:
    return instant.strftime("%d/%m/%Y %H:%M") if instant else "-"


def _text(parent: etree._Element, namespace: str, name: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}", attributes).text = text
