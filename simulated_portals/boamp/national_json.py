"""Notices in the bulletin's own national forms: FNSimple, MAPA, DSP and DIVERS, with the XML's shape left in the JSON.

A flag is an empty text, an element that occurs once is no list, texts carry entities escaped twice.
"""

from __future__ import annotations

from typing import Any

from simulated_portals.boamp.drafts import Draft, Winner
from simulated_portals.boamp.eforms_json import one_or_list


def fns_simple(draft: Draft) -> dict[str, Any]:
    """The simplified national form; its awards are prose."""
    buyer = draft.buyer
    found: dict[str, Any] = {
        "organisme": {
            "acheteurPublic": buyer.name,
            "codeIdentificationNational": buyer.siret,
            "cp": buyer.postal_code,
            "ville": buyer.city,
        }
    }
    previous = draft.previous
    if draft.event == "award":
        found["attribution"] = {"attributionMarche": _prose(draft)}
        if previous is not None:
            found["attribution"]["avisInitial"] = {"idWeb": previous.idweb}
    elif draft.event == "correction" and previous is not None:
        found["rectificatif"] = {"avisInitial": {"idWeb": previous.idweb}, "infosRectif": _instead(draft)}
    elif draft.event == "cancellation" and previous is not None:
        found["annulation"] = {"avisInitial": {"idWeb": previous.idweb}}
    else:
        found["initial"] = _fns_call(draft)
    return {"FNSimple": found}


def _fns_call(draft: Draft) -> dict[str, Any]:
    subject: dict[str, Any] = {
        "intitule": draft.title,
        "description": draft.about,
        "codeCPV": {"objetPrincipal": {"classPrincipale": draft.cpv[0]}},
        "dureeMois": str(draft.months),
        "lieuExecution": draft.buyer.city,
        "valeurEstimee": {"@devise": "EUR", "valeur": str(draft.amount)},
    }
    found: dict[str, Any] = {
        "communication": {
            "urlDocConsul": f"{draft.platform}/consultation/{draft.idweb}",
            "urlProfilAch": draft.platform,
            "identifiantInterne": draft.reference,
            "nomContact": "Service de la commande publique",
            "telContact": "+33 100000000",
        },
        "procedure": {},
        "natureMarche": subject,
    }
    if draft.deadline is not None:
        found["procedure"]["dateReceptionOffres"] = draft.deadline.isoformat()
    if draft.lots:
        found["lots"] = {"lot": one_or_list([
            {"numLot": str(number), "intituleLot": lot, "description": lot}
            for number, lot in enumerate(draft.lots, start=1)
        ])}  # fmt: skip
    return found


def _prose(draft: Draft) -> str:
    """Winners, amounts and numbers in running text, with entities escaped twice."""
    several = len(draft.winners) > 1
    parts = [
        f"{f'Lot n°{number} : ' if several else ''}Titulaire : {winner.name}, {winner.postal_code} {winner.city}<br/>"
        f"Montant hors taxes : {winner.amount} euros<br/>"
        f"Nombre d&amp;#039;offres re&ccedil;ues : {winner.offers}"
        for number, winner in enumerate(draft.winners, start=1)
    ]
    return "<br/>".join(parts)


def mapa(draft: Draft) -> dict[str, Any]:
    """An adapted procedure: naive times, no CPV, lots whose description repeats their title."""
    buyer = draft.buyer
    found: dict[str, Any] = {
        "organisme": {
            "acheteurPublic": buyer.name,
            "correspondantPRM": "M. le Maire",
            "adr": {"voie": {"nomvoie": buyer.street}, "cp": buyer.postal_code, "ville": buyer.city},
            "coord": {"tel": "+33 100000000", "mel": "marches@exemple.fr", "url": "https://www.exemple.fr"},
            "urlProfilAcheteur": draft.platform,
            "classificationOrganisme": str(buyer.classification),
        }
    }
    previous = draft.previous
    if draft.event == "award":
        found["attribution"] = {
            **({"avisInitial": {"idWeb": previous.idweb}} if previous else {}),
            "descriptionReduite": {"objet": draft.title},
            "attribution": {"lotMarche": one_or_list([_mapa_lot(*pair) for pair in enumerate(draft.winners, start=1)])},
        }
    elif draft.event == "correction" and previous is not None:
        found["rectificatif"] = {"avisInitial": {"idWeb": previous.idweb}, "infosRectif": _instead(draft)}
    elif draft.event == "cancellation" and previous is not None:
        found["annulation"] = {"avisInitial": {"idWeb": previous.idweb}}
    else:
        found["initial"] = _mapa_call(draft)
    return {"MAPA": found}


