"""The page of a notice (dossier 6.3), read by its labels, never by position; or its visible text alone.

Numbers on the page are quantities and rates of value added tax: none of them is an amount of money.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from parsel import Selector

from crawlers.engines.bdc.cards import SHOW, badges, is_cancelled
from crawlers.engines.bdc.labels import Fields, label_key, whole, words
from notices.values.text import clean_line, clean_text, known_text

LABELS: Final = {
    "objet": "object",
    "acheteur public": "buyer",
    "date mise en ligne": "published",
    "date de mise en ligne": "published",
    "date limite de reception des devis": "deadline",
    "lieu d'execution": "place",
    "categorie principale": "category",
    "nature de prestation": "nature",
    "date d'annulation": "cancelled_at",
    "reference annulation": "cancellation",
    "motif": "cancellation",
    "reference annulation/motif": "cancellation",
    "motif d'annulation": "cancellation",
}
ICONS: Final = {
    "building": "buyer",
    "dateMiseEnLigne": "published",
    "calendar": "deadline",
    "location": "place",
    "category": "category",
    "screwdriver": "nature",
}
"""Ids of the icons beside the six details, where a label reads otherwise than it did."""
ARTICLE_LABELS: Final = {
    "unite de mesure": "unit",
    "unite": "unit",
    "quantite": "quantity",
    "tva (%)": "tax",
    "tva": "tax",
    "garanties exigees": "warranty",
    "garanties": "warranty",
}
_ARTICLE_ORDER: Final = ("unit", "quantity", "tax", "warranty")

_TITLE = re.compile(r"d[ée]tails de l['\u2019]avis d['\u2019]achat\s*#?\s*(?P<reference>.*)", re.IGNORECASE)
_DOWNLOAD_ID = re.compile(r"/download/annulation/([0-9]{1,12})")
_NUMBER_BEFORE = re.compile(r"#?\s*([0-9]{1,5})\s+(.*)|#([0-9]{1,5})(.*)", re.DOTALL)


@dataclass(frozen=True)
class Article:
    """One article asked for. Quantities are texts as printed."""

    title: str
    number: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    specifications: str | None = None


@dataclass(frozen=True)
class Attachment:
    """A file to download."""

    href: str
    title: str


@dataclass
class ShowPage:
    """What the page says."""

    show_id: str | None = None
    fields: Fields = field(default_factory=Fields)
    articles: list[Article] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    badges: tuple[str, ...] = ()

    @property
    def cancelled(self) -> bool:
        """Whether the page says that the notice was cancelled."""
        return is_cancelled(self.badges) or "cancelled_at" in self.fields.values


def is_show_page(page: Selector) -> bool:
    """Whether this is the page of one notice."""
    return _title(page) is not None


def read_show_page(page: Selector) -> ShowPage:
    """Read the page; what it does not say is absent, what nobody knows is told as unread."""
    read = ShowPage(show_id=_own_id(page), badges=badges(page))
    reference = _title(page)
    if reference:
        read.fields.put("reference", reference, "show")
    _read_details(page, read.fields)
    _read_headed(page, read.fields)
    _read_by_icon(page, read.fields)
    read.articles.extend(_article(item, read.fields) for item in page.css(".accordion-item"))
    read.attachments.extend(_attachments(page))
    return read


def _title(page: Selector) -> str | None:
    for element in page.css("h1, h2, h3, h4, h5, title, nav, .breadcrumb, p, span, div"):
        if element.xpath("./*[self::div or self::section or self::main]"):
            continue
        match = _TITLE.search(words(element))
        if match:
            shown = next((words(h4) for h4 in page.css("h4") if words(h4).startswith("#")), match["reference"])
            return clean_line(shown.removeprefix("#").split("Retour à la liste")[0])
    return None


def _own_id(page: Selector) -> str | None:
    """The id in the page's own address: its canonical link, else any link to a page of notices, else a download."""
    addresses = [
        *page.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content").getall(),
        *page.xpath("//@href | //form/@action").getall(),
    ]
    for pattern in (SHOW, _DOWNLOAD_ID):
        found = next((match for address in addresses if (match := pattern.search(address))), None)
        if found:
            return found[1]
    return None


def _read_details(page: Selector, fields: Fields) -> None:
    """The six details: boxes of two spans, label and value."""
    outside_articles = "[not(ancestor::*[contains(@class, 'accordion-item')])]"
    for box in page.xpath(f"//div[contains(@class, 'flex-column') and contains(@class, 'd-flex')]{outside_articles}"):
        spans = [span for span in box.xpath(".//span[not(ancestor::span)]") if words(span) or whole(span)]
        if len(spans) < 2:
            continue
        label, value = words(spans[0]), whole(spans[1])
        name = LABELS.get(label_key(label))
        if name is not None:
            fields.put(name, value, "show")
        elif len(label) <= 60:
            fields.unknown(f"show.{label.rstrip(' :')}", value)


