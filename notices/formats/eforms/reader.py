"""From the bytes of an eForms notice to a `Notice`: parse, walk, check what is mandatory, build."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final

from lxml.etree import _Element as Element
from pydantic import ValidationError

from notices.formats.eforms import leaves
from notices.formats.eforms.changes import cancel_all
from notices.formats.eforms.document import DocumentDraft, read_document
from notices.formats.eforms.names import clark
from notices.formats.eforms.outcomes import Outcomes
from notices.formats.eforms.walk import Walk
from notices.formats.eforms.xml import DEFAULT_LIMIT, parse
from notices.formats.errors import FormatReason, NoticeFormatError, misfit
from notices.formats.reading import Reading, ReadingContext
from notices.model import Change, Link, Lot, MultilingualText, Notice, NoticeKind, Organisation
from notices.vocabularies import subtypes

_KINDS: Final = {
    "planning": NoticeKind.PLANNING,
    "consultation": NoticeKind.CONSULTATION,
    "competition": NoticeKind.COMPETITION,
    "dir-awa-pre": NoticeKind.DIRECT_AWARD,
    "result": NoticeKind.RESULT,
    "cont-modif": NoticeKind.MODIFICATION,
    "completion": NoticeKind.COMPLETION,
    "bri": NoticeKind.REGISTRATION,
    # Change notices of SDK 1.6 and earlier (code `corr`); newer ones keep the form of the notice they change.
    "change": NoticeKind.CHANGE,
}
"""Notice kind by form type (BT-03)."""

_LANGUAGE: Final = clark("cbc:NoticeLanguageCode")


def read_eforms(payload: bytes, *, context: ReadingContext, limit: int = DEFAULT_LIMIT) -> Reading:
    """Read the bytes of an eForms notice (SDK 1.x, every subtype).

    Pure: no network, no clock, no database. Raises `NoticeFormatError` when the payload is over `limit` bytes, is not
    an eForms document, or lacks what no notice can lack: its id, type, title or buyer.
    """
    root = parse(payload, limit)
    walk = Walk(_first_language(root), context.zone)
    try:
        draft = read_document(root, walk)
        kind = _checked_kind(draft, walk, root)
        notice = _Builder(draft, walk, root, context, kind).build()
    except ValidationError as error:
        raise misfit(error) from error
    return Reading(notice=notice, unread=walk.unread())


def _first_language(root: Element) -> str:
    """The notice language: organisations come before it and fall back on it."""
    text = (root.findtext(_LANGUAGE) or "").strip()
    return (leaves.language_code(text) if text else None) or "und"


def _checked_kind(draft: DocumentDraft, walk: Walk, root: Element) -> NoticeKind:
    """The kind, after the fields that no notice can lack have been seen."""
    if not draft.notice_type:
        raise _missing("its type (BT-02)", "cbc:NoticeTypeCode")
    if not draft.uuid:
        raise _missing("its identifier (BT-701)", "cbc:ID")
    known = subtypes.get(draft.subtype) if draft.subtype else None
    if draft.subtype is None:
        walk.note(root, "The notice does not say its subtype (OPP-070).")
    elif known is None:
        walk.note(root, "This notice subtype is unknown.", draft.subtype)
    form_type = draft.form_type or (known.form_type if known else "")
    kind = _KINDS.get(form_type)
    if kind is None:
        raise NoticeFormatError(
            FormatReason.MISSING,
            f"The form type of the notice (BT-03) is {form_type!r}, which is not known.",
            path="cbc:NoticeTypeCode/@listName",
            printed=form_type,
        )
    if kind is not NoticeKind.REGISTRATION and not any(buyer.references for buyer in draft.buyers):
        raise _missing("its buyer (OPT-300)", "cac:ContractingParty/cac:Party/cac:PartyIdentification/cbc:ID")
    return kind


def _missing(what: str, path: str) -> NoticeFormatError:
    return NoticeFormatError(FormatReason.MISSING, f"The notice lacks {what}.", path=path)


@dataclass(slots=True)
class _Builder:
    """Turns the draft of one notice into the notice."""

    draft: DocumentDraft
    walk: Walk
    root: Element
    context: ReadingContext
    kind: NoticeKind
    used: set[str] = field(default_factory=set)

    def build(self) -> Notice:
        """The notice. Its notes come last, as reading the other arguments may add to them."""
        draft, context, project = self.draft, self.context, self.draft.project
        registration = draft.registration.build()
        buyers = self._buyers()
        outcomes = Outcomes(draft.results, draft.organisations, self.root, self.walk)
        results = outcomes.build()
        lots = self._lots()
        changes = tuple(change for item in draft.changes for change in item.build())
        others = draft.organisations.others(self.used | outcomes.used)
        return Notice(
            id=context.id or f"{context.portal}:notice-{draft.uuid}",
            portal=context.portal,
            country=context.country or self._country(buyers, registration),
            url=context.url,
            kind=self.kind,
            subtype=draft.subtype,
            notice_type=draft.notice_type,
            form_type=draft.form_type,
            legal_basis=draft.legal_basis,
            format=draft.customization or "eforms",
            notice_uuid=draft.uuid,
            notice_version=draft.version,
            publication_number=draft.publication_number,
            procedure_id=draft.procedure_id,
            references=(project.internal_id,) if project.internal_id else (),
            published_at=self._published_at(),
            dispatched_at=self._dispatched_at(),
            cancelled=_cancelled(changes, lots),
            languages=tuple(draft.languages),
            title=self._title(),
            description=project.description or draft.notes,
            additional_information=project.additional_information or (draft.notes if project.description else {}),
            buyers=buyers,
            other_parties=(*((registration,) if registration else ()), *others),
            nature=project.nature,
            additional_natures=tuple(dict.fromkeys(project.additional_natures)),
            classifications=project.classifications,
            places=tuple(project.places),
            procedure_type=draft.process.procedure_type,
            values=tuple(dict.fromkeys((*project.values, *draft.results.values))),
            framework=draft.process.framework,
            duration=project.duration,
            deadlines=tuple(draft.process.deadlines),
            question_deadline=draft.process.question_deadline,
            electronic_submission=draft.process.electronic_submission,
            submission_url=draft.terms.submission_url,
            documents=tuple(draft.terms.documents),
            flags=project.flags(reserved=draft.terms.reserved, eu_funds=draft.terms.eu_funds),
            lots=lots,
            results=results,
            links=self._links(),
            changes=changes,
            modification_reason=next((reason for item in draft.modifications for reason in item.reasons), None),
            modification_reason_text=_merged([item.reason_text for item in draft.modifications]),
            modification_description=_merged([item.description() for item in draft.modifications]),
            notes=tuple(self.walk.notes),
        )

    def _buyers(self) -> tuple[Organisation, ...]:
        """The buyers in the order of the notice. One that is not defined leaves a note; none at all is refused."""
        buyers: dict[str, Organisation] = {}
        for buyer in self.draft.buyers:
            for reference in buyer.references:
                found = self.draft.organisations.get(reference, buyer.role)
                if found is None:
                    self.walk.note(self.root, "The notice refers to a buyer that it does not define.", reference)
                else:
                    key = found.local_id or reference
                    buyers.setdefault(key, found)
                    self.used.add(key)
        if self.kind is not NoticeKind.REGISTRATION and not any(buyer.name for buyer in buyers.values()):
            raise _missing("the name of its buyer (BT-500)", "~/efac:Organizations/efac:Organization/efac:Company")
        return tuple(buyers.values())

    def _lots(self) -> tuple[Lot, ...]:
        groups, values = self.draft.terms.groups, self.draft.results.group_values
        lots: list[Lot] = []
        known: set[str] = set()
        for position, lot in enumerate(self.draft.lots, start=1):
            if not lot.id or lot.id in known:
                self.walk.note(self.root, "A lot has no id of its own; its position stands for it.", lot.id)
                lot.id = f"{lot.id or lot.kind}#{position}"
            known.add(lot.id)
            lots.append(lot.build(tuple(groups.get(lot.id, ())), tuple(values.get(lot.id, ()))))
        for group in sorted((groups.keys() | values.keys()) - known):
            self.walk.note(self.root, "The notice refers to a group of lots that it does not define.", group)
        return tuple(lots)

    def _links(self) -> tuple[Link, ...]:
        draft = self.draft
        found = [
            *draft.process.earlier,
            *(link for lot in draft.lots for link in lot.links()),
            *(link for change in draft.changes if (link := change.link("changed"))),
            *(link for change in draft.modifications if (link := change.link("modified"))),
            *(link for contract in draft.results.contracts.values() for link in contract.earlier),
        ]
        return tuple(dict.fromkeys(found))

    def _title(self) -> MultilingualText:
        title = self.draft.project.title or self.draft.registration.title
        if not title:
            raise _missing("its title (BT-21)", "cac:ProcurementProject/cbc:Name")
        return title

    def _dispatched_at(self) -> datetime | None:
        issued = leaves.instant(self.root, self.draft.issue_day, self.draft.issue_time, self.walk)
        return issued.at if issued else None

    def _published_at(self) -> datetime | None:
        """The start of the publication day (OPP-012): the notice says no hour."""
        day = self.draft.published_on
        return datetime.combine(day, time(0, 0), tzinfo=self.context.zone) if day else None

    def _country(self, buyers: tuple[Organisation, ...], registration: Organisation | None) -> str:
        for organisation in (*buyers, *((registration,) if registration else ())):
            country: str | None = organisation.place.country if organisation.place else None
            if country:
                return country
        raise _missing("the country of its buyer (BT-514)", "~/efac:Organizations/efac:Organization/efac:Company")


def _cancelled(changes: tuple[Change, ...], lots: tuple[Lot, ...]) -> bool | None:
    """True when the changes cancel the whole procedure; a notice never says that it is not cancelled."""
    lot_ids = frozenset(lot.id for lot in lots if lot.kind != "group")
    return True if cancel_all(changes, lot_ids) else None


def _merged(texts: list[dict[str, str]]) -> dict[str, str]:
    """Texts joined per language, each once."""
    merged: dict[str, list[str]] = {}
    for item in texts:
        for language, text in item.items():
            merged.setdefault(language, []).append(text)
    return {language: "\n".join(dict.fromkeys(parts)) for language, parts in merged.items()}
