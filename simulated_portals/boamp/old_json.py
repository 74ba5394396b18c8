"""Notices of the schema that was used until about 2019 (v230): capitals, no wrapper key, codes as keys."""

from __future__ import annotations

from typing import Any

from simulated_portals.boamp.drafts import Draft, Winner
from simulated_portals.boamp.eforms_json import one_or_list

_NATURES = {"TRAVAUX": "TRAVAUX", "FOURNITURES": "FOURNITURE", "SERVICES": "SERVICE"}
OLD_NUTS = {"FR107": "FR107", "FRK21": "FR711", "FRK24": "FR714", "FRI12": "FR612", "FRL05": "FR825"}
"""Codes of NUTS 2013 where they differ; other buyers print none."""


def legacy(draft: Draft) -> dict[str, Any]:
    """The object itself: IDENTITE, OBJET, PROCEDURE, …"""
    found = {
        "IDENTITE": _identity(draft),
        "TYPE_ORGANISME": {"COMMUNE": ""},
        "OBJET": _object(draft),
        "PROCEDURE": {
            "TYPE_PROCEDURE": {draft.procedure: ""},
            "CRITERES_ATTRIBUTION": {
                "CRITERES_PONDERES": {
                    "CRITERE": [
                        {"@POIDS": "60", "#text": "Prix des prestations"},
                        {"@POIDS": "40", "#text": "Valeur technique"},
                    ]
                }
            },
        },
    }
    if draft.event == "award":
        found["ATTRIBUTION"] = {
            "DATE_DECISION": str(draft.published_on),
            "DECISION": one_or_list([_decision(*pair) for pair in enumerate(draft.winners, start=1)]),
        }
    elif draft.deadline is not None:
        found["CONDITION_DELAI"] = {"RECEPT_OFFRES": draft.deadline.isoformat()}
    return found


def _identity(draft: Draft) -> dict[str, Any]:
    buyer = draft.buyer
    return {
        "DENOMINATION": buyer.name,
        "CORRESPONDANT": "M. le Maire",
        "ADRESSE": buyer.street,
        "CP": buyer.postal_code,
        "VILLE": buyer.city,
        "TEL": "(+33) 1-00-00-00-00",
        "MEL": "marches@exemple.fr",
        "URL_PROFIL_ACHETEUR": draft.platform,
    }


def _object(draft: Draft) -> dict[str, Any]:
    place = {"CP": draft.buyer.postal_code, "VILLE": draft.buyer.city}
    if draft.buyer.nuts in OLD_NUTS:
        place["CODE_NUTS"] = OLD_NUTS[draft.buyer.nuts]
    found: dict[str, Any] = {
        "TITRE_MARCHE": draft.title,
        "REF_MARCHE": draft.reference,
        "TYPE_MARCHE": {_NATURES[draft.nature]: ""},
        "OBJET_COMPLET": draft.about,
        "CPV": {"PRINCIPAL": draft.cpv[0]},
        "LIEU_EXEC_LIVR": place,
        "DUREE_DELAI": {"DUREE_MOIS": str(draft.months)},
    }
    if draft.lots:
        found["DIV_EN_LOTS"] = {"OUI": None}
        found["LOTS"] = {"LOT": one_or_list([
            {"NUM": str(number), "INTITULE": lot, "DESCRIPTION": lot, "CPV": {"PRINCIPAL": draft.cpv[0]}}
            for number, lot in enumerate(draft.lots, start=1)
        ])}  # fmt: skip
    return found


def _decision(number: int, winner: Winner) -> dict[str, Any]:
    return {
        "NUM_LOT": str(number),
        "TITULAIRE": {"DENOMINATION": winner.name, "CP": winner.postal_code, "VILLE": winner.city},
        "RENSEIGNEMENT": {"MONTANT": {"@DEVISE": "EUR", "#text": str(winner.amount)}},
    }