def _read_headed(page: Selector, fields: Fields) -> None:
    """A heading (`span.text-uppercase`) with its value in the same block, as for the object and a cancellation."""
    for heading in page.xpath("//span[not(.//span)][not(ancestor::*[contains(@class, 'accordion-item')])]"):
        name = LABELS.get(label_key(words(heading)))
        if name is None or name in fields.values:
            continue
        after = heading.xpath("./following::span[not(.//span)][normalize-space()][1]")
        if after and label_key(words(after[0])) not in LABELS:
            fields.put(name, whole(after[0]), "show")


def _read_by_icon(page: Selector, fields: Fields) -> None:
    for icon, name in ICONS.items():
        if name in fields.values:
            continue
        values = page.xpath(f"(//*[@id='{icon}'])[1]/following-sibling::div[1]//span[not(ancestor::span)]")
        texts = [text for value in values if (text := whole(value))]
        if len(texts) > 1:
            fields.put(name, texts[1], "show")
            fields.note(f"show.{name}", "Found beside its icon: the label reads otherwise than it did.", texts[0])


def _article(item: Selector, fields: Fields) -> Article:
    head = clean_line(" ".join(item.css("button.accordion-button ::text").getall()))
    match = _NUMBER_BEFORE.fullmatch(head) if head.startswith("#") else None
    number, title = ((match[1] or match[3]), (match[2] or match[4] or "")) if match else (None, head)
    specifications = item.css(".accordion-body__flex .col-8 span.text-black")
    return Article(
        title=clean_line(title),
        number=number,
        values=_article_values(item, fields),
        specifications=clean_text(" ".join(specifications[0].css("::text").getall())) or None
        if specifications
        else None,
    )


def _article_values(item: Selector, fields: Fields) -> dict[str, str]:
    """Unit, quantity, tax rate and warranty: by their labels, else in the order in which the portal prints the four."""
    found: dict[str, str] = {}
    cards = item.css(".content__article--subMiniCard")
    for position, card in enumerate(cards):
        label = label_key(_label_beside(card))
        name = ARTICLE_LABELS.get(label)
        if name is None and len(cards) == len(_ARTICLE_ORDER):
            name = _ARTICLE_ORDER[position]
        if name is None:
            fields.unknown(f"show.article.{label or '(no label)'}", words(card))
        elif value := known_text(words(card)):
            found.setdefault(name, value)
    return found


def _label_beside(card: Selector) -> str:
    """The span that shares a box with a value, where the box holds no other value."""
    box = card.xpath("./ancestor::*[contains(@class, 'd-flex')][1]")
    if not box or len(box.css(".content__article--subMiniCard")) != 1:
        return ""
    spans = box.xpath(".//span[not(ancestor-or-self::*[contains(@class, 'subMiniCard')])]")
    return next((text for span in spans if (text := words(span))), "")


def _attachments(page: Selector) -> Iterable[Attachment]:
    seen: set[str] = set()
    for link in page.xpath("//a[contains(@href, '/download/')]"):
        href = link.xpath("string(@href)").get() or ""
        if href and href not in seen:
            seen.add(href)
            yield Attachment(href, whole(link))


# --- the visible text alone -------------------------------------------------------------------------------------------

_TEXT_LABELS = (
    "Objet", "Détails", "Acheteur public", "Date mise en ligne", "Date limite de réception des devis",
    "Lieu d'exécution", "Catégorie principale", "Nature de prestation", "Pièces jointes", "Articles",
    "Date d'annulation", "Référence annulation/Motif",
)  # fmt: skip
_TEXT_LABEL = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, _TEXT_LABELS)) + r")(?!\w)")
_PORTAL_ID = re.compile(r"portal id\s*:?\s*([0-9]{1,12})", re.IGNORECASE)


def is_show_text(text: str) -> bool:
    """Whether this is the visible text of the page of a notice."""
    return _TITLE.search(text) is not None and "Acheteur public" in text


def read_show_text(text: str) -> ShowPage:
    """The visible text: labels and values in reading order. A line before it may name the `portal id` of the notice."""
    straight = text.replace("\u2019", "'")
    start = _TITLE.search(straight)
    if start is None:
        return ShowPage()
    read = ShowPage()
    before = _PORTAL_ID.search(straight[: start.start()])
    read.show_id = before[1] if before else None
    reference = start["reference"].split("Retour à la liste")[0]
    read.fields.put("reference", clean_line(reference), "show")
    pieces = _TEXT_LABEL.split(straight[start.end() :])
    for label, value in zip(pieces[1::2], pieces[2::2], strict=True):
        _put_text(label, clean_line(value), read)
    return read


def _put_text(label: str, value: str, read: ShowPage) -> None:
    name = LABELS.get(label_key(label))
    if name is not None:
        if name not in read.fields.values:
            read.fields.put(name, value, "show")
    elif label == "Pièces jointes":
        read.attachments.extend(Attachment("", title) for title in value.split())
    elif label == "Articles" and value:
        read.articles.append(Article(title="", specifications=value))
