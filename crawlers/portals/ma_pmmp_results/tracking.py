"""`SuiviConsultation`: who handed in a tender, what became of its envelopes, and its amount (dossier, 5).

The page shows one table: Entreprise | Enveloppes administratives | Enveloppes financières | Avant correction | Après
correction, under two rows of headings. Lots are switched by a select whose change is a PRADO callback, never captured.
Who won is not on it: nothing is concluded from the lowest amount (the reference price of article 44 may decide).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from lxml import etree
from parsel import Selector

from crawlers.engines.atexo_ma import markup
from crawlers.engines.pages import Page, PageService, Session
from crawlers.engines.prado import PARAMETER, STATE, TARGET
from crawlers.portals.ma_pmmp_results.forms import read_form
from notices.values.text import clean_line, fold

SELECT: Final = "lotsDropDownList"
_LOTS_AT_MOST: Final = 60
_LOT: Final = re.compile(r"lot\s*(?:n°\s*)?(\w{1,20})", re.IGNORECASE)
_COLUMNS: Final = (
    ("apres", "after"),
    ("avant", "before"),
    ("administ", "administrative"),
    ("techni", "technical"),
    ("entreprise", "name"),
    ("soumissionnaire", "name"),
    ("concurrent", "name"),
    ("offre financ", "offer"),
    ("montant", "offer"),
    ("financ", "financial"),
)
_CALLBACK: Final = {
    "X-Requested-With": "XMLHttpRequest",
    "X-Prototype-Version": "1.7",
    "Accept": "text/javascript, text/html, application/xml, text/xml, */*",
}


@dataclass
class PrintedTender:
    """One row of the table, as printed; empty where a cell is."""

    values: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The firm."""
        return self.values.get("name", "")

    @property
    def amount(self) -> str | None:
        """The amount after correction, else before it."""
        return self.values.get("after") or self.values.get("before") or self.values.get("offer")


@dataclass
class PrintedOpening:
    """The table of one lot, or of the whole consultation."""

    lot: str | None
    tenders: list[PrintedTender]
    unread: list[tuple[str, str]]


@dataclass(frozen=True)
class LotChoice:
    """One lot of the select."""

    control: str
    value: str
    label: str

    @property
    def number(self) -> str:
        """The number in `Lot 2 : …`, else the value of the choice."""
        found = _LOT.match(self.label.strip())
        return found[1] if found else self.value


def table_of(page: Selector) -> etree._Element | None:
    """The table of tenders, by its headings; None where the buyer recorded nothing."""
    for table in page.xpath("//table"):
        heads = fold(" ".join(table.xpath(".//th//text()").getall()))
        if isinstance(table.root, etree._Element) and "entreprise" in heads and "envelop" in heads:
            return table.root
    return None


def lot_choices(page: Selector) -> list[LotChoice]:
    """The lots of the select, in their order."""
    select = page.xpath("(//select[contains(@id, $name) or contains(@name, $name)])[1]", name=SELECT)
    control = select.xpath("@name").get() or ""
    choices = [
        LotChoice(control, item.attrib.get("value", ""), clean_line(" ".join(item.xpath(".//text()").getall())))
        for item in select.xpath("./option")
    ]
    return [choice for choice in choices if choice.value and choice.value != "0" and control][:_LOTS_AT_MOST]


def read_opening(table: etree._Element, lot: str | None = None) -> PrintedOpening:
    """Read a table by its headings; a column that nobody knows is reported."""
    headings = _headings(table)
    opening = PrintedOpening(lot, [], [])
    for row in table.iter("tr"):
        cells = [cell for cell in row if isinstance(cell.tag, str) and cell.tag == "td"]
        if len(cells) < 2:
            continue
        tender = PrintedTender()
        for place, cell in enumerate(cells):
            heading = headings[place] if place < len(headings) else ""
            name, words = _column(heading), markup.line(cell)
            if words is None:
                continue
            if name is None:
                opening.unread.append((f"suivi.{heading or place}", words))
            else:
                tender.values.setdefault(name, words)
        if tender.name:
            opening.tenders.append(tender)
    return opening


def _headings(table: etree._Element) -> list[str]:
    """One heading a column: the words of all rows of headings above it. A heading may span several columns."""
    columns: list[str] = []
    for row in table.iter("tr"):
        heads = [cell for cell in row if isinstance(cell.tag, str) and cell.tag == "th"]
        words = [(markup.line(cell) or "", _span(cell)) for cell in heads]
        spread = [text for text, count in words for _ in range(count)]
        if len(heads) > 1:  # a single one is a frame or a caption
            columns += [""] * (len(spread) - len(columns))
            columns = [f"{above} {text}".strip() for above, text in zip(columns, spread, strict=False)]
    return columns


def _span(cell: etree._Element) -> int:
    text = cell.get("colspan") or "1"
    return min(int(text), 20) if text.isascii() and text.isdigit() else 1


def _column(heading: str) -> str | None:
    words = fold(heading)
    return next((name for part, name in _COLUMNS if part in words), None)


class TrackingService:
    """Asks for the page of a call, and for the tables of its lots."""

    def __init__(self, service: PageService, fragments: PageService) -> None:
        """`fragments` asks for answers that are no whole pages."""
        self._service = service
        self._fragments = fragments

    async def page(self, url: str) -> tuple[Page, Session]:
        """The page, with the session in which its lots can be switched."""
        session = Session()
        return await self._service.get(url, session=session, holds=STATE), session

    async def lot(self, page: Page, session: Session, choice: LotChoice) -> str:
        """What the portal answers when a lot is chosen."""
        form = read_form(page, "")
        fields = {
            **form.fields,
            choice.control: choice.value,
            "PRADO_CALLBACK_TARGET": choice.control,
            "PRADO_CALLBACK_PARAMETER": choice.value,
            TARGET: "",
            PARAMETER: "",
        }
        answer = await self._fragments.post(form.action, fields, session=session, headers=_CALLBACK)
        return answer.text


def described(openings: Iterable[PrintedOpening]) -> str:
    """The tables as text: what has no field in a notice (statuses, amount before correction) is kept in words."""
    lines = []
    for opening in openings:
        if opening.lot:
            lines.append(f"Lot {opening.lot}")
        for tender in opening.tenders:
            said = [
                f"{label} {tender.values[name]}"
                for name, label in (
                    ("administrative", "enveloppe administrative"),
                    ("technical", "enveloppe technique"),
                    ("financial", "enveloppe financière"),
                    ("before", "avant correction"),
                    ("after", "après correction"),
                    ("offer", "offre financière"),
                )
                if name in tender.values
            ]
            lines.append(f"{tender.name} : {', '.join(said)}" if said else tender.name)
    return "\n".join(lines)