def _mapa_call(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = {
        "natureMarche": {draft.nature.lower(): ""},
        "description": {"objet": draft.title, "lieuExecution": f"{draft.buyer.city} {draft.buyer.postal_code}"},
        "caracteristiques": {"principales": draft.about},
        "duree": {"nbMois": str(draft.months)},
        "criteres": {"criterePondere": [
            {"critere": "Prix", "criterePCT": "60"}, {"critere": "Valeur technique", "criterePCT": "40"},
        ]},
        "procedure": {"procedureAdaptee": ""},
        "renseignements": {
            "idMarche": draft.reference,
            "rensgComplt": (
                f"Code NUTS : {draft.buyer.nuts}\nMarch&amp;eacute;s r&amp;eacute;serv&amp;eacute;s : "
                f"{'OUI' if draft.reserved else 'NON'}"
            ),
        },
    }  # fmt: skip
    if draft.deadline is not None:
        naive = draft.deadline.replace(tzinfo=None).isoformat()
        found["delais"] = {"receptionOffres": naive, "validite": {"nbJours": "120"}}
    if draft.lots:
        found["lots"] = {"lot": one_or_list([
            {"numLot": str(number), "description": f"{lot}\n{lot}"} for number, lot in enumerate(draft.lots, start=1)
        ])}  # fmt: skip
    else:
        found["marcheUnique"] = ""
    return found


def _mapa_lot(number: int, winner: Winner) -> dict[str, Any]:
    return {
        "numLot": str(number),
        "resultat": {
            "attribue": {
                "titulaire": {
                    "denomination": winner.name,
                    "adr": {"cp": winner.postal_code, "ville": winner.city},
                },
                "montant": {"@devise": "EUR", "valeur": str(winner.amount)},
            }
        },
    }


def _instead(draft: Draft) -> dict[str, Any]:
    """What a correction tells to read instead: here the deadline."""
    before = draft.previous.deadline if draft.previous is not None else None
    if draft.deadline is None or before is None:
        return {"rubrique": "Renseignements complémentaires", "lire": draft.about}
    return {
        "rubrique": "delais.receptionOffres",
        "auLieuDeDate": before.replace(tzinfo=None).isoformat(),
        "lireDate": draft.deadline.replace(tzinfo=None).isoformat(),
    }


def dsp(draft: Draft) -> dict[str, Any]:
    """A delegated public service."""
    return {"DSP": _delegated(draft, "descriptionMarche")}


def divers(draft: Draft) -> dict[str, Any]:
    """A notice of another kind."""
    return {"DIVERS": _delegated(draft, None)}


def _delegated(draft: Draft, inside: str | None) -> dict[str, Any]:
    buyer = draft.buyer
    found: dict[str, Any] = {
        "organisme": {
            "acheteurPublic": buyer.name,
            "adr": {"voie": {"nomvoie": buyer.street}, "cp": buyer.postal_code, "ville": buyer.city},
            "urlProfilAcheteur": draft.platform,
        }
    }
    if draft.event == "award":
        result = {"lotMarche": one_or_list([_mapa_lot(*pair) for pair in enumerate(draft.winners, start=1)])}
        found["attribution"] = {"descriptionReduite": {"objet": draft.title}, "attribution": result}
        return found
    if draft.previous is not None:
        section = "rectificatif" if draft.event == "correction" else "annulation"
        found[section] = {"avisInitial": {"idWeb": draft.previous.idweb}}
        if draft.event == "correction":
            found[section]["infosRectif"] = _instead(draft)
        return found
    described: dict[str, Any] = {"objet": draft.title, "description": draft.about}
    if draft.lots:
        lots = [{"numLot": str(number), "description": lot} for number, lot in enumerate(draft.lots, start=1)]
        described["lots"] = {"lot": one_or_list(lots)}
    found["initial"] = {inside: described} if inside else described
    return found
