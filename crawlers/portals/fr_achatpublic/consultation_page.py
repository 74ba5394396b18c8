"""The page of one consultation: labels and values, the lots and the documents of its tabs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from parsel import Selector

from crawlers.engines.html_tree import text
from crawlers.portals.fr_achatpublic.list_page import key_of
from notices.values.text import fold

READ = (
    "Description",
    "Code CPV recherché",
    "Date d'ouverture de la salle",
    "Date limite de remise des plis",
)
"""Labels that are read. They stand beside each other in one line or below each other, so words tell them apart."""

_LABELS = re.compile(rf"(?:^|(?<=[\s.)]))({'|'.join(map(re.escape, READ))})\s*:\s*")
_MAIN = "//main | //body[not(.//main)]"
_BOLD = './/*[contains(@class, "textLatoBold--14")]'
_ADDRESS = re.compile(r"'(/[^'\s]{3,400})'")
_ROWS = ".//tr[td]"


@dataclass(frozen=True)
class LotLine:
    """A row of the table of lots."""

    number: str
    title: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class DocumentLine:
    """A row of the table of documents; `path` is what its button opens."""

    title: str
    path: str | None


class ConsultationPage:
    """The page of one consultation."""

    def __init__(self, page: Selector) -> None:
        self._page = page
        self._main = next(iter(page.xpath(_MAIN)), None)

    @cached_property
    def labelled(self) -> dict[str, str]:
        """What stands behind each label that is read."""
        if self._main is None:
            return {}
        words = " ".join(text(part) for part in self._parts).replace("’", "'")
        pieces = _LABELS.split(words)
        found: dict[str, str] = {}
        for label, said in zip(pieces[1::2], pieces[2::2], strict=True):
            found.setdefault(label, said.strip())
        return found

    @property
    def _parts(self) -> list[Selector]:
        """The page without its tabs, which have words of their own."""
        if self._main is None:
            return []
        tabs = '[not(ancestor-or-self::*[starts-with(@id, "jqTabPanel")])]'
        found = self._main.xpath(f".//li{tabs} | .//p{tabs} | .//dd{tabs} | .//h1{tabs}")
        return list(found) or [self._main]

    @cached_property
    def other_labels(self) -> dict[str, str]:
        """Labels in bold that nobody reads, with what stands behind them."""
        found = {}
        for bold in self._main.xpath(_BOLD) if self._main is not None else ():
            label = text(bold)
            name = label.strip(" :").replace("’", "'")
            if label.endswith(":") and name and name not in READ:
                found[name] = text(next(iter(bold.xpath("following-sibling::*[1]")), None))
        return found

    @cached_property
    def native_id(self) -> str | None:
        """The key of the consultation, where the page names exactly one."""
        addresses = self._page.xpath("//@href | //form/@action | //input[@name='PCSLID']/@value").getall()
        named = {key for address in addresses if (key := key_of(address) or key_of(f"PCSLID={address}"))}
        return named.pop() if len(named) == 1 else None

    @cached_property
    def title(self) -> str:
        """The heading."""
        return text(next(iter(self._page.xpath("//main//h1 | //h1")), None))

    @cached_property
    def is_consultation(self) -> bool:
        """Whether the page shows a consultation at all."""
        return bool(self.labelled) or bool(self._page.xpath('//*[starts-with(@id, "jqTabPanel--")]'))

    @cached_property
    def is_closed(self) -> bool:
        """Whether the page says that the consultation is closed."""
        return "consultation cloturee" in fold(text(self._main))

    @cached_property
    def lots(self) -> tuple[LotLine, ...]:
        """The rows of the tab of lots."""
        rows = [row.xpath("./td") for row in self._tab(3)]
        return tuple(
            LotLine(text(cells[0]), text(cells[1]), tuple(filter(None, map(text, cells[2:]))))
            for cells in rows
            if len(cells) > 1 and text(cells[1])
        )

    @cached_property
    def documents(self) -> tuple[DocumentLine, ...]:
        """The rows of the tab of documents."""
        found = []
        for row in self._tab(1):
            cells = row.xpath("./td")
            opened = _ADDRESS.search(row.xpath("(.//button/@onclick)[1]").get() or "")
            href = row.xpath("(.//a/@href)[1]").get()
            found.append(DocumentLine(text(cells[0]), opened[1] if opened else href))
        return tuple(found)

    def _tab(self, number: int) -> list[Selector]:
        return list(self._page.xpath(f'//*[@id="jqTabPanel--{number}"]//table').xpath(_ROWS))
