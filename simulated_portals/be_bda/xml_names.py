"""Names and spellings of eForms documents as Belgium writes them: namespaces, unused prefixes, dates with an offset."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from lxml import etree

BRUSSELS = ZoneInfo("Europe/Brussels")
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CAC = UBL + "CommonAggregateComponents-2"
CBC = UBL + "CommonBasicComponents-2"
EXT = UBL + "CommonExtensionComponents-2"
EFAC = "http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1"
EFBC = "http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1"
EFEXT = "http://data.europa.eu/p27/eforms-ubl-extensions/1"
DOCUMENTS = ("ContractAwardNotice", "ContractNotice", "PriorInformationNotice")


def namespaces(document_name: str) -> dict[str | None, str]:
    """The prefixes of a document: its own type as default, and the others under `ns7` to `ns9`, unused."""
    names: dict[str | None, str] = {"ext": EXT, None: f"{UBL}{document_name}-2"}
    for number, other in enumerate(DOCUMENTS, 7):
        if other != document_name:
            names[f"ns{number}"] = f"{UBL}{other}-2"
    return names | {"cac": CAC, "cbc": CBC, "efac": EFAC, "efbc": EFBC, "efext": EFEXT}


def document(root: etree._Element) -> str:
    """A document as the portal stores it, on one line."""
    body = etree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{body}'


def _offset(local: datetime) -> str:
    text = local.replace(tzinfo=BRUSSELS).strftime("%z")
    return f"{text[:3]}:{text[3:]}"


def brussels_date(day: date) -> str:
    """A day with its offset, `2026-11-12+01:00`; for a naive Brussels time the offset is that of the time."""
    local = day if isinstance(day, datetime) else datetime.combine(day, time(12))
    return f"{local:%Y-%m-%d}{_offset(local)}"


def brussels_time(local: datetime) -> str:
    """The time of day of a naive Brussels time, `10:00:00+01:00`."""
    return f"{local:%H:%M:%S}{_offset(local)}"


Child = etree._Element | str | None
_PREFIXES = {"cac": CAC, "cbc": CBC, "ext": EXT, "efac": EFAC, "efbc": EFBC, "efext": EFEXT}


def node(name: str, *children: Child, **attributes: str) -> etree._Element:
    """An element with its content; `name` has one of the usual prefixes, children that are None are left out."""
    prefix, _, local = name.partition(":")
    element = etree.Element(f"{{{_PREFIXES[prefix]}}}{local}", attributes, nsmap=dict(_PREFIXES))
    for child in children:
        if isinstance(child, str):
            element.text = child
        elif child is not None:
            element.append(child)
    return element


def root_node(document_name: str) -> etree._Element:
    """An empty document of one of `DOCUMENTS`."""
    return etree.Element(f"{{{UBL}{document_name}-2}}{document_name}", nsmap=namespaces(document_name))
