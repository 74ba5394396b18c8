"""Notices of schema v230, to about 2023: `IDENTITE`, `OBJET`, `PROCEDURE` and so on without a word around them."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Final

from notices.formats.boamp import ignored, printed, seats
from notices.formats.boamp.draft import Draft
from notices.formats.boamp.frame import Frame, read_journal
from notices.formats.boamp.legacy_awards import read_awards
from notices.formats.boamp.legacy_parties import read_buyer, read_other_parties
from notices.formats.boamp.node import Node
from notices.model import (
    AmountKind,
    AwardCriterion,
    Classification,
    Flags,
    Framework,
    Lot,
    NoticeKind,
    Period,
    TaxBasis,
)
from notices.values.dates import Precision, parse_instant

FORMAT: Final = "boamp-v230"
FIRST_KEYS: Final = frozenset({"IDENTITE", "OBJET", "TYPE_ORGANISME", "TYPE_POUVOIR_ADJUDICATEUR", "PROCEDURE"})
_UNITS: Final = (
    ("DUREE_MOIS", "MONTH"),
    ("DUREE_JOURS", "DAY"),
    ("DUREE_JOUR", "DAY"),
    ("DUREE_AN", "YEAR"),
    ("DUREE_ANS", "YEAR"),
)
_CRITERIA: Final = (
    ("CRITERES_PONDERES", None),
    ("CRITERES_QUALITE", "quality"),
    ("CRITERES_COUT", "cost"),
    ("CRITERES_PRIX", "price"),
)
_STRAY: Final = re.compile(r"^[:;,.\s]+")


def read_legacy(data: Node, draft: Draft, frame: Frame) -> None:
    """Read the content of `DONNEES`."""
    if frame.family == "JOUE":
        draft.tax = TaxBasis.EXCLUDED  # the European forms ask for values without VAT
    read_buyer(data, draft)
    _read_object(data.at("OBJET"), draft, frame)
    _read_procedure(data.at("PROCEDURE"), draft)
    read_journal(data.at("PUBLICATION_ANTERIEURE"), frame)
    data.answer("PUBLICATION_ANTERIEURE")  # that there was one; which one is told beside it
    _read_terms(data, draft)
    read_other_parties(data.at("RENSEIGNEMENTS_COMPLEMENTAIRES"), draft)
    read_awards(data.at("ATTRIBUTION"), draft)
    data.ignore(*ignored.of_legacy("DONNEES"))


def _read_object(thing: Node, draft: Draft, frame: Frame) -> None:
    draft.title = thing.line("TITRE_MARCHE")
    if reference := thing.line("REF_MARCHE"):
        draft.references.append(reference)
    if whole := thing.text("OBJET_COMPLET"):
        draft.description.append(_STRAY.sub("", whole))
    draft.natures.extend(printed.natures(thing.words("TYPE_MARCHE")))
    draft.classifications.extend(_classifications(thing, lead=True))
    place = thing.at("LIEU_EXEC_LIVR")
    if place:
        _read_place(place, draft)
    _read_values(thing.at("CARACTERISTIQUES"), draft, frame)
    draft.duration = _period(thing.at("DUREE_DELAI"), draft.zone)
    draft.variants_allowed = thing.answer("VARIANTES")
    draft.reserved = thing.answer("MARCHE_RESERVE")
    _read_framework_object(thing, draft)
    _read_lots(thing, draft)
    thing.ignore(*ignored.of_legacy("OBJET"))


def _read_place(place: Node, draft: Draft) -> None:
    code = place.line("CODE_NUTS")
    address = seats.Address(place.line("PAYS"), place.line("CP"), place.line("VILLE"), place.line("ADRESSE"))
    found = seats.at_home(address, place, printed.place_of_nuts(code, place) if code else None)
    draft.places.extend((found,) if found else ())


def _classifications(holder: Node, *, lead: bool) -> list[Classification | None]:
    """`CPV` of a lot repeats; only that of the whole contract has a main code."""
    found: list[Classification | None] = []
    for group in holder.each("CPV"):
        found += [printed.classification(node.line(), node, main=lead) for node in group.each("PRINCIPAL")]
        for name in ("SUPPLEMENTAIRE", "COMPLEMENTAIRE"):
            found += [printed.classification(node.line(), node, main=False) for node in group.each(name)]
    return found


def _read_values(holder: Node, draft: Draft, frame: Frame) -> None:
    """The value of the contract. In a European result a range is that of the tenders, elsewhere an estimate."""
    awarded = frame.kind is NoticeKind.RESULT
    kind = AmountKind.AWARDED if awarded else AmountKind.ESTIMATED
    for name in ("VALEUR_TOTALE", "VALEUR"):
        for node in holder.each(name):
            if node.names:
                _read_values(node, draft, frame)
            elif money := printed.amount(node, kind, draft.tax):
                draft.values.append(money)
    low, high = holder.at("VALEUR_MIN"), holder.at("VALEUR_MAX")
    if awarded and frame.family == "JOUE":
        pair = (
            printed.amount(low, AmountKind.LOWEST_TENDER, draft.tax),
            printed.amount(high, AmountKind.HIGHEST_TENDER, draft.tax),
        )
        draft.values.extend(money for money in pair if money)
    elif money := printed.range_of(low, high, kind, draft.tax):
        draft.values.append(money)
    for name in ("PRINCIPALES", "QUANTITE", "QUANTITES"):
        if text := holder.text(name):
            draft.description.append(text)
    holder.ignore(*ignored.of_legacy("CARACTERISTIQUES"))


def _period(node: Node, zone: tzinfo) -> Period | None:
    length, unit = None, None
    for name, code in _UNITS:
        length = printed.decimal(node.line(name), node)
        if length is not None:
            unit = code
            break
    start = printed.day(node.line("DATE_DEBUT"), zone, node)
    end = printed.day(node.line("DATE_FIN"), zone, node)
    return Period(start=start, end=end, amount=length, unit=unit) if start or end or unit else None


def _read_framework_object(thing: Node, draft: Draft) -> None:
    """The older place of `AVIS_IMPLIQUE`: one word, of which `MARCHE_PUBLIC` says that it is no framework."""
    words = thing.words("AVIS_IMPLIQUE")
    agreement = thing.at("ACCORD_CADRE")
    if "ACCORD_CADRE" in words or agreement:
        most = printed.count(agreement.first("NB_MAX_PARTICIPANTS", "NB_PARTICIPANTS").line(), agreement)
        single = agreement.has("UN_SEUL_OPERATEUR")
        refused = agreement.has("NON")
        agreement.ignore("OUI", "PLUSIEURS_OPERATEURS")
        technique = "none" if refused else "fa-wo-rc" if single else None
        unsaid = True if technique is None else None
        draft.framework = Framework(agreement=unsaid, technique=technique, maximum_participants=most)
    elif "MARCHE_PUBLIC" in words:
        draft.framework = Framework(technique="none")
    if "SAD" in words:
        draft.framework = (draft.framework or Framework()).model_copy(update={"dynamic_purchasing": "dps-list"})
    if agreement:
        draft.duration = draft.duration or _period(agreement, draft.zone)
        agreement.ignore(*ignored.of_legacy("ACCORD_CADRE"))
        for name in ("VALEUR_MAX", "VALEUR"):
            if money := printed.amount(agreement.at(name), AmountKind.FRAMEWORK_MAXIMUM, draft.tax):
                draft.values.append(money)


def _read_lots(thing: Node, draft: Draft) -> None:
    divided = thing.answer("DIV_EN_LOTS")
    division = thing.at("DIV_EN_LOTS")
    division.ignore(*division.names)
    seen: set[str] = set()
    for position, node in enumerate(thing.at("LOTS").each("LOT"), start=1):
        lot = _lot(node, str(position), draft)
        said = lot.model_copy(update={"id": ""}).model_dump_json() if divided is False else ""
        if said and said in seen:
            node.note("The contract is not divided, and this lot repeats another; it counts once.")
            continue
        seen.add(said)
        draft.lots.append(lot)


def _lot(node: Node, position: str, draft: Draft) -> Lot:
    where = node.line("LIEU_PRINCIPAL")
    codes = [text for item in node.each("CODE_NUTS") if (text := item.line())]
    places = [printed.place_of_nuts(code, node, where) for code in codes or [""]]
    value = node.at("VALEUR")
    low, high = node.at("VALEUR_MIN"), node.at("VALEUR_MAX")
    money = printed.amount(value, AmountKind.ESTIMATED, draft.tax) or printed.range_of(
        low, high, AmountKind.ESTIMATED, draft.tax
    )
    title, description = node.line("INTITULE"), node.text("DESCRIPTION")
    if quantity := node.text("QUANTITE"):
        description = "\n\n".join(filter(None, (description, quantity)))
    flags = Flags(eu_funds=node.answer("FONDS_COMMUNAUTAIRES"), reserved=node.answer("MARCHE_RESERVE"))
    lot = Lot(
        id=node.line("NUM") or position,
        title=printed.in_french(title),
        description=printed.in_french(description if description != title else None),
        additional_information=printed.in_french(node.text("INFO_COMPL")),
        classifications=printed.once(_classifications(node, lead=False)),
        places=tuple(dict.fromkeys(place for place in places if place)),
        values=(money,) if money else (),
        duration=_period(node, draft.zone),
        award_criteria=criteria(node.at("CRITERES_ATTRIBUTION")),
        variants_allowed=node.answer("VARIANTES"),
        flags=flags,
    )
    node.ignore(*ignored.of_legacy("LOT"))
    return lot


def criteria(node: Node) -> tuple[AwardCriterion, ...]:
    """Award criteria. `CRITERES_CCTP` says that the documents name them."""
    found: list[AwardCriterion] = []
    for name, kind in _CRITERIA:
        group = node.at(name)
        for item in group.each("CRITERE"):
            weight = printed.decimal(item.attribute("POIDS"), item)
            found.append(AwardCriterion(type=kind, name=printed.in_french(item.text()), weight=weight))
        weight = printed.decimal(group.line("POIDS"), group)
        if weight is not None or (kind == "price" and group.present and not group.names):
            found.append(AwardCriterion(type=kind, weight=weight))
    for item in node.at("CRITERES_PRIORITES").each("CRITERE"):
        rank = printed.decimal(item.attribute("ORDRE"), item)
        kind_of_weight = "ord-imp" if rank is not None else None
        words = printed.in_french(item.text())
        found.append(AwardCriterion(name=words, weight=rank, weight_kind=kind_of_weight))
    if free := node.text("CRITERES_LIBRE"):
        found.append(AwardCriterion(description=printed.in_french(free)))
    node.ignore("CRITERES_CCTP")
    return tuple(found)


def _read_procedure(node: Node, draft: Draft) -> None:
    draft.procedures.extend(node.words("TYPE_PROCEDURE"))
    draft.criteria.extend(criteria(node.at("CRITERES_ATTRIBUTION")))
    if (variants := node.answer("VARIANTES")) is not None:
        draft.variants_allowed = variants
    implied = node.at("AVIS_IMPLIQUE")
    framework, system = implied.answer("ACCORD_CADRE"), implied.answer("SAD")
    shared = implied.answer("SAD_AUTRES_ACHETEURS")
    agreement = node.at("ACCORD_CADRE")
    single = agreement.has("UN_SEUL_OPERATEUR")
    agreement.ignore("OUI", "NON", "PLUSIEURS_OPERATEURS", *ignored.of_legacy("ACCORD_CADRE"))
    most = printed.count(agreement.first("NB_MAX_PARTICIPANTS", "NB_PARTICIPANTS").line(), agreement)
    if framework is None and system is None and not agreement:
        return _end_procedure(node)
    technique = "none" if framework is False else "fa-wo-rc" if single and framework else None
    purchasing = None if system is None else "none" if not system else "dps-nlist" if shared else "dps-list"
    draft.framework = Framework(
        agreement=True if framework and technique is None else None,
        technique=technique,
        dynamic_purchasing=purchasing,
        maximum_participants=most,
    )
    return _end_procedure(node)


def _end_procedure(node: Node) -> None:
    node.ignore(*ignored.of_legacy("PROCEDURE"))


def _read_terms(data: Node, draft: Draft) -> None:
    delays = data.at("CONDITION_DELAI")
    draft.limits.extend((text, node) for node in delays.each("RECEPT_OFFRES") if (text := node.line()))
    draft.requests.extend((text, node) for node in delays.each("RECEPT_CANDIDAT") if (text := node.line()))
    participation, administration = data.at("CONDITION_PARTICIPATION"), data.at("CONDITION_ADMINISTRATIVE")
    if (reserved := participation.answer("MARCHE_RESERVE")) is not None:
        draft.reserved = reserved
    if reference := administration.line("REFERENCE_MARCHE"):
        draft.references.append(reference)
    _read_opening(administration, draft)
    for name in ("CONDITION_DELAI", "CONDITION_RELATIVE_MARCHE", "CONDITION_PARTICIPATION", "CONDITION_ADMINISTRATIVE"):
        data.at(name).ignore(*ignored.of_legacy(name))


def _read_opening(node: Node, draft: Draft) -> None:
    """The opening of tenders; a day without hour is kept in words."""
    text = node.line("DATE_OUVERTURE_OFFRES")
    if not text:
        return
    found = parse_instant(text, draft.zone)
    if found is not None and found.precision is Precision.TIME:
        draft.opening_at = printed.instant(text, draft.zone, node)
    else:
        draft.more.append(f"Ouverture des offres : {text}")
