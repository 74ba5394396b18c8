"""Lots and results as a cluster keeps them beside the flat document, each as a whole.

Queries of people are about the notice, and any lot satisfies any clause. These are for whoever asks the cluster itself
which lot has which value, or who won what; the embedded engine leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from notices.model import Frozen, Lot, LotResult, Money, Place
from search.amounts import Headline, cents
from search.contacts import without_contacts

MAX_PARTS: Final = 1_000
"""Lots and results of one notice that are kept as such; all of them are in its facts, numbers and texts."""
_MAX_TITLE: Final = 2_000


class IndexedLot(Frozen):
    """A lot. The deadline is in seconds since 1970."""

    id: str
    title: tuple[str, ...] = ()
    nature: tuple[str, ...] = ()
    cpv: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    deadline: int | None = None
    amounts: tuple[Headline, ...] = ()


class IndexedResult(Frozen):
    """The outcome of a lot."""

    lot: str | None = None
    status: str | None = None
    tenders_received: int | None = None
    winners: tuple[str, ...] = ()
    amounts: tuple[Headline, ...] = ()


def indexed_lot(lot: Lot) -> IndexedLot:
    """One lot of a notice."""
    natures = (lot.nature, *lot.additional_natures)
    return IndexedLot(
        id=lot.id,
        title=tuple(clean for text in lot.title.values() if (clean := _clean(text))),
        nature=tuple(dict.fromkeys(nature.value for nature in natures if nature)),
        cpv=tuple(dict.fromkeys(item.code for item in lot.classifications)),
        places=tuple(dict.fromkeys(_codes(lot.places))),
        deadline=min((int(deadline.at.timestamp()) for deadline in lot.deadlines), default=None),
        amounts=_amounts(lot.values),
    )


def indexed_result(result: LotResult) -> IndexedResult:
    """One result of a notice."""
    names = (name for winner in result.winners for name in winner.name.values())
    return IndexedResult(
        lot=result.lot_id,
        status=result.status,
        tenders_received=result.tenders_received,
        winners=tuple(dict.fromkeys(clean for name in names if (clean := _clean(name)))),
        amounts=_amounts((*result.values, *(t.value for t in result.tenders if t.winner and t.value))),
    )


def _clean(text: str) -> str:
    return without_contacts(text[:_MAX_TITLE]).strip()


def _codes(stated: Iterable[Place]) -> Iterable[str]:
    return (code for place in stated if (code := place.nuts or place.country))


def _amounts(values: Iterable[Money]) -> tuple[Headline, ...]:
    return tuple(Headline(cents=cents(money), currency=money.currency, kind=money.kind) for money in values)
