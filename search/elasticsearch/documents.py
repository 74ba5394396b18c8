"""Documents as Elasticsearch keeps them, and back.

Every text stands in the source once: titles in `title.<analyser>`, the others in `body.<analyser>`, into which the
mapping copies the titles. `pieces` tells their order, field and language.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from notices.model import AmountKind
from search import analysis
from search.amounts import Headline
from search.document import IndexDocument, Piece
from search.elasticsearch.compiler import FROM_NOW
from search.facets import facet_keys
from search.parts import IndexedLot, IndexedResult
from search.plan import Moment, Number

Source = dict[str, Any]

_SAME: Final = (
    "id", "portal", "version", "procedure_key", "published_at", "published_day", "month", "cut",
)  # fmt: skip
_PARTS: Final = ("lots", "results")
_LISTS: Final = ("facts", "deadlines", "deadline_days", "amounts", "buyers")


def source(document: IndexDocument) -> Source:
    """The document of the index of notices."""
    found = _matched(document)
    found |= {name: getattr(document, name) for name in _SAME}
    found["buyers"] = list(document.buyers)
    found["facets"] = {str(facet): keys for facet, keys in facet_keys(document).items()}
    found["pieces"] = [[piece.field, piece.language] for piece in document.pieces]
    if document.headline is not None:
        found["headline"] = _amount(document.headline)
    for name in _PARTS:
        parts: tuple[IndexedLot | IndexedResult, ...] = getattr(document, name)
        found[name] = [{**part.model_dump(), "amounts": list(map(_amount, part.amounts))} for part in parts]
    return found


def percolated(document: IndexDocument, moment: Moment) -> Source:
    """The document that stored queries are asked about, with its dates also counted from the moment of the match."""
    found = _matched(document)
    published = [] if document.published_day is None else [document.published_day - moment.today]
    found[FROM_NOW[Number.PUBLISHED_DAY]] = published
    found[FROM_NOW[Number.DEADLINE]] = [at - moment.seconds for at in document.deadlines]
    found[FROM_NOW[Number.DEADLINE_DAY]] = [day - moment.today for day in document.deadline_days]
    return found


def read(found: Source) -> IndexDocument:
    """The document that a source was made of."""
    headline = found.get("headline")
    return IndexDocument(
        **{name: found.get(name) for name in _SAME},
        **{name: tuple(found.get(name, ())) for name in _LISTS},
        headline=None if headline is None else _read_amount(headline),
        pieces=tuple(_pieces(found)),
        lots=tuple(IndexedLot(**_with_amounts(lot)) for lot in found.get("lots", ())),
        results=tuple(IndexedResult(**_with_amounts(result)) for result in found.get("results", ())),
    )


def _matched(document: IndexDocument) -> Source:
    """What queries look at."""
    texts: dict[str, dict[str, list[str]]] = {"title": {}, "body": {}}
    for piece in document.pieces:
        texts[_side(piece.field)].setdefault(analysis.known(piece.language), []).append(piece.text)
    return {
        "facts": list(document.facts),
        "published_day": document.published_day,
        "deadlines": list(document.deadlines),
        "deadline_days": list(document.deadline_days),
        "amounts": list(document.amounts),
        **texts,
    }


def _side(field: str) -> str:
    return "title" if field == "title" else "body"


def _pieces(found: Source) -> Iterator[Piece]:
    waiting = {
        (side, language): iter(texts) for side in ("title", "body") for language, texts in found.get(side, {}).items()
    }
    for field, language in found.get("pieces", ()):
        yield Piece(field=field, language=language, text=next(waiting[_side(field), analysis.known(language)]))


def _amount(amount: Headline) -> Source:
    return {"amount": str(Decimal(amount.cents) / 100), "currency": amount.currency, "kind": str(amount.kind)}


def _read_amount(found: Source) -> Headline:
    cents = int(Decimal(found["amount"]) * 100)
    return Headline(cents=cents, currency=found["currency"], kind=AmountKind(found["kind"]))


def _with_amounts(part: Source) -> Source:
    return {**part, "amounts": tuple(map(_read_amount, part["amounts"]))}
