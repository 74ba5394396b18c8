"""The organisations of an invented notice: buyer, sender, review body, winners."""

from __future__ import annotations

import re
import unicodedata

from lxml import etree

from simulated_portals.be_bda.drafts import Draft
from simulated_portals.be_bda.invented_data import Place, Supplier
from simulated_portals.be_bda.kbo import spelled_by_buyer, written_in_portal_editor
from simulated_portals.be_bda.publications import Texts
from simulated_portals.be_bda.xml_names import Child, node

EFORMS_LANGUAGES = {"FR": "FRA", "NL": "NLD", "DE": "DEU", "EN": "ENG"}
_PORTAL_SENDER = {
    "FR": "SPF Stratégie et Appui",
    "NL": "FOD Beleid en Ondersteuning",
    "DE": "FÖD Politik und Unterstützung",
    "EN": "FPS Policy and Support",
}
_OTHER_SENDER = dict.fromkeys(EFORMS_LANGUAGES, "Dossier Simulé - Prestataire de services / Dienstverlener")
_REVIEW_BODY = {"FR": "Conseil d'État", "NL": "Raad van State", "DE": "Staatsrat", "EN": "Council of State"}


def eforms_language(language: str) -> str:
    """The language code of eForms (ISO 639-3, upper case) for one of the portal's."""
    return EFORMS_LANGUAGES[language]


def winners(draft: Draft) -> tuple[Supplier, ...]:
    """The enterprises that win something in this notice, each once."""
    return tuple({award.winner.serial: award.winner for award in draft.awards if award.winner}.values())


def organisation_id_of(draft: Draft, winner: Supplier) -> str:
    """The technical id of a winner inside the document."""
    return f"ORG-{4 + winners(draft).index(winner):04d}"


def organisations(draft: Draft) -> etree._Element:
    """`efac:Organizations`: everyone who plays a part."""
    own = written_in_portal_editor(draft.buyer.organisation.organisation_id)
    sender = _PORTAL_SENDER if own else _OTHER_SENDER
    brussels = Place({"FR": "Bruxelles", "NL": "Brussel", "DE": "Brüssel"}, "BE100", "1000", ("FR", "NL"))
    return node(
        "efac:Organizations",
        _buyer(draft),
        _company(
            draft, "ORG-0002", sender, brussels, "BE001" if own else "BE 0108.999.949", "wrong.email@email.example"
        ),
        _company(draft, "ORG-0003", _REVIEW_BODY, brussels, "01", None),
        *(_winner(draft, winner) for winner in winners(draft)),
    )


def _buyer(draft: Draft) -> etree._Element:
    organisation = draft.buyer.organisation
    mail = f"marches@{_domain(organisation.names[draft.languages[0]])}"
    contact = node(
        "cac:Contact",
        node("cbc:Name", draft.service[draft.languages[0]]),
        node("cbc:Telephone", f"+32 80 {organisation.organisation_id % 10_000:06d}"),
        node("cbc:ElectronicMail", mail),
    )
    number = spelled_by_buyer(organisation.organisation_id)
    return node(
        "efac:Organization",
        node("efac:Company", *_identity(draft, "ORG-0001", organisation.names, draft.buyer.seat, number), contact),
    )


def _domain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:40].strip("-") + ".example"


def _company(draft: Draft, identifier: str, names: Texts, seat: Place, number: str, mail: str | None) -> etree._Element:
    contact = node("cac:Contact", node("cbc:ElectronicMail", mail)) if mail else None
    return node("efac:Organization", node("efac:Company", *_identity(draft, identifier, names, seat, number), contact))


def _winner(draft: Draft, winner: Supplier) -> etree._Element:
    names = dict.fromkeys(EFORMS_LANGUAGES, winner.name)
    spelling = f"BE {winner.kbo}" if winner.serial % 3 else f"{winner.kbo[:4]}.{winner.kbo[4:7]}.{winner.kbo[7:]}"
    # A third of the winners keep the old code that says no more than "small or medium".
    size = "sme" if winner.serial % 3 == 0 and winner.size != "large" else winner.size
    return node(
        "efac:Organization",
        node(
            "efac:Company",
            node("efbc:CompanySizeCode", size, listName="economic-operator-size"),
            *_identity(draft, organisation_id_of(draft, winner), names, winner.seat, spelling),
        ),
    )


def _identity(draft: Draft, identifier: str, names: Texts, seat: Place, number: str) -> list[Child]:
    return [
        node("cac:PartyIdentification", node("cbc:ID", identifier, schemeName="organization")),
        *(
            node("cac:PartyName", node("cbc:Name", names[language], languageID=eforms_language(language)))
            for language in draft.languages
        ),
        node(
            "cac:PostalAddress",
            node("cbc:CityName", seat.name(draft.languages[0])),
            node("cbc:PostalZone", seat.postcode),
            node("cbc:CountrySubentityCode", seat.nuts, listName="nuts"),
            node("cac:Country", node("cbc:IdentificationCode", "BEL", listName="country")),
        ),
        node("cac:PartyLegalEntity", node("cbc:CompanyID", number)),
    ]
