"""The popup of a consultation's lots (dossier, 4.3). Never captured: the ids and their order are what clients agree on.

A lot begins with `Lot 1 :` in a bold blue span; title, category and description follow in blocks of text; estimate,
deposit, reserved flag, variants and qualifications have ids that hold the lot's place in the list.
"""

from __future__ import annotations

import re

from lxml import etree

from crawlers.engines.atexo_ma import markup
from crawlers.engines.atexo_ma.consultation import Consultation, PrintedLot
from crawlers.engines.atexo_ma.detail import referential_field
from notices.values.text import fold

MARK = "repeaterLots"
"""What every popup with lots holds."""

_ID = re.compile(r"^\w*?_repeaterLots_ctl(\d+)_(\w+)$")
_NUMBER = re.compile(r"^\s*lot\s*(?:n°\s*)?(\w{1,20})\s*:?\s*$", re.IGNORECASE)
_CATEGORIES = frozenset({"travaux", "fournitures", "services"})
_REFERENTIAL = re.compile(r"_labelReferentiel\w*$")
_REMARKS = {"qualification": "Qualifications", "agrements": "Agréments"}
_VALUES = {"cautionProvisoire": "deposit", "varianteValeur": "variant"}
_SETTLED = re.compile(r"(titre|etoile|deuxPoint|oldValue|labelReferentiel\w*)$")
_MORE_REMARKS = {
    "dateEchantillons": "Échantillons",
    "adresseEchantillons": "Adresse de dépôt des échantillons",
    "dateReunion": "Réunion",
    "adresseReunion": "Adresse de la réunion",
}
_VISIT = re.compile(r"^repeaterVisitesLieux_ctl\d+_(dateVisites|adresseVisites)$")


def is_popup(page: etree._Element) -> bool:
    """Whether a page is a popup of lots."""
    return any(_ID.match(item.get("id") or "") for item in markup.elements(page))


def read_lots(page: etree._Element, printed: Consultation) -> None:
    """Fill `printed.lots`. A popup whose headings and ids do not agree in number is told."""
    printed.seen.append("lots")
    headings = [(item, words) for item in page.iter("span") if (words := _heading(item)) is not None]
    parts = _parts(page)
    if len(headings) != len(parts):
        printed.note("lots", f"The popup has {len(headings)} headings of lots and {len(parts)} blocks of values.")
    lots = [PrintedLot(number) for _, number in headings]
    lots += [PrintedLot(str(place + 1)) for place in range(len(lots), len(parts))]
    blocks = _blocks(page, [item for item, _ in headings])
    for place, lot in enumerate(lots):
        _read_texts(blocks[place] if place < len(blocks) else [], lot)
        if place < len(parts):
            _read_values(parts[place], lot, printed)
    printed.lots = tuple(lots)


def _heading(item: etree._Element) -> str | None:
    """The number in `Lot 1 :`."""
    if not (markup.has_class(item, "blue") and markup.has_class(item, "bold")):
        return None
    match = _NUMBER.match(markup.line(item) or "")
    return match[1] if match else None


def _parts(page: etree._Element) -> list[dict[str, etree._Element]]:
    """For each lot, its elements by the tail of their id, in the order of their place in the list."""
    found: dict[int, dict[str, etree._Element]] = {}
    for item in markup.elements(page):
        match = _ID.match(item.get("id") or "")
        if match:
            found.setdefault(int(match[1]), {}).setdefault(match[2], item)
    return [found[place] for place in sorted(found)]


def _blocks(page: etree._Element, headings: list[etree._Element]) -> list[list[tuple[str, str]]]:
    """For each heading, label and words of the text blocks that follow it, up to the next heading."""
    found: list[list[tuple[str, str]]] = []
    label = ""
    for item in markup.elements(page):
        if item in headings:
            found.append([])
            label = ""
        elif not found or item.tag != "div":
            continue
        elif any(name.startswith("intitule") for name in (item.get("class") or "").split()):
            label = fold(markup.line(item) or "").rstrip(" :")
        elif markup.has_class(item, "bloc-600") and not _holds_ids(item):
            found[-1].append((label, markup.text(item) or ""))
            label = ""
    return found


def _holds_ids(item: etree._Element) -> bool:
    return any(_ID.match(part.get("id") or "") for part in (*markup.elements(item), *item.iterancestors()))


def _read_texts(blocks: list[tuple[str, str]], lot: PrintedLot) -> None:
    """Title, category and description: by their labels, else by their order."""
    for label, words in blocks:
        if not words:
            continue
        if "categorie" in label or (fold(words).strip() in _CATEGORIES and lot.category is None):
            lot.category = words
        elif "description" in label or lot.title is not None:
            lot.description = "\n".join(filter(None, (lot.description, words)))
        else:
            lot.title = " ".join(words.split())


def _read_values(parts: dict[str, etree._Element], lot: PrintedLot, printed: Consultation) -> None:
    for tail, element in parts.items():
        words = markup.line(element)
        if words is None or any(_ID.match(item.get("id") or "") for item in element.iterdescendants()):
            continue
        if _REFERENTIAL.search(tail):
            title = markup.line(parts.get(_REFERENTIAL.sub("_titre", tail)))
            # Without a title the id tells: a text is the estimate, a choice is the reserved flag.
            name = referential_field(title) or (None if title else ("reserved" if "Radio" in tail else "estimate"))
            if name is None:
                printed.left_unread(f"lots.{title}", words)
            else:
                setattr(lot, name, words)
        elif tail in _VALUES:
            setattr(lot, _VALUES[tail], words)
        else:
            _read_remark(tail, element, words, lot, printed)


def _read_remark(tail: str, element: etree._Element, words: str, lot: PrintedLot, printed: Consultation) -> None:
    label = {**_REMARKS, **_MORE_REMARKS}.get(tail)
    if _VISIT.match(tail):
        before = lot.remarks.get("Visites des lieux")
        lot.remarks["Visites des lieux"] = f"{before}, {words}" if before else words
    elif label is not None:
        lot.remarks[label] = "; ".join(markup.list_items(element))
    elif not _SETTLED.search(tail):
        printed.left_unread(f"lots.{tail}", words)
