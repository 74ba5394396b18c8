"""What the index knows of a notice: facts, numbers and texts, flattened so that any lot satisfies any clause.

A fact is a text such as `kind=result` or `cpv=4523`; every branch above a code is a fact too, so that a branch is found
by equality. `name=?` says that the notice does not say. Personal data stays out: contact names, mail addresses and
telephone numbers are not fields of this model, and mail addresses and telephone numbers are cut out of texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from pydantic import Field

from notices.model import AmountKind, Lot, Money, MultilingualText, Notice, NoticeKind, Organisation
from notices.model import Frozen as FrozenModel
from notices.vocabularies import cpv
from search import analysis, places
from search.amounts import Headline, cents, packed
from search.contacts import without_contacts
from search.parts import MAX_PARTS, IndexedLot, IndexedResult, indexed_lot, indexed_result
from store.records import StoredNotice

UNKNOWN: Final = "?"
MAX_PIECE: Final = 100_000
MAX_TEXT: Final = 1_000_000
"""Characters of text that are indexed of one piece and of one notice; `cut` says when there was more."""

COUNTED_AMOUNTS: Final = frozenset(AmountKind) - {
    AmountKind.DEPOSIT, AmountKind.TENDER, AmountKind.LOWEST_TENDER, AmountKind.HIGHEST_TENDER,
}  # fmt: skip
_HEADLINE_ORDER: Final = (
    AmountKind.AWARDED, AmountKind.ESTIMATED, AmountKind.FRAMEWORK_MAXIMUM, AmountKind.FRAMEWORK_REESTIMATED,
    AmountKind.CONCESSION_REVENUE,
)  # fmt: skip


class Piece(FrozenModel):
    """A text of the notice in one language, free of mail addresses and telephone numbers."""

    field: str
    language: str
    text: str


class IndexDocument(FrozenModel):
    """A notice as search sees it. Instants are seconds since 1970 in UTC, days are proleptic Gregorian ordinals."""

    id: str
    portal: str
    version: int = Field(description="the edition of the store: an index never takes an older one for a newer")
    procedure_key: str
    facts: tuple[str, ...]
    published_at: int | None
    published_day: int | None
    deadlines: tuple[int, ...] = ()
    deadline_days: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()
    headline: Headline | None = None
    month: str | None = None
    buyers: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    cut: bool = False
    lots: tuple[IndexedLot, ...] = ()
    results: tuple[IndexedResult, ...] = ()

    @classmethod
    def of(cls, stored: StoredNotice) -> IndexDocument:
        """The document of the current version of a notice."""
        notice = stored.notice
        pieces, cut = _limited(_pieces(notice))
        deadlines = _deadlines(notice)
        published = notice.published_at
        return cls(
            id=notice.id,
            portal=notice.portal,
            version=stored.edition,
            procedure_key=stored.procedure_key,
            facts=tuple(sorted(set(_facts(notice)))),
            published_at=None if published is None else int(published.timestamp()),
            published_day=None if published is None else published.toordinal(),
            deadlines=tuple(sorted({int(at.timestamp()) for at in deadlines})),
            deadline_days=tuple(sorted({at.toordinal() for at in deadlines})),
            amounts=tuple(sorted({packed(cents(money), money.currency) for money in _amounts(notice)})),
            headline=_headline(notice),
            month=None if published is None else f"{published:%Y-%m}",
            buyers=tuple(dict.fromkeys(name for buyer in notice.buyers if (name := _printed_name(buyer)))),
            pieces=pieces,
            cut=cut,
            lots=tuple(map(indexed_lot, notice.lots[:MAX_PARTS])),
            results=tuple(map(indexed_result, notice.results[:MAX_PARTS])),
        )


def _facts(notice: Notice) -> Iterator[str]:
    yield f"country={notice.country}"
    yield f"portal={notice.portal}"
    yield f"kind={notice.kind}"
    if _is_call(notice):
        yield "call=yes"
    if notice.published_at is None:
        yield f"published={UNKNOWN}"
    if not _deadlines(notice):
        yield f"deadline={UNKNOWN}"
    yield from _coded("nature", _natures(notice))
    yield from _coded("procedure", [code] if notice.procedure_type and (code := notice.procedure_type.code) else [])
    yield from _coded("language", {*notice.languages, *notice.title})
    yield from _coded("cpv", (branch for code in _cpv_codes(notice) for branch in _branches(code)))
    yield from places.facts(
        [*notice.places, *(place for lot in notice.lots for place in lot.places)],
        [buyer.place for buyer in notice.buyers if buyer.place],
    )
    yield from _flags(notice)
    for buyer in notice.buyers:
        yield from _buyer(buyer)
    if headline := _headline(notice):
        yield f"headline={headline.currency}"
    yield from (f"currency={currency}" for currency in {money.currency for money in _amounts(notice)})


def _coded(name: str, values: Iterable[str]) -> Iterator[str]:
    found = {f"{name}={value}" for value in values}
    yield from found or {f"{name}={UNKNOWN}"}


def _is_call(notice: Notice) -> bool:
    """A call for competition; a change notice that still carries a deadline is the call as it is now."""
    if notice.cancelled:
        return False
    return notice.kind is NoticeKind.COMPETITION or (notice.kind is NoticeKind.CHANGE and bool(_deadlines(notice)))


def _natures(notice: Notice) -> set[str]:
    lots = [nature for lot in notice.lots for nature in (lot.nature, *lot.additional_natures)]
    return {nature.value for nature in (notice.nature, *notice.additional_natures, *lots) if nature}


def _cpv_codes(notice: Notice) -> set[str]:
    lots = (item for lot in notice.lots for item in lot.classifications)
    return {item.code for item in (*notice.classifications, *lots)}


def _branches(code: str) -> Iterator[str]:
    """Every branch a code lies in, and the complete eight digits, which reasons show."""
    significant = cpv.significant_prefix(code)
    for length in range(2, len(significant) + 1):
        yield significant[:length]
    yield code


def _flags(notice: Notice) -> Iterator[str]:
    for name in type(notice.flags).model_fields:
        said = {getattr(flags, name) for flags in (notice.flags, *(lot.flags for lot in notice.lots))}
        yield from _coded(name, (str(value).lower() for value in said - {None}))
    electronic = {notice.electronic_submission, *(lot.electronic_submission for lot in notice.lots)} - {None}
    yield from _coded("electronic_submission", (str(value).lower() for value in electronic))


def _buyer(buyer: Organisation) -> Iterator[str]:
    for name in buyer.name.values():
        yield from (f"buyer.word={word}" for word in analysis.words(name[:MAX_PIECE]))
    for identifier in buyer.identifiers:
        plain = plain_identifier(identifier.value)
        yield f"buyer.id={plain}"
        if identifier.scheme == "SIRET":
            yield f"buyer.id={plain[:9]}"


def plain_identifier(value: str) -> str:
    """A registration number without spaces and signs, in upper case."""
    return "".join(char for char in value.upper() if char.isalnum())


def _deadlines(notice: Notice) -> list[datetime]:
    """The first instant by which suppliers must act, of the notice and of each lot."""
    groups = [notice.deadlines, *(lot.deadlines for lot in notice.lots)]
    return [min(deadline.at for deadline in group) for group in groups if group]


def _amounts(notice: Notice) -> Iterator[Money]:
    results = [money for result in notice.results for money in result.values]
    tenders = [t.value for result in notice.results for t in result.tenders if t.winner and t.value]
    lots = [money for lot in notice.lots for money in lot.values]
    yield from (money for money in (*notice.values, *lots, *results, *tenders) if money.kind in COUNTED_AMOUNTS)


def _headline(notice: Notice) -> Headline | None:
    lots = notice.all_lots
    candidates = notice.values or (lots[0].values if len(lots) == 1 else ())
    for kind in _HEADLINE_ORDER:
        for money in candidates:
            if money.kind is kind:
                return Headline(cents=cents(money), currency=money.currency, kind=kind)
    return None


def _printed_name(organisation: Organisation) -> str:
    return next((name.strip() for name in organisation.name.values() if name.strip()), "")


def _pieces(notice: Notice) -> Iterator[Piece]:
    yield from _texts("title", notice.title)
    yield from _texts("description", notice.description)
    for lot in notice.lots:
        yield from _lot(lot)
    for buyer in notice.buyers:
        yield from _texts("buyer", buyer.name)
    numbers = (*notice.references, notice.publication_number, notice.procedure_id, notice.notice_uuid)
    yield from (Piece(field="reference", language=analysis.OTHER, text=number) for number in numbers if number)
    yield from _texts("description", notice.additional_information)
    for change in notice.changes:
        yield from _texts("change", change.description)
        yield from _texts("change", change.reason_text)
    yield from _texts("change", notice.modification_description)
    for result in notice.results:
        for winner in result.winners:
            yield from _texts("winner", winner.name)


def _lot(lot: Lot) -> Iterator[Piece]:
    yield from _texts("lot", lot.title)
    yield from _texts("lot", lot.description)
    yield from _texts("lot", lot.additional_information)


def _texts(field: str, texts: MultilingualText) -> Iterator[Piece]:
    for language, text in texts.items():
        if clean := without_contacts(text[:MAX_PIECE]).strip():
            yield Piece(field=field, language=language, text=clean)


def _limited(pieces: Iterable[Piece]) -> tuple[tuple[Piece, ...], bool]:
    """Distinct pieces up to the limit, and whether something was left out."""
    kept: dict[tuple[str, str], Piece] = {}
    length = 0
    for piece in pieces:
        if (piece.language, piece.text) in kept:
            continue
        length += len(piece.text)
        if length > MAX_TEXT:
            return tuple(kept.values()), True
        kept[piece.language, piece.text] = piece
    return tuple(kept.values()), any(len(piece.text) >= MAX_PIECE for piece in kept.values())
