"""What the page of a notice says, as fields of the `Notice`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin, urlsplit

from crawlers.engines import french_values
from crawlers.portals.fr_aws import values
from crawlers.portals.fr_aws.detail_page import DetailPage, LotRow
from crawlers.portals.fr_aws.source import Source
from notices.model import (
    AmountKind,
    AwardCriterion,
    Deadline,
    DeadlineKind,
    Document,
    Link,
    Lot,
    Money,
    Organisation,
    Place,
    ProcedureType,
    TaxBasis,
)
from notices.values.money import known_amount, parse_printed_amount
from notices.values.text import fold, known_text

CRITERIA = ("criteres d'attribution", "criteres")
ADDITIONAL = (
    "forme",
    "forme du marche",
    "renseignements complementaires",
    "renseignements",
    "conditions relatives au contrat",
    "conditions de participation",
    "cautionnement",
    "financement",
    "forme juridique",
    "marche reserve",
    "visite obligatoire",
    "depot",
    "validite des offres",
    "recours",
)
"""Labels whose words, like the criteria's, are kept together as additional information."""

READ_ELSEWHERE = ("lots", "lot", "documents", "envoi", "date d'envoi a la publication")
"""Labels whose links, tables or dates are read from the page as a whole."""

_ESTIMATE = re.compile(
    r"valeur estim[ée]e\s+hors\s+TVA\s*:?\s*([0-9][0-9\s.,]*[0-9]|[0-9])\s*(?:€|euros?)?", re.IGNORECASE
)
_SENT = re.compile(r"Envoi le\s*([0-9]{1,2}/[0-9]{2}/(?:[0-9]{4}|[0-9]{2}))\s*à la publication")
_OFFERS = re.compile(r"Remise des (offres|candidatures|plis)\s+le\s*(.{6,40})", re.IGNORECASE)
_CPV = re.compile(r"\b[0-9]{8}(?:-[0-9])?\b")
_CRITERION = re.compile(r"^([0-9]{1,3}(?:[.,][0-9]{1,2})?)\s*%\s*:?\s*(.+)$")
_LOT_NUMBER = re.compile(r"([0-9]{1,4}[A-Za-z]?)")
_NUTS = re.compile(r"\bFR[A-Z0-9]{0,3}\b")
_POSTAL = re.compile(r"\b([0-9]{5})\b(?:\s+(\S.*))?")
_DOCUMENT = re.compile(r"type=dce|/dce|\.pdf(?:$|\?)", re.IGNORECASE)


def from_page(source: Source, page: DetailPage) -> dict[str, Any]:
    """Fields of the notice, by name, as far as the page has them."""
    said = page.labelled
    sent = _SENT.search(page.words)
    printed = said.first("mode", "procedure", "type de procedure")
    reference = known_text(said.first("reference"))
    title = known_text(said.first("objet"))
    where = said.take("lieu principal d'execution", "lieu d'execution", "lieu principal de prestation")
    weighed = criteria(said.take(*CRITERIA))
    lots = tuple(_lot(source, number, row, weighed) for number, row in enumerate(page.lots, 1))
    said.taken.update(READ_ELSEWHERE)
    return {
        "title": {"fr": title} if title else {},
        "description": _words((*said.take("description"), *said.take("quantite ou etendue"))),
        "additional_information": _additional(page),
        "buyers": _buyers(source, page),
        "references": (reference,) if reference else (),
        "dispatched_at": found.at if sent and (found := values.day(sent[1])) else None,
        "deadlines": _offers(source, said.take("offres", "candidatures", "remise des offres")),
        "nature": french_values.nature(said.first("type de marche", "nature du marche", "nature")),
        "procedure_type": ProcedureType(code=french_values.procedure(printed), printed=(printed,)) if printed else None,
        "procedure_id": page.consultation,
        "classifications": french_values.classifications(
            _codes(said.take("code cpv principal", "cpv principal")),
            _codes(said.take("code cpv complementaire", "codes cpv complementaires", "cpv complementaires")),
        ),
        "places": _places(where, said.first("code nuts")),
        "duration": values.duration(said.first("duree", "duree du marche", "delai d'execution")),
        "values": _estimates(page),
        "lots": lots,
        "documents": _documents(source, page),
        "links": _links(page),
    }


def _words(said: tuple[str, ...]) -> dict[str, str]:
    words = known_text("\n".join(said))
    return {"fr": words} if words else {}


def _additional(page: DetailPage) -> dict[str, str]:
    """What has a label and no field of its own, with the label before it."""
    said = page.labelled
    parts = []
    for label in (*CRITERIA, *ADDITIONAL):
        words = known_text("\n".join(said.take(label)))
        if words:
            parts.append(f"{said.printed[label].strip(' :')} : {words}")
    return {"fr": "\n\n".join(parts)} if parts else {}


