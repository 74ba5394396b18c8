"""A page of a list, with the faults that lists show on a bad day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from simulated_portals.misbehaviour import EmptyList, LosePage, LoseRows, Misbehaviour, WrongTotal

T = TypeVar("T")


def serve_page(faults: Misbehaviour, path: str, found: Sequence[T], page: int, size: int) -> tuple[Sequence[T], int]:
    """The rows of a page (1-based) and the announced total. A page after the last one is empty."""
    if faults.take(EmptyList, path, page):
        return (), 0
    total = len(found)
    for wrong in faults.all_of(WrongTotal, path):
        total = max(0, total + wrong.off_by)
    rows = found[(page - 1) * size : page * size]
    lost = faults.take(LosePage, path, page)
    if lost:
        rows = found[max(0, page - 2) * size : max(1, page - 1) * size] if lost.how == "repeat" else ()
    dropped = faults.take(LoseRows, path, page)
    if dropped:
        rows = rows[: max(0, len(rows) - dropped.rows)]
    return rows, total
