"""From a card of a result of the portal of purchase orders to a `Notice`: a pure function.

Understood payloads: the raw unit of the spider (`{"card", "twin"}`), a card, and rows of tables that others made of
such cards: with date, winner and printed amount, or with an amount alone. `split` takes pages and tables apart.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from crawlers.contract import Parsing
from crawlers.engines.bdc import values
from crawlers.engines.bdc.cards import card_of
from crawlers.engines.bdc.labels import Fields
from crawlers.engines.bdc.listing import Options, query, read_page
from crawlers.engines.pages import decode, selector
from crawlers.engines.payloads import check_size, json_object, markup
from crawlers.engines.record import Account
from crawlers.portals.loading import load
from crawlers.portals.ma_bdc_results.card import ResultCard, native_id, read_result_card
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from notices.model import LotResult, Money, Notice, NoticeKind, ProcedureType, Tender

PARSER_VERSION = "1"
FORMS = {
    "raw-unit": "what the spider archives: the card of a result",
    "list-page": "a page of the results, one notice per card",
    "scraped-rows": "a table that others made of the cards, one JSON object a line",
    "scraped-amounts": "a JSON list of amounts that others made of the cards, without dates",
}
SINGLE_STAGE = "oth-single"
AWARDED, CLOSED = "selec-w", "clos-nw"

_ROW: Final = {
    "reference": "reference",
    "objet": "object",
    "acheteur": "buyer",
    "date_publication": "published",
    "nombre_devis": "quotes",
    "entreprise_attributaire": "winner",
    "montant": "amount",
}
_UNDATED = "Only the amount, the object, the buyer and the reference of this result are known."


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read one payload. `NoticeFormatError` says in a sentence why it cannot become a notice."""
    check_size(payload, context)
    if payload.lstrip()[:1] == b"<":
        return _read_html(decode(payload), context)
    value = json_object(payload)
    fragment = markup(value.get("card"))
    if fragment is not None:
        card = read_result_card(card_of(fragment))
        return _reading(card, context, form="card", twin=value.get("twin") is True)
    if "acheteur" in value or "reference" in value:
        return _read_row(value, context)
    keys = ", ".join(sorted(map(str, value)))[:300]
    raise NoticeFormatError(
        FormatReason.UNEXPECTED, f"The payload is neither a card nor a row of a result; its keys are: {keys}."
    )


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """The cards of a page, the lines of a table, or the rows of a list, one payload each; else the payload itself."""
    start = payload.lstrip()[:1]
    if start == b"<" and form in (None, "list-page"):
        cards = [card.get() for card in read_page(selector(decode(payload))).cards]
        return [_json({"card": html, "twin": False}) for html in cards] or [payload]
    if start == b"[" and form in (None, "scraped-amounts"):
        return [_json(row) for row in _list(payload)]
    if start == b"{" and form in (None, "scraped-rows"):
        lines = [line for line in payload.splitlines() if line.strip()]
        return lines if len(lines) > 1 and all(line.lstrip().startswith(b"{") for line in lines) else [payload]
    return [payload]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _list(payload: bytes) -> list[Any]:
    rows = json_object(b'{"rows":' + payload + b"}").get("rows")
    return rows if isinstance(rows, list) else []


def _read_html(text: str, context: Parsing) -> Reading:
    cards = read_page(selector(text)).cards
    if len(cards) != 1:
        raise NoticeFormatError(FormatReason.UNEXPECTED, f"The page has {len(cards)} cards of results, not one.")
    return _reading(read_result_card(cards[0]), context, form="card", twin=False)


