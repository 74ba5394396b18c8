"""The page of one notice: a buyer's block and a table of labels and values, taken apart but not interpreted.

`div#AAPCGenere` holds both. A row of the table whose label is empty goes on with the label above it. Lots stand in a
table of their own whose first cell says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from parsel import Selector

from crawlers.engines.html_tree import lines, text
from crawlers.portals.fr_aws.list_page import native_id_of
from notices.values.text import fold

_BODY = '//*[@id="AAPCGenere"]'
_TABLE = f'({_BODY}//table[contains(@class, "AW_TableM")])[1]'
_ROWS = "./tr | ./tbody/tr"
_CELLS = "./td | ./th"
_ID = re.compile(r"\b([A-Z]{2,6}-pub-[0-9]{5,20})\b")
_IDM = re.compile(r"[?&]idm=([0-9]{1,12})(?:&|$)", re.IGNORECASE)
_BOAMP = re.compile(r"boamp\.fr/(?:avis/detail/|pages/avis/\?q=idweb:\"?)([0-9]{2}-[0-9]{1,6})")
_SIRET = re.compile(r"SIRE[NT]\s*:?\s*([0-9][0-9 .]{7,18}[0-9])")
_PHONE = re.compile(r"T[ée]l\.?\s*:?\s*(\+?[0-9][0-9 .]{8,18})")
_PLACE = re.compile(r"^(?:.*\s)?([0-9]{5})\s+(\S.*)$")
_WEB = re.compile(r"https?://[^\s<>\"']{4,300}")


@dataclass(frozen=True)
class LotRow:
    """One row of the table of lots, cell by cell under its column's folded name."""

    cells: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Buyer:
    """The buyer's block. Who to speak to (its second line) is left out: a person's name is nobody's business here."""

    name: str = ""
    siret: str | None = None
    postal_code: str | None = None
    locality: str | None = None
    phone: str | None = None
    website: str | None = None


@dataclass
class Labelled:
    """The table: what stands behind each label. `take` hands a label out; what nobody took stays in `left`."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def add(self, label: str, said: tuple[str, ...]) -> None:
        """Something said behind a label."""
        key = label_key(label)
        self.printed.setdefault(key, label)
        self.values[key] = (*self.values.get(key, ()), *said)

    def take(self, *labels: str) -> tuple[str, ...]:
        """The lines behind the first of these labels that is there."""
        for label in labels:
            self.taken.add(label)
            if self.values.get(label):
                return self.values[label]
        return ()

    def first(self, *labels: str) -> str | None:
        """Those lines as one."""
        return " ".join(self.take(*labels)) or None

    @property
    def left(self) -> dict[str, str]:
        """Labels that nobody took, as printed, with what they say."""
        return {self.printed[key]: " ".join(said) for key, said in self.values.items() if key not in self.taken}


def label_key(label: str) -> str:
    """A label as it is compared: `Lieu principal d’exécution :` is `lieu principal d'execution`."""
    return fold(label).replace("’", "'").strip(" :.")


class DetailPage:
    """The page of one notice."""

    def __init__(self, page: Selector) -> None:
        self._page = page

    @property
    def is_notice(self) -> bool:
        """Whether this page shows a notice at all."""
        return bool(self._page.xpath(_TABLE))

    @property
    def has_frame(self) -> bool:
        """Whether the frame of a notice is there, with or without its table."""
        return bool(self._page.xpath(_BODY))

    @cached_property
    def title(self) -> str:
        """What kind of notice the page says it is."""
        return text(next(iter(self._page.xpath('//td[contains(@class, "AW_Titre")]')), None))

    @cached_property
    def native_id(self) -> str | None:
        """The portal's key of the notice, where the page names exactly one."""
        addresses = self._page.xpath("//a/@href | //link[@rel='canonical']/@href | //form/@action").getall()
        named = {found for address in addresses if (found := native_id_of(address))}
        named |= {match[1] for address in addresses if (match := _ID.search(address))}
        return named.pop() if len(named) == 1 else None

    @cached_property
    def consultation(self) -> str | None:
        """The portal's number of the consultation (`Idm`), in the link to its documents."""
        return next((found[1] for _words, href in self.links if (found := _IDM.search(href))), None)

    @cached_property
    def boamp(self) -> str | None:
        """The number under which the notice stands in the national bulletin."""
        return next((found[1] for _words, href in self.links if (found := _BOAMP.search(href))), None)

    @cached_property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Words and address of every link of the notice."""
        return tuple((text(link), link.attrib["href"]) for link in self._page.xpath(f"{_BODY}//a[@href]"))

    @cached_property
    def labelled(self) -> Labelled:
        """The table, without the tables inside it."""
        found = Labelled()
        label = ""
        for row in self._page.xpath(_TABLE).xpath(_ROWS):
            cells = row.xpath(_CELLS)
            if not cells:
                continue
            if len(cells) == 1:  # a line across the table, such as the one on when the notice was sent
                said = lines(cells[0], without=frozenset({"table"}))
                found.add("Envoi" if said and said[0].startswith("Envoi le") else "(no label)", said)
                continue
            label = text(cells[0]) or label
            found.add(label, tuple(line for cell in cells[1:] for line in lines(cell, without=frozenset({"table"}))))
        return found

    @cached_property
    def words(self) -> str:
        """All words of the notice, for what has no label of its own."""
        return text(next(iter(self._page.xpath(_BODY)), None))

    @cached_property
    def buyer(self) -> Buyer:
        """The buyer's block: the first cell that is aligned at its top."""
        cell = next(iter(self._page.xpath(f'({_BODY}//td[@valign="top"])[1]')), None)
        if cell is None:
            return Buyer()
        said = lines(cell, without=frozenset({"table"}))
        together = " ".join(said)
        siret, phone = _SIRET.search(together), _PHONE.search(together)
        place = next(filter(None, (_PLACE.match(line) for line in said[1:] if not _SIRET.search(line))), None)
        bold = text(next(iter(cell.xpath("./b | ./strong")), None))
        return Buyer(
            name=bold or (said[0] if said else ""),
            siret=siret[1].strip() if siret else None,
            postal_code=place[1] if place else None,
            locality=re.sub(r"\s*-?\s*CEDEX.*$", "", place[2], flags=re.IGNORECASE) if place else None,
            phone=phone[1].strip() if phone else None,
            website=_website(cell, together),
        )

    @cached_property
    def lots(self) -> tuple[LotRow, ...]:
        """The rows of the table whose first cell is titled Lots."""
        for table in self._page.xpath(f"{_BODY}//table"):
            rows = table.xpath(_ROWS)
            heads = [label_key(text(cell)) for cell in rows[0].xpath(_CELLS)] if rows else []
            if heads and heads[0] == "lots":
                return tuple(_lot_row(heads, row) for row in rows[1:])
        return ()


def _lot_row(heads: list[str], row: Selector) -> LotRow:
    said = [lines(cell) for cell in row.xpath(_CELLS)]
    # The last column is the CPV in every layout that was described; columns between it and the title come and go.
    cells = dict(zip(heads, said, strict=False))
    if len(said) > len(heads) and "cpv" in heads:
        cells["cpv"] = said[-1]
    return LotRow(cells)


def _website(cell: Selector, words: str) -> str | None:
    href = next((link for link in cell.xpath(".//a/@href").getall() if _WEB.match(link)), None)
    if href is not None:
        return href
    found = _WEB.search(words)
    return found[0] if found else None
