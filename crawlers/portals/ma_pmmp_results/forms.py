"""The portal's search form, as a browser would send it (dossier, 2.1 and 2.5).

Sent: the enabled text, hidden and chosen radio inputs and the selects. Never sent: the textareas, which empty the list,
and buttons other than the one that is pressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from parsel import Selector

from crawlers.contract import LayoutError
from crawlers.engines.pages import Page
from crawlers.engines.prado import PARAMETER, TARGET

SEARCH: Final = "lancerRecherche"
SEARCH_WORDS: Final = "Lancer la recherche"
_SENT: Final = frozenset({"text", "hidden", ""})


@dataclass(frozen=True)
class SearchForm:
    """A form: where it is sent, and the values that it holds."""

    action: str
    fields: Mapping[str, str]
    prefix: str

    def filled(self, **criteria: str) -> dict[str, str]:
        """What is sent to search by some criteria, named without the prefix."""
        named = {f"{self.prefix}{name}": value for name, value in criteria.items()}
        pressed = {f"{self.prefix}{SEARCH}": SEARCH_WORDS, TARGET: "", PARAMETER: ""}
        return {**self.fields, **named, **pressed}


def has_search(page: Page, prefix: str) -> bool:
    """Whether a page holds the button of the search."""
    return bool(page.selector.xpath("//*[@name=$name]", name=f"{prefix}{SEARCH}"))


def read_form(page: Page, prefix: str) -> SearchForm:
    """The form of a page. `LayoutError` when it has none."""
    found = page.selector.xpath("//form[@name='main_form'] | //form[.//*[@name='PRADO_PAGESTATE']]")
    if not found:
        raise LayoutError(f"{page.asked} answers a page without the form main_form: the layout may have changed.")
    form = found[0]
    action = form.attrib.get("action") or page.url
    return SearchForm(urljoin(page.url, action), _fields(form), prefix)


def _fields(form: Selector) -> dict[str, str]:
    sent: dict[str, str] = {}
    for item in form.xpath(".//input[@name][not(@disabled)] | .//select[@name][not(@disabled)]"):
        name, kind = item.attrib["name"], item.attrib.get("type", "").lower()
        if item.root.tag == "select":
            chosen = item.xpath("(option[@selected] | option[1])/@value").getall()
            selected = item.xpath("option[@selected]/@value").get()
            sent[name] = selected if selected is not None else (chosen[0] if chosen else "")
        elif kind in _SENT or (kind in ("radio", "checkbox") and "checked" in item.attrib):
            sent[name] = item.attrib.get("value", "")
    return sent
