"""X01 and X02: registrations of European companies and groupings. Not procurement, but published on the same portal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.identifiers import read_identifier
from notices.formats.eforms.project import ADDRESS, PlaceDraft
from notices.formats.eforms.walk import Grammar, Walk
from notices.model import MultilingualText, Organisation, Place


@dataclass(slots=True)
class RegistrationDraft:
    """The business party and the announcement of a registration being read."""

    name: MultilingualText = field(default_factory=dict)
    printed_identifiers: list[str] = field(default_factory=list)
    seat: Place | None = None
    jurisdiction: Place | None = None
    website: str | None = None
    announcement: MultilingualText = field(default_factory=dict)

    @property
    def title(self) -> MultilingualText:
        """The title of the announcement, else the name of the company."""
        return self.announcement or self.name

    def build(self) -> Organisation | None:
        """The company, or None when it has no name."""
        if not self.name:
            return None
        place = self.seat or self.jurisdiction
        country = place.country if place else None
        read = (read_identifier(printed, country) for printed in dict.fromkeys(self.printed_identifiers))
        return Organisation(
            name=self.name,
            identifiers=tuple(identifier for identifier in read if identifier is not None),
            place=place,
            website=self.website,
        )


def read_business_party(element: Element, draft: RegistrationDraft, walk: Walk) -> None:
    """Read a `cac:BusinessParty`."""
    _BUSINESS_PARTY.read(element, draft, walk)


def read_announcement(element: Element, draft: RegistrationDraft, walk: Walk) -> None:
    """Read the `cac:AdditionalDocumentReference` that announces the registration."""
    _ANNOUNCEMENT.read(element, draft, walk)


def _legal_entity(element: Element, draft: RegistrationDraft, walk: Walk) -> None:
    _LEGAL_ENTITY.read(element, draft, walk)


def _name(element: Element, draft: RegistrationDraft, walk: Walk) -> None:
    leaves.add_line(draft.name, element, walk)


def _number(element: Element, draft: RegistrationDraft, _walk: Walk) -> None:
    if text := leaves.line(element):
        draft.printed_identifiers.append(text)


def _place(element: Element, walk: Walk) -> Place | None:
    place = PlaceDraft()
    ADDRESS.read(element, place, walk)
    return place.build()


def _seat(element: Element, draft: RegistrationDraft, walk: Walk) -> None:
    draft.seat = _place(element, walk)


def _scheme(element: Element, draft: RegistrationDraft, walk: Walk) -> None:
    _SCHEME.read(element, draft, walk)


def _jurisdiction(element: Element, draft: RegistrationDraft, walk: Walk) -> None:
    draft.jurisdiction = _place(element, walk)


def _website(element: Element, draft: RegistrationDraft, _walk: Walk) -> None:
    draft.website = leaves.line(element)


def _announced(element: Element, draft: RegistrationDraft, walk: Walk) -> None:
    leaves.add_line(draft.announcement, element, walk)


_SCHEME: Final = Grammar[RegistrationDraft]("registration scheme", {"cac:JurisdictionRegionAddress": _jurisdiction})
_LEGAL_ENTITY: Final = Grammar[RegistrationDraft](
    "legal entity",
    {"cbc:RegistrationName": _name, "cbc:CompanyID": _number, "cac:CorporateRegistrationScheme": _scheme},
)
_BUSINESS_PARTY: Final = Grammar[RegistrationDraft](
    "business party",
    {"cac:PartyLegalEntity": _legal_entity, "cac:PostalAddress": _seat, "cbc:WebsiteURI": _website},
)
_ANNOUNCEMENT: Final = Grammar[RegistrationDraft]("announcement", {"cbc:ReferencedDocumentInternalAddress": _announced})
