"""One row of the list of consultations, and the rows of a page.

The selectors are those of a captured page of Maximilien; PLACE prints the same. The first link to a consultation in a
row is that of its messages, so the key comes from the two hidden fields and the address is built from it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from crawlers.engines.atexo_fr.markup import as_fragment, every, first, label_of, visible, words
from notices.model import Frozen

IS_ROW = "starts-with(@id, 'row-consultation-')"
KEY = re.compile(r"(?P<organisation>[0-9A-Za-z][0-9A-Za-z_-]{0,49})-(?P<consultation>[0-9]{1,12})")
"""`<orgAcronyme>-<id>`: an acronym may hold a hyphen, a number may not."""

_LABELS = {"objet", "organisme"}
_CLAUSES = ("social", "environnement")
_NUMBER = re.compile(r"(?<!\d)(?:\d{2}-\d{1,6}|\d{1,8}-20\d{2})(?!\d)")
"""The number of a notice on BOAMP or TED."""


class Row(Frozen):
    """What a row prints."""

    organisation: str
    consultation: str
    procedure: str = ""
    procedure_short: str = ""
    category: str = ""
    published: str = ""
    reference: str = ""
    title: str = ""
    object: str = ""
    buyer: str = ""
    lots: str = ""
    places: str = ""
    deadline: str = ""
    deadline_time: str = ""
    estimated: str = ""
    clauses: tuple[str, ...] = ()
    electronic: str = ""
    external_links: tuple[str, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()

    @property
    def native_id(self) -> str:
        """The stable key of the consultation on its platform."""
        return f"{self.organisation}-{self.consultation}"

    @property
    def fingerprint(self) -> str:
        """Equal when the list says nothing new of this consultation.

        Of addresses elsewhere the numbers of notices count alone: what stands around them may change with the session.
        """
        shown = self.model_dump_json(exclude={"unread", "external_links"})
        numbers = sorted({number for link in self.external_links for number in _NUMBER.findall(link)})
        return hashlib.sha256("\n".join([shown, *numbers]).encode("utf-8", "surrogatepass")).hexdigest()


def rows_of(root: HtmlElement) -> Iterator[HtmlElement]:
    """The elements of the rows of a page, or the row that the element itself is."""
    yield from every(root, f"descendant-or-self::div[{IS_ROW}]")


def fragments_of(root: HtmlElement) -> list[str]:
    """The markup of each row of a page."""
    return [as_fragment(row) for row in rows_of(root)]


def key_of(row: HtmlElement) -> tuple[str, str] | None:
    """Organisation and number of a row; None when its hidden fields are not there or hold no key."""
    organisation = _field(row, "orgCons")
    consultation = _field(row, "refCons")
    if not KEY.fullmatch(f"{organisation}-{consultation}") or not consultation.isdigit():
        return None
    return organisation, consultation


def read_row(row: HtmlElement) -> Row | None:
    """What a row prints; None for a row without a usable key."""
    key = key_of(row)
    if key is None:
        return None
    abbreviation = first(row, ".//*[contains(@class, 'cons_procedure')]//abbr")
    short = words(abbreviation)
    return Row(
        organisation=key[0],
        consultation=key[1],
        procedure=_attribute(abbreviation, "title", "data-original-title") or short,
        procedure_short=short,
        category=words(first(row, ".//*[contains(@class, 'cons_categorie')]//span")),
        published=_day(first(row, ".//*[contains(@class, 'cons_ref')]//*[contains(@class, 'date-min')]")),
        reference=words(first(row, ".//*[contains(@class, 'objet-line')]//*[contains(@class, 'pull-left')]")),
        title=words(first(row, ".//*[contains(@class, 'objet-line')]//*[contains(@class, 'truncate')]//span")),
        object=_labelled(row, "panelBlocObjet"),
        buyer=_labelled(row, "panelBlocDenomination"),
        lots=words(first(row, ".//*[contains(concat(' ', @class, ' '), ' lots ')]//span")),
        places=_places(row),
        deadline=_day(first(row, ".//*[contains(@class, 'cloture-line')]")),
        deadline_time=words(first(row, ".//*[contains(@class, 'cloture-line')]//*[contains(@class, 'time')]//label")),
        estimated=_shown(first(row, ".//*[contains(@id, 'panelValeurEstimee')]")),
        clauses=_clauses(row),
        electronic=_electronic(row),
        external_links=_external_links(row),
        unread=tuple(_unknown_labels(row)),
    )


def _field(row: HtmlElement, name: str) -> str:
    found = first(row, f".//input[substring(@name, string-length(@name) - {len(name)}) = '${name}']")
    return "" if found is None else (found.get("value") or "").strip()


def _attribute(element: HtmlElement | None, *names: str) -> str:
    if element is None:
        return ""
    return next((" ".join(value.split()) for name in names if (value := element.get(name) or "").strip()), "")


def _day(element: HtmlElement | None) -> str:
    """`20 Déc. 2023`, as printed."""
    if element is None:
        return ""
    parts = (
        words(first(element, f".//*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"))
        for name in ("day", "month", "year")
    )
    return " ".join(part for part in parts if part)


def _labelled(row: HtmlElement, panel: str) -> str:
    """The text beside the bold label of a panel."""
    return words(first(row, f".//*[contains(@id, '{panel}')]//span[contains(@class, 'small')]")) or words(
        first(row, f".//*[contains(@id, '{panel}')]//div[contains(@class, 'small')]")
    )


def _places(row: HtmlElement) -> str:
    """All places: the list shows two, and the others in a tooltip."""
    box = first(row, ".//*[contains(@class, 'lieux-exe')]")
    if box is None:
        return ""
    whole = first(box, ".//span[@data-content]")
    told = "" if whole is None else " ".join((whole.get("data-content") or "").split())
    return told or words(first(box, ".//span/span"))


def _shown(element: HtmlElement | None) -> str:
    return words(element) if element is not None and visible(element) else ""


def _clauses(row: HtmlElement) -> tuple[str, ...]:
    """`social`, `environnement`: the icons that stand for clauses, where they are shown."""
    box = first(row, ".//li[starts-with(@id, 'panelClauseConsultation-')]")
    if box is None:
        return ()
    told: set[str] = set()
    for icon in every(box, ".//*[self::i or self::img or self::span]"):
        if visible(icon):
            said = " ".join(icon.get(name) or "" for name in ("class", "alt", "title", "data-original-title")).lower()
            told.update(clause for clause in _CLAUSES if clause in said)
    return tuple(sorted(told))


def _electronic(row: HtmlElement) -> str:
    """What the icon beside the deadline says of answers by electronic means."""
    for image in every(row, ".//*[contains(@class, 'cons_dateEnd')]//img[@alt]"):
        if visible(image) and image.get("alt"):
            return " ".join((image.get("alt") or "").split())
    return ""


def _external_links(row: HtmlElement) -> tuple[str, ...]:
    """Addresses of the same call on BOAMP or TED."""
    links = (" ".join((link.get("href") or "").split()) for link in every(row, ".//a[@href]"))
    return tuple(dict.fromkeys(link for link in links if re.search(r"boamp\.fr/|ted\.europa\.eu/", link)))


def _unknown_labels(row: HtmlElement) -> Iterator[tuple[str, str]]:
    for label in every(row, ".//*[contains(@class, 'identification_consultation')]//strong"):
        name = label_of(words(label))
        if name and name not in _LABELS:
            yield name, words(label.getparent())
