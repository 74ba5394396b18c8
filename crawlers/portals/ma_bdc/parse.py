"""From what the portal of purchase orders answered to a `Notice`: a pure function.

Understood payloads: the raw unit of the spider (`{"card", "show", "id"}`), the page of a notice, its visible text, and
a card of the list. `split` takes a page of the list apart.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urljoin

from crawlers.contract import Parsing
from crawlers.engines.bdc import values
from crawlers.engines.bdc.cards import card_of
from crawlers.engines.bdc.labels import Fields
from crawlers.engines.bdc.listing import read_page
from crawlers.engines.pages import decode, selector
from crawlers.engines.payloads import check_size, json_object, markup
from crawlers.portals.loading import load
from crawlers.portals.ma_bdc.card import NoticeCard, read_notice_card
from crawlers.portals.ma_bdc.show import Article, ShowPage, is_show_page, is_show_text, read_show_page, read_show_text
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from notices.model import Classification, Document, Nature, Notice, NoticeKind, Place, ProcedureType
from notices.values.text import fold, known_text
from notices.vocabularies import inferred_cpv, morocco

PARSER_VERSION = "1"
FORMS = {
    "raw-unit": "what the spider archives: card and page of a notice",
    "list-page": "a page of the list, one notice per card",
    "card": "a card of the list",
    "show-page": "the page of a notice",
    "show-text": "its visible text, as read aloud",
}
NATURES = {"travaux": Nature.WORKS, "fournitures": Nature.SUPPLIES, "services": Nature.SERVICES}
SINGLE_STAGE = "oth-single"
PRINTED_PROCEDURE = "Avis d'achat"

_LIST_ALONE = "Only what the portal's list says of this notice is known: its page was not at hand."
_TEXT_ALONE = "Only the visible text of the notice's page is known."
_ARTICLE_WORDS = {"unit": "unité", "quantity": "quantité", "tax": "TVA (%)", "warranty": "garanties exigées"}


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice."""
    check_size(payload, context)
    if payload.lstrip()[:1] == b"{":
        return _read_unit(json_object(payload), context)
    text = decode(payload)
    if text.lstrip()[:1] != "<":
        if not is_show_text(text):
            raise NoticeFormatError(FormatReason.UNEXPECTED, "The text is not that of the page of a notice.")
        return _notice(None, read_show_text(text), context, partial=_TEXT_ALONE, form="show-text")
    page = selector(text)
    if is_show_page(page):
        return _notice(None, read_show_page(page), context, partial=None, form="show")
    return _notice(_only_card(text), ShowPage(), context, partial=_LIST_ALONE, form="card")


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The cards of a page of the list as units, else the payload itself."""
    if form not in (None, "list-page") or payload.lstrip()[:1] != b"<":
        return [payload]
    page = selector(decode(payload))
    if is_show_page(page):
        return [payload]
    cards: dict[str, str] = {}
    for element in read_page(page).cards:
        html = element.get()
        cards.setdefault(",".join(read_notice_card(card_of(html)).show_ids) or html, html)
    units = [json.dumps({"card": html, "show": None}, ensure_ascii=False) for html in cards.values()]
    return [unit.encode("utf-8", "surrogatepass") for unit in units] or [payload]


def _read_unit(unit: dict[str, Any], context: Parsing) -> Reading:
    fragment, html = markup(unit.get("card")), markup(unit.get("show"))
    card = None if fragment is None else read_notice_card(card_of(fragment))
    if card is None and html is None:
        keys = ", ".join(sorted(map(str, unit)))[:300]
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"The payload has neither card nor page; its keys are: {keys}."
        )
    show = ShowPage()
    if html is not None:
        page = selector(html)
        if not is_show_page(page):
            raise NoticeFormatError(FormatReason.UNEXPECTED, "The page is not that of a notice.", path="show")
        show = read_show_page(page)
        if card is not None:
            _check_same_notice(card, show)
    if isinstance(unit.get("id"), str):
        show.show_id = unit["id"]
    whole = html is not None
    return _notice(card, show, context, partial=None if whole else _LIST_ALONE, form="show" if whole else "card")


def _check_same_notice(card: NoticeCard, show: ShowPage) -> None:
    """A page of another notice than the card's is refused: its values would stand under the card's id."""
    listed, shown = (_bare(fields.values.get("reference")) for fields in (card.fields, show.fields))
    if listed and shown and not (listed.startswith(shown) or shown.startswith(listed)):
        raise NoticeFormatError(
            FormatReason.CONTRADICTION,
            "The page is of another notice than the card of the list.",
            path="show.reference",
            printed=show.fields.values.get("reference"),
        )


def _bare(reference: str | None) -> str:
    return re.sub(r"\s+", "", fold(reference or "").rstrip(". \u2026").lstrip("#"))


def _only_card(text: str) -> NoticeCard:
    cards = read_page(selector(text)).cards
    if len(cards) != 1:
        raise NoticeFormatError(FormatReason.UNEXPECTED, f"The page has {len(cards)} cards of notices, not one.")
    return read_notice_card(card_of(cards[0].get()))


def _notice(card: NoticeCard | None, show: ShowPage, context: Parsing, *, partial: str | None, form: str) -> Reading:
    fields = _merged(card, show)
    found, portal = fields.values, load(context.portal)
    native_id = _identity(card, show, context)
    title = values.on_one_line(found.get("object"))
    if not title:
        raise NoticeFormatError(FormatReason.MISSING, "The notice has no object.", path="show.object")
    published = values.instant(found.get("published"), fields, "show.published")
    deadline = values.deadline(found.get("deadline"), fields, "show.deadline")
    buyer = values.organisation(found.get("buyer"))
    notice = Notice(
        id=f"{context.portal}:{native_id}",
        portal=context.portal,
        country=values.COUNTRY,
        url=portal.url_of(native_id),
        kind=NoticeKind.COMPETITION,
        format=f"{context.portal}-{form}",
        references=tuple(text for text in (known_text(found.get("reference")),) if text),
        published_at=published,
        first_published_on=None if published is None else published.date(),
        cancelled=True if show.cancelled or (card is not None and card.cancelled) else None,
        languages=tuple(title),
        title=title,
        description=values.in_its_language("\n\n".join(map(_article_text, show.articles))),
        additional_information=_cancellation(found),
        buyers=() if buyer is None else (buyer,),
        nature=_nature(found.get("category"), fields),
        classifications=_classifications(found.get("nature"), fields),
        places=_places(found.get("place"), fields),
        procedure_type=ProcedureType(code=SINGLE_STAGE, printed=(PRINTED_PROCEDURE,)),
        deadlines=() if deadline is None else (deadline,),
        documents=tuple(_documents(show, portal.base_url)),
        partial=partial,
        notes=tuple(fields.notes),
    )
    return Reading(notice=notice, unread=fields.unread())


def _merged(card: NoticeCard | None, show: ShowPage) -> Fields:
    """The page's values, and those of the card where the page has none."""
    fields = Fields(dict(show.fields.values), list(show.fields.notes), dict(show.fields.strange))
    if card is not None:
        for name, value in card.fields.values.items():
            fields.values.setdefault(name, value)
        fields.notes.extend(note for note in card.fields.notes if note not in fields.notes)
        fields.strange.update(card.fields.strange)
    return fields