def _read_row(value: dict[str, Any], context: Parsing) -> Reading:
    account, fields = Account(), Fields()
    row = account.open(value, "row")
    for key, name in _ROW.items():
        printed = row.value(key)
        if isinstance(printed, int | float) and not isinstance(printed, bool):
            printed = f"{printed:.2f}"  # an amount that others had read already
        if isinstance(printed, str) and printed.strip():
            fields.values[name] = printed
        elif printed is not None and not isinstance(printed, str):
            fields.note(f"row.{key}", "This is neither a text nor a number.", str(printed))
    if row.flag("attribue") is False:
        fields.values["unsuccessful"] = "attribue: false"
    read = _reading(ResultCard(fields), context, form="scraped-row", twin=False)
    notice = read.notice.model_copy(update={"notes": (*read.notice.notes, *account.notes)})
    return Reading(notice=notice, unread=(*read.unread, *account.unread()))


def _reading(card: ResultCard, context: Parsing, *, form: str, twin: bool) -> Reading:
    fields = card.fields
    key = native_id(card, twin=twin)
    if key is None:
        missing = [name for name in ("reference", "buyer", "published") if not card.value(name)] or ["published"]
        raise NoticeFormatError(
            FormatReason.MISSING,
            f"The result has no key: its {', '.join(missing)} is not there or cannot be read.",
            path=f"card.{missing[0]}",
            printed=card.value(missing[0]) or None,
        )
    title = values.on_one_line(card.value("object"))
    if not title:
        raise NoticeFormatError(FormatReason.MISSING, "The result has no object.", path="card.object")
    buyer = values.organisation(card.value("buyer"))
    published = values.instant(card.value("published"), fields, "card.published")
    result, money = _result(card)
    notice = Notice(
        id=f"{context.portal}:{key}",
        portal=context.portal,
        country=values.COUNTRY,
        url=_address(card, published, context),
        kind=NoticeKind.RESULT,
        format=f"{context.portal}-{form}",
        references=(card.value("reference"),),
        published_at=published,
        first_published_on=None if published is None else published.date(),
        languages=tuple(title),
        title=title,
        buyers=() if buyer is None else (buyer,),
        procedure_type=ProcedureType(code=SINGLE_STAGE, printed=(card.kind,) if card.kind else ()),
        values=() if money is None else (money,),
        results=(result,),
        partial=None if published is not None else _UNDATED,
        notes=tuple(fields.notes),
    )
    return Reading(notice=notice, unread=fields.unread())


def _address(card: ResultCard, published: datetime | None, context: Parsing) -> str | None:
    """The list narrowed to the day and the reference: a result has no page of its own."""
    portal = load(context.portal)
    if published is None:
        return None
    day = published.date().isoformat()
    options = Options.model_validate(portal.options)
    filters = {"reference": card.value("reference"), options.published_from: day, options.published_to: day}
    asked = query(options.root, filters, page=1, size=portal.listing.page_size)
    return f"{load(context.portal).base_url}{next(iter(portal.routes.values())).path('list')}?{asked}"


def _result(card: ResultCard) -> tuple[LotResult, Money | None]:
    """The outcome, and the amount of the order. Unsuccessful without a winner; awarded with one or with an amount."""
    fields = card.fields
    winner = values.organisation(card.value("winner"))
    money = values.awarded(card.value("amount"), fields, "card.amount")
    quotes = values.count(card.value("quotes"), fields, "card.quotes")
    status: str | None = AWARDED if winner is not None or money is not None else None
    if card.value("unsuccessful"):
        if status is not None:
            fields.note(
                "card", "The result is called unsuccessful and has a winner or an amount.", card.value("winner")
            )
        status = status or CLOSED
    elif status is None:
        fields.note("card", "The result has neither a winner nor the words that it was unsuccessful.")
    elif winner is None and card.value("published"):
        fields.note("card.winner", "The result has an amount and no winner.")
    tenders: tuple[Tender, ...] = ()
    if winner is not None:
        tenders = (Tender(tenderers=(winner,), value=money, winner=True),)
    result = LotResult(
        status=status,
        tenders_received=quotes,
        tenders_received_basis=None if quotes is None else "nombre de devis reçus",
        tenders=tenders,
    )
    return result, money
