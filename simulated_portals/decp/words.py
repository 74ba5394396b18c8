"""What invented contracts are made of. Organisations' numbers pass the Luhn check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Topic:
    """What a contract may be about."""

    title: str
    cpv: str
    ccag: str


TOPICS = (
    Topic("Réfection de la toiture de l'école de {place}, lot {lot}", "45261000-4", "Travaux"),
    Topic("Nettoyage des locaux municipaux de {place}", "90911200-8", "Fournitures courantes et services"),
    Topic("Fourniture d'électricité pour les bâtiments de {place}", "09310000-5", "Fournitures courantes et services"),
    Topic("Mission de maîtrise d'œuvre pour le gymnase de {place}", "71221000-3", "Maitrise d'œuvre"),
    Topic("Restauration scolaire de {place}", "55523100-3", "Fournitures courantes et services"),
    Topic("Entretien des espaces verts de {place}, lot {lot}", "77310000", "Fournitures courantes et services"),
    Topic("Hébergement du site de {place}", "72415000-2", "Techniques de l'information et de la communication"),
)
TOWNS = ("Vaucresque", "Montlivray", "Saint-Aubrais", "Port-Lanval", "Brezolles-sur-Vègre", "Courmenault")
POSTAL_CODES = ("94000", "75012", "69003", "13001", "35200", "01000", "20200", "97400")
PROCEDURES = (
    "Procédure adaptée",
    "Procédure adaptée",
    "Appel d'offres ouvert",
    "Marché passé sans publicité ni mise en concurrence préalable",
    "Procédure avec négociation",
)
SOCIAL = ("Clause sociale", "Pas de considération sociale", "Clause sociale, Critère social", "Marché réservé", "CDL")
GREEN = ("Clause environnementale", "Pas de considération environnementale", "Critère environnemental", "MQ")
SOURCES = ("AIFE_ATLINE", "DGFIP-PES", "AWS", "ATEXO_mutualise")
BUYERS = (101, 102, 103, 104, 105, 106, 107)

OLD_CELLS: dict[str, Any] = {
    "nature": "Accord-cadre",
    "objet": "Fourniture de papier",
    "codecpv": "30197643-5",
    "procedure": "Procédure concurrentielle avec négociation",
    "acheteur_nom": "COMMUNE INVENTÉE",
    "dureemois": 24,
    "montant": 48_000.0,
    "formeprix": "Révisable",
    "titulaire_typeidentifiant_1": "SIRET",
    "titulaire_denominationsociale_1": "PAPETERIE INVENTÉE",
    "lieuexecution_code": "1",
    "lieuexecution_typecode": "Code département",
    "booleanmodification": 0,
    "source": "data.gouv.fr_pes",
}
"""A contract of the format of 2019."""
ACT: dict[str, Any] = {
    "idactesoustraitance": "1",
    "dureemoisactesoustraitance": "6",
    "datenotificationactesoustraitance": "2026-10-01",
    "datepublicationdonneesactesoustraitance": "2026-10-12",
    "montantactesoustraitance": "18250.5",
    "variationprixactesoustraitance": "Révisable",
    "typeidentifiantsoustraitant": "SIRET",
}


def group_of(second: str, foreign: str) -> dict[str, Any]:
    """The cells of a group of three winners, one of them known by its VAT number."""
    return {
        "typegroupementoperateurs": "Solidaire",
        "titulaire_id_2": second,
        "titulaire_typeidentifiant_2": "SIRET",
        "titulaire_id_3": foreign,
        "titulaire_typeidentifiant_3": "TVA",
    }


def siret(serial: int) -> str:
    """A SIRET that passes the Luhn check, for a serial below 10,000; like the oldest ones it begins with a zero."""
    siren = _with_check_digit(f"0199{serial:04d}")
    return _with_check_digit(f"{siren}0001")


def vat_number(serial: int) -> str:
    """A French VAT number: a key of two digits before the SIREN."""
    siren = siret(serial)[:9]
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def _with_check_digit(digits: str) -> str:
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = int(char) * (2 - position % 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"
