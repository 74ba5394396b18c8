"""Rows of the tables of French award data, given the shape that the records of 2022 have.

Two tables are known. The ministry's (data.economie.gouv.fr: 54 columns in lower case) has one row per contract,
modification and act of subcontracting, with up to three winners side by side. The consolidation of decp.info has one
row per contract, state of modification and winner, and each row shows the contract as that modification left it
(`modification_id` 0: as it was concluded).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from notices.formats.decp.contract import Kind
from notices.formats.decp.leaves import count_of, is_blank, text_of

Row = Mapping[str, Any]

_PLAIN: Final = {
    name.lower(): name
    for name in (
        "id", "uid", "nature", "objet", "codeCPV", "procedure", "montant", "dureeMois", "dateNotification",
        "datePublicationDonnees", "formePrix", "attributionAvance", "tauxAvance", "offresRecues", "ccag",
        "sousTraitanceDeclaree", "typeGroupementOperateurs", "idAccordCadre", "origineUE", "origineFrance",
        "marcheInnovant", "source", "considerationsSociales", "considerationsEnvironnementales", "modalitesExecution",
        "techniques", "typesPrix", "typePrix", "valeurGlobale", "montantSubventionPublique", "dateSignature",
        "dateDebutExecution", "_type",
    )
} | {"type": "categorieAchat", "sourcedataset": "source"}  # fmt: skip
_GROUPS: Final = {
    "acheteur": {"acheteur_id": "id", "acheteur_nom": "nom", "acheteur_commune_nom": "communeNom",
                 "acheteur_departement_code": "departementCode"},
    "autoriteConcedante": {"autoriteconcedante_id": "id", "autoriteconcedante_nom": "nom"},
    "lieuExecution": {"lieuexecution_code": "code", "lieuexecution_typecode": "typeCode", "lieuexecution_nom": "nom"},
    "modification": {
        "idmodification": "id", "montantmodification": "montant", "dureemoismodification": "dureeMois",
        "valeurglobalemodification": "valeurGlobale", "objetmodification": "objetModification",
        "datenotificationmodification": "dateNotificationModification",
        "datenotificationmodificationmodification": "dateNotificationModification",
        "datesignaturemodification": "dateSignatureModification",
        "datesignaturemodificationmodification": "dateSignatureModification",
        "datepublicationdonneesmodification": "datePublicationDonneesModification",
        "datepublicationdonneesmodificationmodification": "datePublicationDonneesModification",
        "titulairesmodification": "titulaires",
    },
    "modificationWinner": {"idtitulairemodification": "id", "typeidentifianttitulairemodification": "typeIdentifiant"},
    "act": {
        "idactesoustraitance": "id", "dureemoisactesoustraitance": "dureeMois",
        "datenotificationactesoustraitance": "dateNotification", "montantactesoustraitance": "montant",
        "datepublicationdonneesactesoustraitance": "datePublicationDonnees",
        "variationprixactesoustraitance": "variationPrix",
    },
    "subcontractor": {"idsoustraitant": "id", "typeidentifiantsoustraitant": "typeIdentifiant"},
    "actModification": {
        "idmodificationactesoustraitance": "id", "dureemoismodificationactesoustraitance": "dureeMois",
        "datenotificationmodificationsoustraitancemodificationactesoustraitance":
            "dateNotificationModificationSousTraitance",
        "montantmodificationactesoustraitance": "montant",
        "datepublicationdonneesmodificationactesoustraitance": "datePublicationDonnees",
    },
    "execution": {
        "donneesexecution_datepublicationdonneesexecution": "datePublicationDonneesExecution",
        "donneesexecution_depensesinvestissement": "depensesInvestissement",
        "datepublicationdonneesexecution": "datePublicationDonneesExecution",
        "depensesinvestissement": "depensesInvestissement",
    },
    "tariff": {"donneesexecution_intituletarif": "intituleTarif", "donneesexecution_tarif": "tarif",
               "intituletarif": "intituleTarif", "tarif": "tarif"},
}  # fmt: skip
_PLACE_OF: Final = {column: (group, key) for group, columns in _GROUPS.items() for column, key in columns.items()}
_WINNER: Final = re.compile(
    r"(titulaire|concessionnaire)_(id|typeidentifiant|denominationsociale|nom|categorie|commune_nom|departement_code)"
    r"(?:_([0-9]))?"
)
_WINNER_KEYS: Final = {
    "id": "id", "typeidentifiant": "typeIdentifiant", "denominationsociale": "denominationSociale",
    "nom": "denominationSociale", "categorie": "categorie", "commune_nom": "communeNom",
    "departement_code": "departementCode",
}  # fmt: skip
_LEFT_OUT: Final = re.compile(
    r".*_(distance|latitude|longitude|region_code|region_nom|commune_code|departement_nom)|acheteur_categorie"
    r"|dureerestantemois|donneesactuelles|sourcefile|modification_id|booleanmodification|updated_at|id_annee"
    r"|datenotification_annee|.*_recordid"
)
"""Columns that a table derives from others, or from Sirene, and that say nothing of the contract."""
CONSOLIDATED: Final = "modification_id"
_BUYER_COLUMNS: Final = frozenset({"acheteur_id", "autoriteconcedante_id"})


def column(name: str) -> str:
    """A column's name as it is compared: tables differ in case, and write `acheteur.id` or `acheteur_id`."""
    return name.strip().strip("\ufeff").lower().replace(".", "_")


