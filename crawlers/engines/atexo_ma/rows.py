"""Rows of a result list (dossier, section 3): found by the cell's `headers` and the tail of ids, read in one pass."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from lxml import etree
from parsel import Selector

from crawlers.engines.atexo_ma import markup
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.pages import selector

_ROWS = etree.XPath('//table[contains(@class, "table-results")]//tr[td[@headers="cons_ref"]]')
_ID = re.compile(r"[0-9A-Za-z_]{1,50}")
_DATE = re.compile(r"\d{2}/\d{2}/\d{4}")
_OBJECT = re.compile(r"^\s*Objet\s*:\s*", re.IGNORECASE)
_BUYER = re.compile(r"^\s*Acheteur public\s*:\s*", re.IGNORECASE)

_READ = frozenset(
    {
        "refCons", "orgCons", "procedure", "panelBlocTypesProc", "panelBlocCategorie", "logoConsEnv",
        "panelBlocConsEnv", "panelBlocIntitule", "reference", "panelBlocObjet", "infosBullesObjet",
        "panelBlocDenomination", "lieuxExecution", "panelBlocLieuxExec", "infosLieuExecution",
    }
)  # fmt: skip
"""Tails of ids that are read, or hold nothing but what is."""
_LEFT_OUT = frozenset(
    {"annonceSelection", "panelAction", "panelBlocCodesNuts", "infosLieuExecutionLtRef", "infosObjet"}
)
_NUMBER = re.compile(r"\d+|ctl\d+")
FINGERPRINTED = (
    "reference", "object", "buyer", "procedure", "category", "published_on", "deadline", "places", "environmental",
    "answer", "allotted",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row: its key, what it says, and its markup."""

    organisation: str
    number: str
    printed: Consultation
    element: etree._Element

    @property
    def key(self) -> str:
        """The consultation's key on the portal."""
        return f"{self.organisation}-{self.number}"

    @property
    def html(self) -> str:
        """The row's markup, as it can be read again."""
        return str(etree.tostring(self.element, encoding="unicode", method="html", with_tail=False))

    @property
    def fingerprint(self) -> str:
        """Equal while the list says the same of the consultation."""
        values = [str(getattr(self.printed, name)) for name in FINGERPRINTED]
        return hashlib.sha256("\n".join(values).encode("utf-8", "surrogatepass")).hexdigest()


def row_elements(page: Selector) -> list[etree._Element]:
    """The rows of a list page, or of a row's own markup."""
    found = _ROWS(page.root) if isinstance(page.root, etree._Element) else []
    return [item for item in found if isinstance(item, etree._Element)] if isinstance(found, list) else []


def read_rows(page: Selector) -> tuple[tuple[Row, ...], int]:
    """The rows of a page that carry a usable key, and how many do not."""
    rows = [_with_key(element) for element in row_elements(page)]
    return tuple(row for row in rows if row is not None), sum(row is None for row in rows)


def _with_key(element: etree._Element) -> Row | None:
    printed = read_row(element)
    if printed.organisation is None or printed.number is None:
        return None
    return Row(printed.organisation, printed.number, printed, element)


def row_from_html(fragment: str) -> etree._Element | None:
    """A row's markup as an element again."""
    rows = row_elements(selector(f'<table class="table-results">{fragment}</table>'))
    return rows[0] if rows else None


def read_row(element: etree._Element) -> Consultation:
    """What a row says."""
    found, cells = _parts(element)
    printed = Consultation(seen=["row"])
    printed.organisation = _key(found.get("orgCons"))
    printed.number = _key(found.get("refCons"))
    _read_procedure(found, cells.get("cons_ref"), printed)
    printed.reference = markup.line(found.get("reference"))
    printed.object = _object(found)
    printed.buyer = _without(_BUYER, markup.line(found.get("panelBlocDenomination")))
    printed.places = markup.line(found.get("infosLieuExecution")) or markup.own_text(found.get("panelBlocLieuxExec"))
    printed.allotted = _allotted(cells.get("cons_lieuExe"))
    _read_deadline(cells.get("cons_dateEnd"), printed)
    _report_unread(found, cells, printed)
    return printed


def _parts(element: etree._Element) -> tuple[dict[str, etree._Element], dict[str, etree._Element]]:
    """Elements by the last part of their id, and cells by what heads them; the first of each wins."""
    found: dict[str, etree._Element] = {}
    cells: dict[str, etree._Element] = {}
    for item in markup.elements(element):
        tail = (item.get("id") or "").rpartition("_")[2]
        if tail:
            found.setdefault(tail, item)
        if item.tag == "td":
            cells.setdefault(item.get("headers") or "", item)
    return found, cells


def _key(element: etree._Element | None) -> str | None:
    value = (element.get("value") or "").strip() if element is not None else ""
    return value if _ID.fullmatch(value) else None


def _read_procedure(found: dict[str, etree._Element], cell: etree._Element | None, printed: Consultation) -> None:
    short = markup.own_text(markup.first(cell, "div", css="line-info-bulle"))
    printed.procedure = markup.line(found.get("procedure")) or short
    category = found.get("panelBlocCategorie")
    printed.category = markup.line(category)
    if category is not None:
        after = (markup.line(item) or "" for item in category.itersiblings("div"))
        printed.published_on = next((words for words in after if _DATE.fullmatch(words)), None)
        printed.environmental = "logoConsEnv" in found or "panelBlocConsEnv" in found


def _object(found: dict[str, etree._Element]) -> str | None:
    """The tooltip holds the whole object; the visible text is cut."""
    whole = markup.text(found.get("infosBullesObjet"))
    return whole or _without(_OBJECT, markup.own_text(found.get("panelBlocObjet")))


def _without(start: re.Pattern[str], words: str | None) -> str | None:
    return start.sub("", words) or None if words else None


def _allotted(cell: etree._Element | None) -> bool | None:
    """The link to the lots is in every row; its picture is only shown where there are lots."""
    if cell is None:
        return None
    links = (link for link in cell.iter("a") if "PopUpDetailLots" in (link.get("href") or ""))
    pictures = [picture for link in links for picture in link.iter("img")]
    return any(not markup.is_hidden(picture) for picture in pictures) if pictures else None


def _read_deadline(cell: etree._Element | None, printed: Consultation) -> None:
    printed.deadline = markup.line(markup.first(cell, "div", css="cloture-line"))
    picture = markup.first(cell, "img", css="certificat")
    if picture is not None and not markup.is_hidden(picture):
        printed.answer = answer_of(picture)


def answer_of(picture: etree._Element) -> str:
    """`themes/images/reponse-elec-non.gif` gives `reponse-elec-non`."""
    return (picture.get("src") or "").rpartition("/")[2].partition(".")[0]


_CELLS = frozenset({"checkAll", "cons_ref", "cons_intitule", "cons_lieuExe", "cons_dateEnd", "cons_actions", ""})


def _report_unread(found: dict[str, etree._Element], cells: dict[str, etree._Element], printed: Consultation) -> None:
    for tail, element in found.items():
        if tail in _READ or tail in _LEFT_OUT or _NUMBER.fullmatch(tail):
            continue
        if words := markup.line(element):
            printed.left_unread(f"row.{tail}", words)
    for heading, cell in cells.items():
        if heading not in _CELLS and (words := markup.line(cell)):
            printed.left_unread(f"row.{heading}", words)
