"""Invented French buyers and enterprises, and the drawing of French notices with the objects of the Belgian world."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache, partial

from lxml import etree

from simulated_portals.be_bda.drafts import Draft
from simulated_portals.be_bda.eforms_writer import write_notice
from simulated_portals.be_bda.invented import publication_of
from simulated_portals.be_bda.invented_awards import AwardDrawer
from simulated_portals.be_bda.invented_calls import CallDrawer
from simulated_portals.be_bda.invented_data import (
    InventedBuyer,
    InventedWorld,
    Place,
    PurchasedObject,
    Supplier,
    invented_world,
)
from simulated_portals.be_bda.publications import Buyer, Publication
from simulated_portals.be_bda.xml_names import CAC, CBC, EFAC, document

_DAYS = 90
_ROLES = {"call": 62, "award": 34, "direct": 2, "modification": 2}
_PLACES = (
    ("Rouen", "FRD22", "76000"), ("Quimper", "FRH02", "29000"), ("Angers", "FRG02", "49000"),
    ("Dijon", "FRC11", "21000"), ("Nancy", "FRF31", "54000"), ("Amiens", "FRE22", "80000"),
    ("Limoges", "FRI23", "87000"), ("Créteil", "FR107", "94000"), ("Bobigny", "FR106", "93000"),
    ("Valence", "FRK23", "26000"), ("Nîmes", "FRJ12", "30000"), ("Toulon", "FRL05", "83000"),
)  # fmt: skip
_BUYERS = (
    (1, "commune", "Ville de Sainte-Aubrée"), (2, "commune", "Commune de Montbrac-sur-Oise"),
    (3, "intercommunale", "Communauté d'agglomération des Trois Vallons"),
    (4, "hospital", "Centre hospitalier de Valcreuse"),
    (5, "university", "Université de Haute-Loreine"), (6, "region", "Département de la Brenne-et-Vaux"),
    (7, "housing", "Office public de l'habitat Sèvre-Bocage"), (8, "school", "Lycée polyvalent Marie-Talabert"),
    (9, "social", "Centre communal d'action sociale de Pontaire"),
    (10, "federal", "Direction interrégionale des routes du Ponant"),
    (11, "museum", "Musée national des Terres cuites"), (12, "commune", "Ville de Castelvert-les-Bains"),
    (13, "intercommunale", "Syndicat mixte de la Haute-Vérenne"), (14, "region", "Région Ponant-Bocage"),
)  # fmt: skip
_SUPPLIERS = (
    (1, "Travaux publics Gauvreau SAS", "works", "medium"), (2, "Charpentes Lhermitte SARL", "works", "small"),
    (3, "Bâtisseurs de l'Ouest SCOP", "works", "large"), (4, "Numérique Ponant SAS", "it", "medium"),
    (5, "Études et Structures Kerdoncuff", "studies", "small"), (6, "Mutuelle Bocage Assurances", "finance", "large"),
    (7, "Restauration collective Bonnefoy SAS", "food", "medium"),
    (8, "Fournitures Delattre SARL", "supplies", "small"),
    (9, "Propreté Services Mauges", "services", "micro"), (10, "Ateliers Roquebrun SAS", "supplies services", "medium"),
)  # fmt: skip
PLACE = "https://www.marches-publics.gouv.fr"


def siret(serial: int) -> str:
    """An invented SIRET that passes the check of Luhn, from SIREN numbers that begin with 9990."""
    siren = _with_check_digit(f"9990{serial:04d}")
    return _with_check_digit(f"{siren}0001")


def _with_check_digit(digits: str) -> str:
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = int(char) * (2 - position % 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


@cache
def french_world() -> InventedWorld:
    """French places, buyers and enterprises; the objects are those of the Belgian world."""
    places = tuple(Place(dict.fromkeys(("FR", "NL", "DE"), town), nuts, code, ("FR",)) for town, nuts, code in _PLACES)
    buyers = tuple(
        InventedBuyer(
            Buyer(number, dict.fromkeys(("FR", "NL", "DE", "EN"), name), (number,)),
            kind,
            ("FR",),
            places[number % len(places)],
            utility=False,
        )
        for number, kind, name in _BUYERS
    )
    suppliers = tuple(
        Supplier(number, name, tuple(sectors.split()), places[number % len(places)], size)
        for number, name, sectors, size in _SUPPLIERS
    )
    belgian = invented_world()
    return InventedWorld(places, buyers, suppliers, belgian.objects, belgian.phrases)


class FrenchDrawer(CallDrawer):
    """Draws notices of French buyers: one language."""

    def _subject(self, role: str) -> tuple[InventedBuyer, tuple[str, ...], PurchasedObject]:
        buyer = self._chance.choice(self._world.buyers)
        items = [item for item in self._world.objects if buyer.kind in item.buyers]
        if role == "direct":
            items = [item for item in items if item.nature != "WORKS"] or items
        return buyer, ("FR",), self._chance.choice(items)


def french_publications(count: int, *, seed: int, today: date) -> tuple[Publication, ...]:
    """`count` notices that French buyers sent to TED in the ninety days before `today`, one on `today`."""
    chance = random.Random(f"{seed}/{today}/FR")
    calls, awards = FrenchDrawer(french_world(), chance), AwardDrawer(french_world(), chance)
    days = [today - timedelta(days=back) for back in range(_DAYS)]
    working = [day for day in days if day.weekday() < 5] or days
    drawn = [working[0], *chance.choices(working, k=max(0, count - 1))] if count else []
    instants = sorted(datetime.combine(day, time(chance.randint(7, 17), chance.randint(0, 59))) for day in drawn)
    return tuple(_drawn(instant, chance, calls, awards) for instant in instants)


def french_call(instant: datetime, *, seed: int, number: int) -> Publication:
    """A new call of a French buyer, sent at this naive Paris time. Each `number` is another."""
    chance = random.Random(f"{seed}/{instant.isoformat()}/FR/{number}")
    drawer = FrenchDrawer(french_world(), chance)
    return _published(drawer.draft(instant, "call"))


def _drawn(instant: datetime, chance: random.Random, calls: FrenchDrawer, awards: AwardDrawer) -> Publication:
    draft = calls.draft(instant, chance.choices(list(_ROLES), list(_ROLES.values()))[0])
    return _published(awards.with_outcome(draft) if draft.is_award else draft)


def _published(draft: Draft) -> Publication:
    """The draft as TED gets it: above the thresholds, in the French spelling."""
    european = {"E3": "16", "E4": "29", "E1": "4"}.get(draft.sub_type, draft.sub_type)
    draft = replace(draft, sub_type=european, ted=True)
    publication = publication_of(draft)
    version = replace(publication.latest, read_xml=partial(_french_document, draft))
    return replace(publication, versions=(version,))


def _french_document(draft: Draft) -> str:
    """A document as Belgium writes it, turned French: country, numbers, addresses, sender and review body."""
    root = etree.fromstring(write_notice(draft).encode())
    for code in root.iter(f"{{{CBC}}}IdentificationCode"):
        code.text = "FRA"
    for company in root.iter(f"{{{EFAC}}}Company"):
        _rename(company, draft)
    consultation = int(draft.workspace_id[:6], 16)
    for name in ("URI", "EndpointID", "AccessToolsURI", "BuyerProfileURI"):
        for address in root.iter(f"{{{CBC}}}{name}"):
            if "publicprocurement.be" in (address.text or ""):
                address.text = (
                    f"{PLACE}/?page=Entreprise.EntrepriseAdvancedSearch&AllCons&id={consultation}&orgAcronyme=s2d"
                )
    for phone in root.iter(f"{{{CBC}}}Telephone"):
        phone.text = (phone.text or "").replace("+32", "+33")
    return document(root)


def _rename(company: etree._Element, draft: Draft) -> None:
    key = company.findtext(f"{{{CAC}}}PartyIdentification/{{{CBC}}}ID") or ""
    position = int(key.removeprefix("ORG-") or 0)
    serial = draft.buyer.organisation.organisation_id if position == 1 else 100 * position
    names = {2: "Direction de l'information légale et administrative", 3: "Tribunal administratif de Montreuil"}
    number = company.find(f"{{{CAC}}}PartyLegalEntity/{{{CBC}}}CompanyID")
    if number is not None:
        number.text = siret(serial)
    for name in company.findall(f"{{{CAC}}}PartyName/{{{CBC}}}Name"):
        name.text = names.get(position, name.text)