def _identity(card: NoticeCard | None, show: ShowPage, context: Parsing) -> str:
    ids = card.show_ids if card is not None else ()
    native_id = show.show_id or (ids[0] if len(ids) == 1 else None) or context.native_id
    if native_id is None:
        raise NoticeFormatError(
            FormatReason.MISSING, "Neither the card nor the page leads to the notice's own page: it has no id."
        )
    return native_id


def _article_text(article: Article) -> str:
    head = f"{article.number}. {article.title}" if article.number else article.title
    facts = [f"{word} : {article.values[name]}" for name, word in _ARTICLE_WORDS.items() if name in article.values]
    return "\n".join(part for part in (head, " ; ".join(facts), article.specifications) if part)


def _cancellation(found: dict[str, str]) -> dict[str, str]:
    told = [found[name] for name in ("cancelled_at", "cancellation") if found.get(name)]
    return {"fr": f"Annulation : {' ; '.join(told)}"} if told else {}


def _nature(printed: str | None, fields: Fields) -> Nature | None:
    if known_text(printed) is None:
        return None
    nature = NATURES.get(fold(printed or "").strip())
    if nature is None:
        fields.note("show.category", "This is none of the portal's three categories.", printed)
    return nature


def _classifications(printed: str | None, fields: Fields) -> tuple[Classification, ...]:
    """CPV inferred from the nature de prestation: the portal prints none."""
    if printed is None or known_text(printed) is None:
        return ()
    if not inferred_cpv.knows_nature(printed):
        fields.note("show.nature", "This nature de prestation is new: no CPV code is inferred from it.", printed)
    return inferred_cpv.from_nature(printed)


def _places(printed: str | None, fields: Fields) -> tuple[Place, ...]:
    places = morocco.places(printed)
    for place in places:
        if place.country is None:
            fields.note("show.place", "This is no place of Morocco that is known.", place.printed)
    return places


def _documents(show: ShowPage, base_url: str) -> list[Document]:
    return [
        Document(url=urljoin(base_url, item.href), title=known_text(item.title))
        for item in show.attachments
        if item.href
    ]