def is_row(value: object) -> bool:
    """Whether an object is a row of one of the tables."""
    if not isinstance(value, Mapping):
        return False
    names = {column(str(name)) for name in value}
    return "id" in names and bool(names & _BUYER_COLUMNS)


def records_of(rows: Iterable[Row]) -> list[tuple[Kind, dict[str, Any]]]:
    """The records that the rows of one contract make, in the shape of 2022."""
    plain = [{column(str(name)): value for name, value in row.items()} for row in rows]
    if plain and all(CONSOLIDATED in row for row in plain):
        return [_consolidated(plain)]
    return [_record(row) for row in plain]


def _record(row: dict[str, Any]) -> tuple[Kind, dict[str, Any]]:
    record, groups, winners = _sorted_out(row)
    for name in ("acheteur", "autoriteConcedante", "lieuExecution"):
        if name in groups:
            record[name] = groups[name]
    concession = "autoriteConcedante" in groups
    record["concessionnaires" if concession else "titulaires"] = winners
    modification = _modification(groups)
    record["modifications"] = [modification] if modification else []
    record["actesSousTraitance"] = _acts(groups)
    record["modificationsActesSousTraitance"] = [groups["actModification"]] if "actModification" in groups else []
    if "execution" in groups or "tariff" in groups:
        tariffs = [groups["tariff"]] if "tariff" in groups else []
        record["donneesExecution"] = [{**groups.get("execution", {}), "tarifs": tariffs}]
    if "booleanmodification" in row:
        record["_modificationCount"] = count_of((modification or {}).get("id")) or 0
    return ("contrat-concession" if concession else "marche"), record


def _sorted_out(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """A row's cells: those of the contract itself, those of objects inside it, and its winners.

    A column that is not known stays under its own name, so that it is told as unread.
    """
    record: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {}
    winners: dict[str, dict[str, Any]] = {}
    for name, value in row.items():
        if is_blank(value) or _LEFT_OUT.fullmatch(name):
            continue
        if winner := _WINNER.fullmatch(name):
            winners.setdefault(winner[3] or "1", {})[_WINNER_KEYS[winner[2]]] = value
        elif name in _PLACE_OF:
            group, key = _PLACE_OF[name]
            groups.setdefault(group, {})[key] = value
        else:
            record.setdefault(_PLAIN.get(name, name), value)
    return record, groups, [winners[number] for number in sorted(winners)]


def _modification(groups: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    told = dict(groups.get("modification", {}))
    if "modificationWinner" in groups:
        told["titulaires"] = [groups["modificationWinner"]]
    elif isinstance(told.get("titulaires"), str):
        told["titulaires"] = _inner_json(told["titulaires"])
    return told or None


def _inner_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _acts(groups: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    act = dict(groups.get("act", {}))
    if "subcontractor" in groups:
        act["sousTraitant"] = groups["subcontractor"]
    return [act] if act else []


def _consolidated(rows: list[dict[str, Any]]) -> tuple[Kind, dict[str, Any]]:
    """The states of a contract: the first is the contract, each later one a modification of it."""
    states: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        states.setdefault(count_of(row[CONSOLIDATED]) or 0, []).append(row)
    first, *later = sorted(states)
    kind, record = _state(states[first])
    record["modifications"] = [_as_modification(number, _state(states[number])[1]) for number in later]
    return kind, record


def _state(rows: list[dict[str, Any]]) -> tuple[Kind, dict[str, Any]]:
    kind, record = _record(rows[0])
    winners = "concessionnaires" if kind == "contrat-concession" else "titulaires"
    for row in rows[1:]:
        record[winners] = [*record[winners], *_record(row)[1][winners]]
    return kind, record


def _as_modification(number: int, state: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: state[key] for key in ("montant", "dureeMois", "titulaires") if key in state}
    return {
        "id": number,
        "dateNotificationModification": text_of(state.get("dateNotification")),
        "datePublicationDonneesModification": text_of(state.get("datePublicationDonnees")),
        **kept,
    }