def _buyers(source: Source, page: DetailPage) -> tuple[Organisation, ...]:
    buyer = page.buyer
    name = buyer.name or (source.row.buyer if source.row else "")
    if not name:
        return ()
    postal_code = buyer.postal_code or (source.row.postal_code if source.row else None)
    return (
        Organisation(
            name={"fr": name},
            identifiers=french_values.siret(buyer.siret),
            place=french_values.place(postal_code, locality=buyer.locality),
            phone=buyer.phone,
            website=buyer.website,
        ),
    )


def _offers(source: Source, said: tuple[str, ...]) -> tuple[Deadline, ...]:
    """`Remise des offres le 27/05/24 à 12h00`; the same cell also tells when they are opened, which is no deadline."""
    words = " ".join(said)
    found = _OFFERS.search(words)
    if found is None:
        if known_text(words):
            source.note("detail.Offres", "It does not say until when tenders are received.", words)
        return ()
    kind = DeadlineKind.REQUESTS if fold(found[1]) == "candidatures" else DeadlineKind.TENDERS
    return source.deadlines("detail.Offres", found[2], kind)


def _codes(said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_CPV.findall(" ".join(said)))


def _places(where: tuple[str, ...], nuts: str | None) -> tuple[Place, ...]:
    """The printed NUTS code wins over the one that the postal code leads to."""
    printed = " ".join(where) or None
    found = _POSTAL.search(printed or "")
    place = french_values.place(found[1] if found else None, printed, known_text(found[2]) if found else None)
    code = _NUTS.search(nuts or "")
    if code is None:
        return (place,) if place else ()
    known = place or Place(country="FR", printed=nuts)
    return (known.model_copy(update={"nuts": code[0]}),)


def _estimates(page: DetailPage) -> tuple[Money, ...]:
    found = _ESTIMATE.search(page.words)
    return _money(found[1], printed=found[0]) if found else ()


def _money(amount: str, *, printed: str) -> tuple[Money, ...]:
    read_amount = parse_printed_amount(amount)
    known = known_amount(read_amount) if read_amount is not None else None
    if known is None:
        return ()
    basis = TaxBasis.EXCLUDED
    return (Money(amount=known, currency="EUR", kind=AmountKind.ESTIMATED, tax_basis=basis, printed=printed.strip()),)


def _lot(source: Source, position: int, row: LotRow, weighed: tuple[AwardCriterion, ...]) -> Lot:
    """A lot. The page prints the criteria once, for all of them."""
    cells = dict(row.cells)
    number = _LOT_NUMBER.search(" ".join(cells.pop("lots", ())))
    title, *more = cells.pop("libelle", ()) or ("",)
    estimate = " ".join(cells.pop("estime € ht", cells.pop("estime ht", ())))
    codes = french_values.classifications(_codes(cells.pop("cpv", ())), ())
    for label, said in cells.items():
        if said and label:
            source.note(f"detail.lots.{label}", "This column of the lots is not read.", " ".join(said))
    if number is None:
        source.note("detail.lots", f"Lot {position} of the page has no number.", title)
    description = known_text("\n".join(more))
    return Lot(
        id=number[1] if number else str(position),
        title={"fr": title} if title else {},
        description={"fr": re.sub(r"^Description\s*:\s*", "", description)} if description else {},
        values=_money(estimate, printed=estimate) if estimate else (),
        classifications=codes,
        award_criteria=weighed,
    )


def _documents(source: Source, page: DetailPage) -> tuple[Document, ...]:
    """Links to the buyer's documents, on whatever host they lie."""
    found: dict[str, Document] = {}
    for words, href in page.links:
        address = urljoin(f"{source.base_url}/", href)
        if urlsplit(address).scheme in ("http", "https") and _DOCUMENT.search(address):
            found.setdefault(address, Document(url=address, title=words or None))
    return tuple(found.values())


def _links(page: DetailPage) -> tuple[Link, ...]:
    if page.boamp is None:
        return ()
    return (Link(relation="national-copy", scheme="portal-reference", value=f"fr_boamp:{page.boamp}"),)


def criteria(said: tuple[str, ...]) -> tuple[AwardCriterion, ...]:
    """`60 % : Prix`, one a line; lines without a weight are kept as names."""
    found = []
    for line in said:
        match = _CRITERION.match(line)
        if match is None:
            if not line.endswith(":"):
                found.append(AwardCriterion(name={"fr": line}))
            continue
        kind = "price" if fold(match[2]).startswith("prix") else None
        weight = Decimal(match[1].replace(",", "."))
        found.append(AwardCriterion(type=kind, name={"fr": match[2]}, weight=weight, weight_kind="per-exa"))
    return tuple(found)
