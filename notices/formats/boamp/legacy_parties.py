"""Organisations of schema v230: the buyer, and the further addresses (court, mediation, where to send tenders)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from notices.formats.boamp import ignored, printed, seats
from notices.formats.boamp.draft import Draft
from notices.formats.boamp.node import Node
from notices.model import Document, Organisation, Place
from notices.values.dates import parse_day_first
from notices.values.text import fold

_LEGAL_TYPES: Final = {
    "ETAT": "cga",
    "MINISTERE": "cga",
    "REGION": "ra",
    "DEPARTEMENT": "la",
    "COMMUNE": "la",
    "GROUPEMENT_COLLECTIVITES": "la",
    "MIN_AUTORITE_NATIONALE": "cga",
    "AGENCE_NATIONAL": "body-pl-cga",
    "AGENCE_REGIONAL": "body-pl-ra",
    "ORG_DROIT_PUBLIC": "body-pl",
    "INSTITUTION_EUROPEENNE": "eu-ins-bod-ag",
}
"""eForms code by `TYPE_ORGANISME` and `TYPE_POUVOIR_ADJUDICATEUR`.

`AUTOTRITE_REGIONAL` (so spelt) covers regions and communes alike, so it gives no code.
"""
_SENT: Final = re.compile(
    r"Date d['’]envoi du présent avis[^:.]{0,60}:\s*([0-9]{1,2})(?:er)?\s+([^\W\d_]{3,9})\s+([0-9]{4})\b", re.IGNORECASE
)
_MONTHS: Final = {
    "janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8, "septembre": 9,
    "octobre": 10, "novembre": 11, "decembre": 12,
}  # fmt: skip
_ACTIVITIES: Final = {
    "ACT_SERV_ADM_PUB": "gen-pub",
    "DEFENSE": "defence",
    "SECURITE": "pub-os",
    "ENVIRONNEMENT": "env-pro",
    "AFF_ECO_FI": "econ-aff",
    "SANTE": "health",
    "LOG_DEV_COL": "hc-am",
    "PROTECTION_SOCIALE": "soc-pro",
    "LOISIRS": "rcr",
    "EDUCATION": "education",
}
"""eForms code by `ACTIVITE_PRINCIPALE`."""


def read_buyer(data: Node, draft: Draft) -> None:
    """`IDENTITE` and what stands beside it."""
    node = data.at("IDENTITE")
    kind = data.words("TYPE_ORGANISME") + data.words("TYPE_POUVOIR_ADJUDICATEUR")
    activity = data.at("ACTIVITE_PRINCIPALE")
    does = (*activity.words("POUVOIR_ADJUDICATEUR"), *activity.words("ENTITE_ADJUDICATRICE"))
    central = node.answer("ORGANISME_ACHETEUR_CENTRAL")
    buyer = _organisation(node).model_copy(
        update={
            "legal_type": next((_LEGAL_TYPES[word] for word in kind if word in _LEGAL_TYPES), None),
            "activity": next((_ACTIVITIES[word] for word in does if word in _ACTIVITIES), None),
            "central_purchasing": central,
        }
    )
    draft.buyers.append(buyer)
    draft.profile = node.line("URL_PROFIL_ACHETEUR")
    draft.submission_url = node.line("URL_PARTICIPATION")
    if url := node.line("URL_DOCUMENT"):
        draft.documents.append(Document(url=url))


def read_winner(node: Node) -> Organisation:
    """The address block of a winner, who may sit in any country."""
    found, address, by_code = _read_block(node)
    return found.model_copy(update={"place": seats.of_winner(address, node, found, by_code)})


def _organisation(node: Node) -> Organisation:
    """The address block of the buyer, or of an office that it names."""
    found, address, by_code = _read_block(node)
    return found.model_copy(update={"place": seats.at_home(address, node, by_code)})


def _read_block(node: Node) -> tuple[Organisation, seats.Address, Place | None]:
    """An address block: the organisation without its seat, its address, and the place of the NUTS code printed."""
    name = node.line("DENOMINATION")
    number, of_kind = node.line("CODE_IDENT_NATIONAL"), node.at("TYPE_IDENT_NATIONAL")
    numbers = (number, of_kind.line("SIRET"), of_kind.line("SIREN"))
    address = seats.Address(node.line("PAYS"), node.line("CP"), node.line("VILLE"), node.line("ADRESSE"))
    found = Organisation(
        name=printed.in_french(name),
        identifiers=printed.identifiers(numbers),
        website=node.line("URL"),
        email=node.line("MEL"),
        phone=node.line("TEL"),
    )
    code = node.first("ADJUDICATEUR_NUTS", "CODE_NUTS").line()
    of_kind.ignore(*of_kind.names)
    node.ignore(*ignored.of_legacy("IDENTITE"))
    return found, address, printed.place_of_nuts(code, node) if code else None


def read_other_parties(node: Node, draft: Draft) -> None:
    """Further addresses. One that is the buyer's own may bring the number that the buyer's block lacks."""
    if text := node.text("RENS_COMPLEMENT"):
        draft.more.append(text)
        draft.dispatched_at = _sent(text, draft)
    for address in node.at("ADRESSES_COMPLEMENTAIRES").each("ADRESSE"):
        party = _organisation(address)
        buyer = draft.buyers[0]
        if _same(party, buyer):
            draft.buyers[0] = buyer.model_copy(update={"identifiers": buyer.identifiers or party.identifiers})
        elif party.name:
            draft.others.append(party)
    node.ignore(*ignored.of_legacy("RENSEIGNEMENTS_COMPLEMENTAIRES"))


def _sent(text: str, draft: Draft) -> datetime | None:
    """The day of dispatch, which the bulletin adds to the text in a sentence of its own."""
    found = _SENT.findall(text)
    if len(found) != 1:
        return None
    days, month, year = found[0]
    number = _MONTHS.get(fold(month))
    at = parse_day_first(f"{days}/{number}/{year}", draft.zone) if number else None
    return at.at if at else None


def _same(one: Organisation, other: Organisation) -> bool:
    names = [{name.casefold() for name in party.name.values()} for party in (one, other)]
    return bool(names[0] & names[1])
