"""Questions to the tables of the open data portal, in its query language (ODSQL).

A question is one line; texts stand in double quotes with backslashes before quotes (dossier France 1.3, the same
software).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

from crawlers.contract import Window
from crawlers.portals.fr_decp.options import NUMBER, PUBLISHED, DataSet

MOST_MODIFICATIONS = 10
"""How many modifications of a contract of the format of 2019 are looked for under its later numbers."""
HIGHEST = Decimal(10) ** 18
NARROWEST = Decimal("0.01")


@dataclass(frozen=True)
class Slice:
    """A part of a list: the amounts from `low` on and below `high`; None is open. `nothing`: lines without amount."""

    low: Decimal | None = None
    high: Decimal | None = None
    nothing: bool = False

    def halves(self) -> tuple[Slice, ...]:
        """The slice in parts; empty when it cannot be cut. Amounts lie close at the low end, so cuts are geometric."""
        if self.nothing:
            return ()
        low, high = self.low or Decimal(0), self.high or HIGHEST
        if high - low <= NARROWEST:
            return ()
        middle = (((low + 1) * (high + 1)).sqrt() - 1).quantize(NARROWEST)
        if not low < middle < high:
            middle = ((low + high) / 2).quantize(NARROWEST)
        parts = (Slice(self.low, middle), Slice(middle, self.high)) if low < middle < high else ()
        return (*parts, Slice(nothing=True)) if parts and self.low is None and self.high is None else parts

    def where(self, column: str) -> tuple[str, ...]:
        """The conditions on the column of amounts."""
        if self.nothing:
            return (f"{column} is null",)
        lower = () if self.low is None else (f"{column} >= {self.low:f}",)
        return lower if self.high is None else (*lower, f"{column} < {self.high:f}")


def published_in(dataset: DataSet, window: Window, part: Slice) -> str:
    """The contracts published on the days of a window, and those of which a modification was."""
    if window.start is None or window.end is None:
        raise ValueError("award data is asked for by days")
    days = [window.start + timedelta(days=n) for n in range((window.end - window.start).days)]
    published = f"({PUBLISHED} >= date'{window.start}' and {PUBLISHED} < date'{window.end}')"
    modified = " or ".join(f'{dataset.modified} = "{day}"' for day in days)
    return " and ".join((f"({published} or {modified})", *part.where(dataset.amount)))


def contracts(dataset: DataSet, wanted: Iterable[tuple[object, Sequence[object]]]) -> str:
    """All lines of contracts: pairs of the buyer as the table writes it and the contract's numbers."""
    return " or ".join(
        f"({dataset.buyer} = {_literal(buyer)} and {NUMBER} in ({', '.join(map(_literal, numbers))}))"
        for buyer, numbers in wanted
    )


def numbers_to_ask(printed: Iterable[object], root: str) -> tuple[object, ...]:
    """The numbers under which lines of a contract may stand: in the format of 2019 a modification changes the end."""
    known = tuple(dict.fromkeys(printed))
    if any(str(number).strip() == root for number in known):
        return known
    return tuple(dict.fromkeys((*known, *(f"{root}{count:02d}" for count in range(MOST_MODIFICATIONS)))))


def address(url: str, where: str, order: Sequence[str], *, limit: int, offset: int = 0) -> str:
    """The address of one page of the answer."""
    asked: Mapping[str, object] = {"where": where, "order_by": ",".join(order), "limit": limit, "offset": offset}
    return f"{url}?{urlencode(asked)}"


def _literal(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value}"
    line = str(value).replace("\r", " ").replace("\n", " ")
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'
