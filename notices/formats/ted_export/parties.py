"""Address blocks: who buys, who won, whom to ask, who reviews."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.drafts import PartyDraft
from notices.formats.ted_export.walk import Grammar, Handler, TedWalk

D = TypeVar("D")

LEGAL_TYPES: Final = {
    "MINISTRY": "cga",
    "NATIONAL_AGENCY": "body-pl-cga",
    # "Regional or local authority": the form does not tell the two apart.
    "REGIONAL_AUTHORITY": "ra",
    "REGIONAL_AGENCY": "body-pl-ra",
    "BODY_PUBLIC": "body-pl",
    "EU_INSTITUTION": "eu-ins-bod-ag",
}
"""Type of buyer (I.4) to the eForms code of BT-11."""

ACTIVITIES: Final = {
    "GENERAL_PUBLIC_SERVICES": "gen-pub",
    "DEFENCE": "defence",
    "PUBLIC_ORDER_AND_SAFETY": "pub-os",
    "ENVIRONMENT": "env-pro",
    "ECONOMIC_AND_FINANCIAL_AFFAIRS": "econ-aff",
    "HEALTH": "health",
    "HOUSING_AND_COMMUNITY_AMENITIES": "hc-am",
    "SOCIAL_PROTECTION": "soc-pro",
    "RECREATION_CULTURE_AND_RELIGION": "rcr",
    "EDUCATION": "education",
    "PRODUCTION_TRANSPORT_DISTRIBUTION_GAS_HEAT": "gas-heat",
    "ELECTRICITY": "electricity",
    "EXPLORATION_EXTRACTION_GAS_OIL": "gas-oil",
    "EXPLORATION_EXTRACTION_COAL_OTHER_SOLID_FUEL": "solid-fuel",
    "WATER": "water",
    "POSTAL_SERVICES": "post",
    "RAILWAY_SERVICES": "rail",
    "URBAN_RAILWAY_TRAMWAY_TROLLEYBUS_BUS_SERVICES": "urttb",
    "PORT_RELATED_ACTIVITIES": "port",
    "AIRPORT_RELATED_ACTIVITIES": "airport",
}
"""Activity of a buyer (I.5, I.6) to the eForms code of BT-10 and BT-610."""


def party_into(target: Callable[[D], list[PartyDraft]]) -> Handler[D]:
    """A reader that adds the party of an address block to `target` of the draft."""

    def read(element: Element, draft: D, walk: TedWalk) -> None:
        party = PartyDraft()
        PARTY.read(element, party, walk)
        if party.name:
            target(draft).append(party)
        elif len(element):
            walk.note(element, "This address names nobody.")

    return read


def _name(element: Element, draft: PartyDraft, walk: TedWalk) -> None:
    """A name is kept even where it looks like a placeholder."""
    if found := leaves.printed(element):
        draft.name.setdefault(walk.language, found)


def _identifier(element: Element, draft: PartyDraft, _walk: TedWalk) -> None:
    if found := leaves.line(element):
        draft.printed_identifiers.append(found)


def _country(element: Element, draft: PartyDraft, walk: TedWalk) -> None:
    draft.country = leaves.country(leaves.value(element), element, walk)


def _nuts(element: Element, draft: PartyDraft, walk: TedWalk) -> None:
    draft.nuts = draft.nuts or leaves.nuts(element, walk)


def _website(element: Element, draft: PartyDraft, _walk: TedWalk) -> None:
    draft.website = draft.website or leaves.line(element)


PARTY: Final = Grammar[PartyDraft](
    "address",
    {
        "OFFICIALNAME": _name,
        "NATIONALID": _identifier,
        "ADDRESS": leaves.keeps("address", leaves.only_line),
        "TOWN": leaves.keeps("town", leaves.only_line),
        "POSTAL_CODE": leaves.keeps("postal_code", leaves.only_line),
        "COUNTRY": _country,
        "NUTS": _nuts,
        "URL_GENERAL": _website,
        "URL": _website,
        "E_MAIL": leaves.keeps("email", leaves.only_line),
        "PHONE": leaves.keeps("phone", leaves.only_line),
    },
    # Older releases wrap the name and the mail addresses, and put the address block into another.
    wrappers=r"ORGANISATION|E_MAILS|CONTACT_DATA.*",
)
