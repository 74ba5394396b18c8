"""Elements that the readers leave out on purpose, by the element they stand in. All others are read or reported."""

from __future__ import annotations

from typing import Final

IN_DOCUMENTS = "conditions that the procurement documents repeat in full"
NO_HOME = "the model has no field for it"
PERSON = "name of a person"
REVIEW = "how and where to appeal, the same for all notices of a court"
HOW = "how tenders are sent or opened"

LEGACY: Final[dict[str, dict[str, str]]] = {
    "DONNEES": {"ANNEXE_D1": "justification of a contract without call, always empty in what was seen"},
    "IDENTITE": {
        "CORRESPONDANT": PERSON,
        "CONTACT": PERSON,
        "FAX": NO_HOME,
        "URL_INFORMATION": "page for questions; the page for tenders and the documents are kept",
        "AGIT_POUR_AUTRE_COMPTE_OUI": NO_HOME,
        "AGIT_POUR_AUTRE_COMPTE_NON": NO_HOME,
        "INTEGRALITE_DOC_OUI": HOW,
        "INTEGRALITE_DOC_NON": HOW,
        "TYPE": "role of a further address",
    },
    "OBJET": {"AMP_OUI": NO_HOME, "AMP_NON": NO_HOME, "TRANCHE_OUI": NO_HOME, "TRANCHE_NON": NO_HOME},
    "CARACTERISTIQUES": {"OPTIONS": NO_HOME, "RECONDUCTIONS": NO_HOME},
    "LOT": {
        "OPTIONS_OUI": NO_HOME,
        "OPTIONS_NON": NO_HOME,
        "OPTIONS_DESCRIPTION": NO_HOME,
        "RENOUVELLEMENT_OUI": NO_HOME,
        "RENOUVELLEMENT_NON": NO_HOME,
        "CATALOGUE_ELECTRONIQUE_OUI": HOW,
        "CATALOGUE_ELECTRONIQUE_NON": HOW,
    },
    "PROCEDURE": {
        "NB_CANDIDATS": IN_DOCUMENTS,
        "ENCHERE_ELECTRONIQUE_OUI": NO_HOME,
        "ENCHERE_ELECTRONIQUE_NON": NO_HOME,
        "AMP_OUI": NO_HOME,
        "AMP_NON": NO_HOME,
        "MARCHE_PERIODIQUE_OUI": NO_HOME,
        "MARCHE_PERIODIQUE_NON": NO_HOME,
        "LAUREAT_ATTRIBUTAIRE_OUI": IN_DOCUMENTS,
        "LAUREAT_ATTRIBUTAIRE_NON": IN_DOCUMENTS,
        "DECISION_JURY_CONTRAIGNANTE_OUI": IN_DOCUMENTS,
        "DECISION_JURY_CONTRAIGNANTE_NON": IN_DOCUMENTS,
        "ATTRIB_SANS_NEG_OUI": IN_DOCUMENTS,
        "ATTRIB_SANS_NEG_NON": IN_DOCUMENTS,
        "CATEGORIE_ACHETEUR": NO_HOME,
        "TECH_ACHAT": NO_HOME,
    },
    "CONDITION_DELAI": {
        "VALIDITE_OFFRE": IN_DOCUMENTS,
        "LIMITE_ENVOI_INVIT": NO_HOME,
        "DUREE_SYSTEME_QUALIFICATION": NO_HOME,
    },
    "ACCORD_CADRE": {
        "VALEUR_MIN": NO_HOME,
        "FREQUENCE_ET_VALEUR_DES_MARCHES": IN_DOCUMENTS,
        "SUP_QUATRE_ANS_JUSTIFICATION": IN_DOCUMENTS,
    },
    "RENSEIGNEMENT": {
        "MONTANT_INDEFINI": "that no amount is given",
        "NB_ANNEE": NO_HOME,
        "NB_MOIS": NO_HOME,
        "TRANCHE_FERME": NO_HOME,
        "TRANCHE_CONDITIONNELLE": NO_HOME,
        "PAYS_ORIGINE": NO_HOME,
        "VARIANTES_OUI": NO_HOME,
        "VARIANTES_NON": NO_HOME,
    },
    "CONDITION_RELATIVE_MARCHE": {
        "CAUTIONNEMENT": IN_DOCUMENTS,
        "FINANCEMENT": IN_DOCUMENTS,
        "FORME_JURIDIQUE": IN_DOCUMENTS,
        "AUTRES_CONDITIONS_PART_OUI": IN_DOCUMENTS,
        "AUTRES_CONDITIONS_PART_NON": IN_DOCUMENTS,
        "PARTICIPATION_ELECTRONIQUE_OUI": HOW,
        "PARTICIPATION_ELECTRONIQUE_NON": HOW,
        "PARTICIPATION_ELECTRONIQUE_AUTORISEE": HOW,
        "LANGUES": "French, in every notice seen",
    },
    "CONDITION_PARTICIPATION": {
        "SITUATION_JURIDIQUE": IN_DOCUMENTS,
        "CAP_ECO": IN_DOCUMENTS,
        "CAP_ECO_NIVEAU_MINI": IN_DOCUMENTS,
        "CAP_ECO_MARCHE_OUI": IN_DOCUMENTS,
        "CAP_ECO_MARCHE_NON": IN_DOCUMENTS,
        "CAP_TECH": IN_DOCUMENTS,
        "CAP_TECH_NIVEAU_MINI": IN_DOCUMENTS,
        "CAP_TECH_OFFRE_OUI": IN_DOCUMENTS,
        "CAP_TECH_OFFRE_NON": IN_DOCUMENTS,
        "CRITERE_SELECTION": IN_DOCUMENTS,
        "PRESTATION_RESERVEE_OUI": "a profession; reserved contracts are MARCHE_RESERVE",
        "PRESTATION_RESERVEE_NON": "a profession; reserved contracts are MARCHE_RESERVE",
        "INDICATION_OBLIGATOIRE_NOM_QUALIFICATIONS_OUI": IN_DOCUMENTS,
        "INDICATION_OBLIGATOIRE_NOM_QUALIFICATIONS_NON": IN_DOCUMENTS,
        "ELIGIBLE_MPS": "a form of application that was closed in 2019",
    },
    "CONDITION_ADMINISTRATIVE": {
        "PERS_OUVERTURE_OFFRES_OUI": HOW,
        "PERS_OUVERTURE_OFFRES_NON": HOW,
        "ENVOI_ELECTRONIQUE_AVEC_OUTIL_OUI": HOW,
        "ENVOI_ELECTRONIQUE_AVEC_OUTIL_NON": HOW,
        "RECOMPENSES_LAUREAT_OUI": IN_DOCUMENTS,
        "RECOMPENSES_LAUREAT_NON": IN_DOCUMENTS,
        "RECOMPENSES_LAUREAT": IN_DOCUMENTS,
    },
    "RENSEIGNEMENTS_COMPLEMENTAIRES": {
        "COMMANDE_ELECTRONIQUE_OUI": HOW,
        "COMMANDE_ELECTRONIQUE_NON": HOW,
        "FACTURATION_ELECTRONIQUE_OUI": HOW,
        "FACTURATION_ELECTRONIQUE_NON": HOW,
        "PAIEMENT_ELECTRONIQUE_OUI": HOW,
        "PAIEMENT_ELECTRONIQUE_NON": HOW,
        "PROCEDURES_RECOURS_PRECISIONS": REVIEW,
        "VISITE_OUI": IN_DOCUMENTS,
        "VISITE_NON": IN_DOCUMENTS,
    },
    "ATTRIBUTION": {"ATTRIBUE_PAR_LOTS_MARCHES": "that decisions follow"},
}
"""Schema v230."""

