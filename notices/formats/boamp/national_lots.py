"""What FNSimple, MAPA, DSP and DIVERS say of an object: goods, place, value, length; the same for each lot."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Final

from notices.formats.boamp import printed
from notices.formats.boamp.draft import Draft
from notices.formats.boamp.node import Node
from notices.model import AmountKind, Classification, Lot, Money, Period, Place, TaxBasis

_UNITS: Final = (("dureeMois", "MONTH"), ("nbMois", "MONTH"), ("nbJours", "DAY"), ("nbAns", "YEAR"))
_CODE: Final = re.compile(r"[0-9]{8}(?:-[0-9])?")
_NUMBERED: Final = re.compile(r"\s*(?:lot\s*(?:n[°o]?\s*)?)?([0-9]{1,3}[A-Za-z]?)\s*[:.)–-]\s*(?=\S)", re.IGNORECASE)
_LONGEST_TITLE: Final = 250


def goods(node: Node) -> list[Classification | None]:
    """CPV codes under `codeCPV` (FNSimple) or `CPV` (DSP). MAPA has none, and none is made of its descriptors."""
    found: list[Classification | None] = []
    for holder in (*node.each("codeCPV"), *node.each("CPV")):
        for group in holder.each("objetPrincipal"):
            found += _codes(group, main=True)
        for name in ("objetComplementaire", "objetSecondaire"):
            for group in holder.each(name):
                found += _codes(group, main=False)
        found.append(printed.classification(holder.line(), holder, main=True))
    return found


def _codes(group: Node, *, main: bool) -> list[Classification | None]:
    """The code is the text of `classPrincipale`, or the name of an empty element."""
    named = [name for name in group.names if _CODE.fullmatch(name)]
    group.ignore(*named, "classSupplementaire")
    texts = [line for node in group.each("classPrincipale") if (line := node.line())]
    direct = [line] if (line := group.line()) else []
    return [printed.classification(code, group, main=main) for code in (*texts, *named, *direct)]


def place(node: Node) -> Place | None:
    """Where the work is done: a NUTS code, an address, or words."""
    code = node.line("lieuCodeNUTS", "codeNUTS") or node.line("codeNUTS")
    where = node.first("lieuExecution", "lieuExecutionLivraison", "lieuLivraison")
    code = code or where.first("codeNuts", "codeNUTS", "code_nuts").line()
    words = where.line() or where.first("libelle", "lieu").line()
    postal_code, town = where.line("cp"), where.line("ville")
    street = where.line("voie", "nomvoie") or where.line("adresse")
    where.at("voie").ignore("typvoie", "numvoie")
    told = "\n".join(filter(None, (street, words))) or None
    by_address = printed.place_of_address(postal_code, town, told) if (postal_code or town) else None
    if code is None:
        return by_address or (Place(country=printed.COUNTRY, printed=told) if told else None)
    by_code = printed.place_of_nuts(code, node, told)
    if by_address is None or by_code is None:
        return by_code
    return by_address.model_copy(update={"nuts": by_code.nuts or by_address.nuts})


def estimate(node: Node, tax: TaxBasis) -> Money | None:
    """The estimated value, or the upper end of a range with both ends in words."""
    for name in ("valeurEstimee", "estimationValeur"):
        holder = node.at(name)
        if not holder.present:
            continue
        value = holder.at("valeur")
        currency = holder.attribute("devise")
        span = holder.at("fourchette")
        low, high = span.at("valeurBasse"), span.at("valeurHaute")
        span.ignore("@devise")
        money = (
            _money(value, currency, tax)
            or printed.range_of(low, high, AmountKind.ESTIMATED, tax)
            or printed.amount(holder, AmountKind.ESTIMATED, tax)
        )
        if money:
            return money
    return None


def _money(value: Node, currency: str | None, tax: TaxBasis) -> Money | None:
    """The currency stands on the amount or on the element around it."""
    found = printed.amount(value, AmountKind.ESTIMATED, tax)
    if found is None or not currency or value.attribute("devise"):
        return found
    code = currency.strip().upper()
    return found.model_copy(update={"currency": code}) if re.fullmatch("[A-Z]{3}", code) else found


def length(node: Node, zone: tzinfo) -> Period | None:
    """How long the contract lasts; `duree` and `dureeLot` hold the same in an element of their own."""
    for name in ("dureeLot", "dureeMarche"):
        inner = node.at(name)
        if inner and (found := length(inner, zone)):
            return found
    amount, unit = None, None
    for name, code in _UNITS:
        amount = printed.decimal(node.line(name), node)
        if amount is not None:
            unit = code
            break
    start = printed.day(node.first("dateACompterDu", "dateDebutPrestation").line(), zone, node)
    end = printed.day(node.first("dateJusquau", "jusquau").line(), zone, node)
    return Period(start=start, end=end, amount=amount, unit=unit) if start or end or unit else None


def read_lots(node: Node, draft: Draft) -> None:
    """Lots under `lot`, or under `lots.lot`."""
    holders = (*node.each("lot"), *(lot for group in node.each("lots") for lot in group.each("lot")))
    for holder in holders:
        if holder:
            draft.lots.append(_lot(holder, len(draft.lots) + 1, draft))


def _lot(node: Node, position: int, draft: Draft) -> Lot:
    number = node.first("numLot", "numero", "num").line()
    title = node.first("intituleLot", "intitule", "titre").line()
    text = node.text("description")
    own, title, text = _apart(title, text)
    where, money = place(node), estimate(node, draft.tax)
    return Lot(
        id=number or own or str(position),
        title=printed.in_french(title),
        description=printed.in_french(text),
        classifications=printed.once(goods(node)),
        places=(where,) if where else (),
        values=(money,) if money else (),
        duration=length(node, draft.zone),
        additional_information=printed.in_french(node.first("infosSup", "autresInformations").text()),
    )


def _apart(title: str | None, text: str | None) -> tuple[str | None, str | None, str | None]:
    """Number, title and description of a lot.

    Where only a description is printed it begins with the number (`2 : Gros oeuvre`), and the title may stand twice,
    on a line of its own each time.
    """
    if text is None:
        return None, title, None
    number = None
    if title is None and (found := _NUMBERED.match(text)):
        number, text = found[1], text[found.end() :]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if title is None and lines and len(lines[0]) <= _LONGEST_TITLE:
        title, lines = lines[0], lines[1:]
    rest = [line for line in lines if line != title]
    return number, title, "\n".join(rest) or None
