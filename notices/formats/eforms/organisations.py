"""`efac:Organizations`: companies and touchpoints, looked up by the ids that the rest of the notice refers to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.identifiers import read_identifier
from notices.formats.eforms.project import ADDRESS, PlaceDraft
from notices.formats.eforms.walk import Grammar, Walk
from notices.model import Identifier, MultilingualText, Organisation, Place


@dataclass(slots=True)
class PartyDraft:
    """A company or touchpoint being read."""

    id: str | None = None
    name: MultilingualText = field(default_factory=dict)
    printed_identifiers: list[str] = field(default_factory=list)
    place: Place | None = None
    website: str | None = None
    email: str | None = None
    phone: str | None = None
    size: str | None = None


@dataclass(slots=True)
class OrganisationDraft:
    """One `efac:Organization` being read: a company with its touchpoints and what is said of it as a buyer."""

    company: PartyDraft = field(default_factory=PartyDraft)
    touchpoints: list[PartyDraft] = field(default_factory=list)
    group_lead: bool | None = None
    awards_centrally: bool | None = None
    acquires_centrally: bool | None = None

    @property
    def central_purchasing(self) -> bool | None:
        """Whether it is a central purchasing body, awarding (OPP-051) or acquiring (OPP-052)."""
        said = [answer for answer in (self.awards_centrally, self.acquires_centrally) if answer is not None]
        return any(said) if said else None


@dataclass(slots=True)
class BuyerRole:
    """What the notice says of an organisation in its role as buyer."""

    legal_type: str | None = None
    activity: str | None = None


@dataclass(slots=True)
class Organisations:
    """All organisations of one notice by id."""

    drafts: list[OrganisationDraft] = field(default_factory=list)
    _by_id: dict[str, tuple[OrganisationDraft, PartyDraft | None]] = field(default_factory=dict)
    _built: dict[str, Organisation] = field(default_factory=dict)

    def add(self, draft: OrganisationDraft) -> None:
        """Register a company under its id and under those of its touchpoints. The first of equal ids stands."""
        self.drafts.append(draft)
        if draft.company.id:
            self._by_id.setdefault(draft.company.id, (draft, None))
        for touchpoint in draft.touchpoints:
            if touchpoint.id:
                self._by_id.setdefault(touchpoint.id, (draft, touchpoint))

    def company_id(self, reference: str) -> str | None:
        """The company id behind a reference, which may name a touchpoint; None when nothing has that id."""
        found = self._by_id.get(reference)
        return None if found is None else found[0].company.id or reference

    def get(self, reference: str, role: BuyerRole | None = None) -> Organisation | None:
        """The organisation with this id. A touchpoint is its organisation with its own contact details."""
        found = self._by_id.get(reference)
        if found is None:
            return None
        if role is not None:
            return _build(*found, role)
        if reference not in self._built:
            self._built[reference] = _build(*found, None)
        return self._built[reference]

    def others(self, used: set[str]) -> tuple[Organisation, ...]:
        """Companies whose id is not in `used`, in the order of the notice."""
        return tuple(_build(draft, None, None) for draft in self.drafts if (draft.company.id or "") not in used)


def read_organisations(element: Element, organisations: Organisations, walk: Walk) -> None:
    """Read an `efac:Organizations`."""
    _ORGANISATIONS.read(element, organisations, walk)


def _build(draft: OrganisationDraft, touchpoint: PartyDraft | None, role: BuyerRole | None) -> Organisation:
    company = draft.company
    contact = touchpoint or company
    country = company.place.country if company.place else None
    return Organisation(
        name=company.name or contact.name,
        identifiers=_identifiers(company, country),
        local_id=company.id,
        place=company.place or contact.place,
        website=contact.website or company.website,
        email=contact.email or company.email,
        phone=contact.phone or company.phone,
        size=company.size,
        legal_type=role.legal_type if role else None,
        activity=role.activity if role else None,
        group_lead=draft.group_lead,
        central_purchasing=draft.central_purchasing,
    )


def _identifiers(company: PartyDraft, country: str | None) -> tuple[Identifier, ...]:
    read = (read_identifier(printed, country) for printed in dict.fromkeys(company.printed_identifiers))
    return tuple(identifier for identifier in read if identifier is not None)


def _organisation(element: Element, organisations: Organisations, walk: Walk) -> None:
    draft = OrganisationDraft()
    _ORGANISATION.read(element, draft, walk)
    if draft.company.id is None and not draft.company.name:
        walk.note(element, "This organisation has neither id nor name.")
        return
    organisations.add(draft)


def _company(element: Element, draft: OrganisationDraft, walk: Walk) -> None:
    _PARTY.read(element, draft.company, walk)


def _touchpoint(element: Element, draft: OrganisationDraft, walk: Walk) -> None:
    touchpoint = PartyDraft()
    _PARTY.read(element, touchpoint, walk)
    draft.touchpoints.append(touchpoint)


def _group_lead(element: Element, draft: OrganisationDraft, walk: Walk) -> None:
    draft.group_lead = leaves.flag(element, walk)


def _awards_centrally(element: Element, draft: OrganisationDraft, walk: Walk) -> None:
    draft.awards_centrally = leaves.flag(element, walk)


def _acquires_centrally(element: Element, draft: OrganisationDraft, walk: Walk) -> None:
    draft.acquires_centrally = leaves.flag(element, walk)


def _party_part(element: Element, draft: PartyDraft, walk: Walk) -> None:
    _PARTY_PART.read(element, draft, walk)


def _id(element: Element, draft: PartyDraft, _walk: Walk) -> None:
    draft.id = draft.id or leaves.code(element)


def _name(element: Element, draft: PartyDraft, walk: Walk) -> None:
    """Names repeat `cac:PartyName` per language; a name is kept even where it looks like a placeholder."""
    text = " ".join(leaves.printed(element).split())
    if text and text.lower() != "unpublished":
        draft.name.setdefault(leaves.language_of(element, walk), text)


def _number(element: Element, draft: PartyDraft, _walk: Walk) -> None:
    if text := leaves.line(element):
        draft.printed_identifiers.append(text)


def _address(element: Element, draft: PartyDraft, walk: Walk) -> None:
    place = PlaceDraft()
    ADDRESS.read(element, place, walk)
    draft.place = place.build()


def _website(element: Element, draft: PartyDraft, _walk: Walk) -> None:
    draft.website = leaves.line(element)


def _email(element: Element, draft: PartyDraft, _walk: Walk) -> None:
    text = leaves.line(element)
    draft.email = None if text and text.lower() in _NO_EMAIL else text


def _phone(element: Element, draft: PartyDraft, _walk: Walk) -> None:
    draft.phone = leaves.line(element)


def _size(element: Element, draft: PartyDraft, _walk: Walk) -> None:
    draft.size = leaves.code(element)


_NO_EMAIL: Final = frozenset({"wrong.email@email.be"})
"""What the Belgian federal platform writes where an organisation gave no address."""

_PARTY_PART: Final = Grammar[PartyDraft](
    "party part",
    {
        "cbc:ID": _id,
        "cbc:Name": _name,
        "cbc:CompanyID": _number,
    },
)
_CONTACT: Final = Grammar[PartyDraft]("contact", {"cbc:ElectronicMail": _email, "cbc:Telephone": _phone})
_PARTY: Final = Grammar[PartyDraft](
    "party",
    {
        "cac:PartyIdentification": _party_part,
        "cac:PartyName": _party_part,
        "cac:PartyLegalEntity": _party_part,
        "cac:PostalAddress": _address,
        "cac:Contact": _CONTACT.read,
        "cbc:WebsiteURI": _website,
        "efbc:CompanySizeCode": _size,
    },
)
_ORGANISATION: Final = Grammar[OrganisationDraft](
    "organisation",
    {
        "efac:Company": _company,
        "efac:TouchPoint": _touchpoint,
        "efbc:GroupLeadIndicator": _group_lead,
        "efbc:AwardingCPBIndicator": _awards_centrally,
        "efbc:AcquiringCPBIndicator": _acquires_centrally,
    },
)
_ORGANISATIONS: Final = Grammar[Organisations]("organisations", {"efac:Organization": _organisation})
