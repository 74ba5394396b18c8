"""The page of one consultation: its recapitulation by label, its documents and its publicity.

Every datum is a `label` followed by the element that holds it: a `span` before 2023, a `div` since, here with a `span`
inside, there with the text directly. Which it is does not matter. A label that is not known is reported as unread.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lxml.html import HtmlElement

from crawlers.engines.atexo_fr.markup import every, first, label_of, prose, words
from notices.values.text import clean_line

RECAPITULATION = "recap-consultation"
"""The id that every page of a consultation holds."""

_LABELS = {
    "date et heure limite de remise des plis": "deadline",
    "date limite de remise des plis": "deadline",
    "date et heure limite de remise des offres": "deadline",
    "date et heure limite de remise des candidatures": "deadline",
    "reference": "reference",
    "intitule": "title",
    "objet": "object",
    "organisme": "organisation",
    "entite publique": "public_body",
    "entite d'achat": "unit",
    "service": "unit",
    "type d'annonce": "announcement",
    "procedure": "procedure",
    "categorie principale": "category",
    "allotissement": "lots",
    "lieu d'execution": "places",
    "lieux d'execution": "places",
    "code cpv": "cpv",
    "codes cpv": "cpv",
    "code nuts": "nuts",
    "codes nuts": "nuts",
    "valeur estimee": "estimated",
    "commentaire": "comment",
    "domaines d'activite": "domains",
}
"""Labels of both markups. Those below `code cpv` were never seen on a captured page of today."""

_VARIABLES = re.compile(r"var\s+(consulation_ref|consultation_ref|organisme)\s*=\s*['\"]([^'\"]{1,60})['\"]")
_DAY_AND_TIME = re.compile(r"\d{1,2}/\d{1,2}/\d{4}(?:\s+(?:à\s+)?\d{1,2}[:h]\d{2})?")
_SENT_TO_EU = re.compile(
    r"envoi de l['’]avis à l['’]Office des publications[^:]{0,40}:\s*(\d{1,2}/\d{1,2}/\d{4}(?:\s+\d{1,2}:\d{2})?)"
)
_CPV = re.compile(r"(\d{8}(?:-\d)?)(?:\s*\([^)]*\))?")
_PARIS = "heure de paris"
_DOCUMENTS = ("linkDownloadReglement", "linkDownloadDce", "linkDownloadAvis", "linkDownloadComplement",
              "linkDownloadDume")  # fmt: skip


class Datum(NamedTuple):
    """One label as printed, with its value on the page."""

    label: str
    element: HtmlElement


class Linked(NamedTuple):
    """A link as printed."""

    href: str
    text: str


class Detail:
    """A page of a consultation, asked datum by datum."""

    def __init__(self, root: HtmlElement, source: str) -> None:
        self._root = root
        self._source = source
        self._data: dict[str, Datum] = {}
        self.unread: list[tuple[str, str]] = []
        self.repeated: list[str] = []
        box = first(root, f"//*[@id='{RECAPITULATION}']")
        self.found = box is not None
        for label in [] if box is None else every(box, ".//label"):
            self._take(label)

    def _take(self, label: HtmlElement) -> None:
        name, value = label_of(words(label)), _beside(label)
        if not name or value is None:
            return
        key = _LABELS.get(name)
        if key is None:
            self.unread.append((name, words(value)))
        elif key in self._data:
            if words(self._data[key].element) != words(value):
                self.repeated.append(name)
        else:
            self._data[key] = Datum(words(label).rstrip(" :"), value)

    def __len__(self) -> int:
        return len(self._data)

    def line(self, key: str) -> str:
        """A value on one line; empty when it is not there."""
        datum = self._data.get(key)
        return "" if datum is None else words(datum.element)

    def text(self, key: str) -> str:
        """A value with its line breaks."""
        datum = self._data.get(key)
        return "" if datum is None else prose(datum.element)

    def label(self, key: str) -> str:
        """The label under which a value was found."""
        datum = self._data.get(key)
        return "" if datum is None else datum.label

    @property
    def key(self) -> tuple[str, str] | None:
        """Organisation and number, as the page's own script names them, else as its links do."""
        told = dict(_VARIABLES.findall(self._source))
        number = told.get("consulation_ref") or told.get("consultation_ref")
        if number and told.get("organisme"):
            return told["organisme"], number
        link = first(self._root, f"//*[@id='{RECAPITULATION}']//a[contains(@href, 'PopUpDetailLots')]")
        href = "" if link is None else link.get("href") or ""
        named = re.search(r"orgAcc?ronyme=([0-9A-Za-z_-]+)&id=([0-9]+)", href)
        return (named[1], named[2]) if named else None

    @property
    def deadline(self) -> str:
        """Day and time of the deadline, `12/06/2026 12:00`; empty when there is none."""
        found = _DAY_AND_TIME.search(self.line("deadline"))
        return "" if found is None else found[0]

    @property
    def says_paris_time(self) -> bool:
        """Whether the deadline is said to be on the clock of Paris."""
        return _PARIS in self.line("deadline").lower()

    @property
    def cpv(self) -> list[tuple[str, bool]]:
        """Printed CPV codes, each with whether it is said to be the main one."""
        datum = self._data.get("cpv")
        if datum is None:
            return []
        tagged = every(datum.element, ".//*[@data-code-cpv]")
        if tagged:
            told = [((item.get("data-code-cpv") or "").strip() or words(item), words(item)) for item in tagged]
        else:
            told = [(found[1], found[0]) for found in _CPV.finditer(self.line("cpv"))]
        return [(code, "principal" in text.lower()) for code, text in told if code]

    @property
    def lots_link(self) -> str:
        """The address of the page of the lots, as the page has it; empty when there is none."""
        datum = self._data.get("lots")
        link = None if datum is None else first(datum.element, ".//a[contains(@href, 'PopUpDetailLots')]")
        return "" if link is None else link.get("href") or ""

    @property
    def electronic(self) -> str:
        """What the icon beside the deadline says of answers by electronic means."""
        datum = self._data.get("deadline")
        for image in [] if datum is None else every(datum.element, ".//img"):
            said = clean_line(image.get("alt") or image.get("title") or "")
            if "électronique" in said:
                return said
        return ""

    @property
    def documents(self) -> list[Linked]:
        """Links to the documents of the consultation."""
        found = (first(self._root, f"//a[@id='{name}']") for name in _DOCUMENTS)
        return [Linked((link.get("href") or "").strip(), words(link)) for link in found if link is not None]

    @property
    def publicity(self) -> list[Linked]:
        """Links to the notice elsewhere; an address may be empty."""
        boxes = every(self._root, "//*[@id='pub']//*[contains(@class, 'content')][h3]")
        for box in boxes:
            if label_of(words(first(box, "./h3"))) == "avis de publicite":
                return [Linked((link.get("href") or "").strip(), words(link)) for link in every(box, ".//a[@href]")]
        return []

    @property
    def sent_to_eu(self) -> str:
        """When the notice was sent to the Publications Office, `15/09/2026 08:40`; empty when it is not said."""
        found = _SENT_TO_EU.search(words(first(self._root, "//*[@id='pub']")))
        return "" if found is None else found[1]


def _beside(label: HtmlElement) -> HtmlElement | None:
    """The next element after a label; a label that ends its box has its value in the next box."""
    for node in (label, label.getparent()):
        sibling = None if node is None else node.getnext()
        while sibling is not None and not isinstance(sibling.tag, str):
            sibling = sibling.getnext()
        if sibling is not None:
            return sibling
    return None
