"""Many records of one contract, made one.

A buyer's number does not identify one award: it repeats for each modification, act of subcontracting and winner, for
lots, for winners of a framework agreement, and for the same award told by two platforms (dossier France 3.4: 21,482
numbers with several amounts). What repeats is folded and told; awards that differ are kept side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final, TypeVar

from notices.formats.decp.contract import Contract, Modification, Subcontract, distinct, identity_of
from notices.formats.decp.fields import Log
from notices.formats.decp.leaves import key_of

_LONG_AGO: Final = date(1, 1, 1)
T = TypeVar("T")


def fold(records: Sequence[Contract], log: Log) -> tuple[Contract, ...]:
    """The awards that records of one contract tell of, each once, in an order that is not that of the records."""
    awards: list[Contract] = []
    for record in sorted(records, key=_order):
        index = next((i for i, award in enumerate(awards) if _is_same(award, record)), None)
        if index is None:
            awards.append(record)
        else:
            awards[index] = _merged(awards[index], record, log)
    # A row repeats its contract for each modification: that is the table's shape, and no news of the contract.
    if len(records) > len(awards) and records[0].format != "decp-table":
        log.note("/", f"{len(records)} records of the file told of {len(awards)} award(s) and were folded.")
    if len(awards) > 1:
        log.note("/", f"The buyer used one number for {len(awards)} awards; each is kept as a result of its own.")
    return tuple(awards)


def _order(record: Contract) -> tuple[object, ...]:
    """Oldest publication first, then by what is said, so that the newest word wins whatever the order of the file."""
    return (
        record.last_published or _LONG_AGO,
        record.published or _LONG_AGO,
        record.notified or _LONG_AGO,
        key_of(record.title),
        record.amount if record.amount is not None else -1,
        sorted(identity_of(party) for party in record.winners),
        record.printed_number,
        len(record.modifications),
        repr(record),
    )


def _is_same(award: Contract, record: Contract) -> bool:
    """Whether two records tell of one award.

    Two of these must agree, and the day of notification: the object, the amount, the winners. A framework agreement
    with several winners repeats object and amount, a correction object and winners, a second platform amount and
    winners.
    """
    if award.notified != record.notified and None not in (award.notified, record.notified):
        return False
    same_object = key_of(award.title) == key_of(record.title)
    same_amount = award.amount == record.amount
    same_winners = _names(award) == _names(record)
    return same_object + same_amount + same_winners >= 2


def _names(award: Contract) -> set[str]:
    return {identity_of(party) for party in award.winners}


def _merged(older: Contract, newer: Contract, log: Log) -> Contract:
    """The newer record, completed by what only the older one says."""
    for name in ("amount", "title"):
        before, after = getattr(older, name), getattr(newer, name)
        if before != after and (name == "amount" or key_of(before) != key_of(after)):
            log.note(newer.kind, f"Lines of one award differ in their {name}; the newest one counts.", before)
    filled = {
        name: getattr(older, name)
        for name in newer.__dataclass_fields__
        if getattr(newer, name) in (None, ()) and getattr(older, name) not in (None, ())
    }
    return replace(
        newer,
        **filled
        | {
            "published": min((day for day in (older.published, newer.published) if day), default=None),
            "winners": distinct((*older.winners, *newer.winners)),
            "modifications": _united(older.modifications, newer.modifications),
            "subcontracts": _united(older.subcontracts, newer.subcontracts),
            "extras": tuple(dict.fromkeys((*newer.extras, *older.extras))),
        },
    )


def _united(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    """Both, each item once: rows repeat what they share."""
    found: list[T] = []
    for item in (*first, *second):
        if item not in found:
            found.append(item)
    return tuple(found)


def history(award: Contract) -> tuple[Modification, ...]:
    """The modifications in the order in which they were made; one that was split over rows, by winner, is whole."""
    whole: dict[tuple[object, ...], Modification] = {}
    for item in award.modifications:
        key = (item.number, item.notified, item.published, item.amount, item.months, item.purpose)
        known = whole.get(key)
        whole[key] = item if known is None else replace(item, winners=distinct((*known.winners, *item.winners)))
    return tuple(sorted(whole.values(), key=_when))


def _when(item: Modification) -> tuple[date, int, date]:
    return (item.notified or item.published or _LONG_AGO, item.number or 0, item.published or _LONG_AGO)


def acts(award: Contract) -> tuple[Subcontract, ...]:
    """The acts of subcontracting, then their modifications, each in their order."""
    return tuple(sorted(award.subcontracts, key=lambda act: (act.modified, act.number or 0, act.notified or _LONG_AGO)))