NATIONAL: Final[dict[str, dict[str, str]]] = {
    "organisme": {
        "correspondantPRM": PERSON,
        "correspondant": PERSON,
        "typeIdentificationNational": "the shape of the number says whether it is a SIRET",
    },
    "communication": {
        "integraliteProfil": HOW,
        "utilisationMoyen": HOW,
        "moyenNonDispo": HOW,
    },
    "procedure": {
        "capaciteExercice": IN_DOCUMENTS,
        "capaciteEcoFin": IN_DOCUMENTS,
        "capaciteTech": IN_DOCUMENTS,
        "categorieAcheteur": NO_HOME,
        "attributionSansNegociation": IN_DOCUMENTS,
        "reductionCandidats": IN_DOCUMENTS,
        "presentationCatalogue": HOW,
        "techniqueAchat": NO_HOME,
        "techAchat": NO_HOME,
    },
    "delais": {"validite": IN_DOCUMENTS},
    "initial": {
        "justifications": IN_DOCUMENTS,
        "conditions": IN_DOCUMENTS,
        "modalites": IN_DOCUMENTS,
    },
}
"""Schema 3.2.5, the shapes of national notices."""


def of_legacy(element: str) -> tuple[str, ...]:
    """Children of an element of schema v230 that are left out."""
    return tuple(LEGACY.get(element, ()))


def of_national(element: str) -> tuple[str, ...]:
    """Children of an element of a national shape that are left out."""
    return tuple(NATIONAL.get(element, ()))
