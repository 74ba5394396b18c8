"""A contract of the simulated portal, and the lines of a table that tell of it: real columns and sentinels."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

Line = dict[str, Any]
AWARDS, CONCESSIONS, OLD = "decp-2022-marches-valides", "decp-2022-concessions-valides", "decp-v3-marches-valides"
NOTHING = "CDL"
COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(columns)
    for name, columns in json.loads(files(__package__).joinpath("columns.json").read_text(encoding="utf-8")).items()
}
"""The columns of each table, in its order."""
_NUMBERS = frozenset({"montant", "valeurglobale", "dureemois"})


@dataclass(frozen=True)
class SimulatedModification:
    """One modification of an invented contract."""

    number: int
    notified: date
    published: date
    amount: float | None = None
    months: int | None = None
    winner: str | None = None


@dataclass(frozen=True)
class SimulatedContract:
    """One contract, whatever the number of lines that tell of it."""

    dataset: str
    buyer: str
    number: str
    published: date
    cells: Line
    modifications: tuple[SimulatedModification, ...] = ()
    subcontracts: tuple[Line, ...] = ()
    copies: int = 1
    extra_lines: tuple[Line, ...] = ()

    @property
    def key(self) -> str:
        """The uid: the buyer's SIRET and the contract's number."""
        return self.buyer + self.number

    @property
    def days(self) -> set[date]:
        """The days under which the contract is listed."""
        return {self.published, *(item.published for item in self.modifications)}

    def lines(self) -> list[Line]:
        """The lines of the table: one per modification and act of subcontracting, else one."""
        base = self._line({})
        told = [self._line(self._modified(item)) for item in self.modifications]
        told += [self._line(act) for act in self.subcontracts]
        told += [self._line(cells) for cells in self.extra_lines]
        if not self.modifications and not self.subcontracts:
            told.insert(0, base)
        return told + [dict(base) for _ in range(self.copies - 1)]

    def _line(self, cells: Line) -> Line:
        blank = None if self.dataset == OLD else NOTHING
        line: Line = {name: None if name in _NUMBERS else blank for name in COLUMNS[self.dataset]}
        number = self.number + ("00" if self.dataset == OLD else "")
        buyer = "autoriteconcedante_id" if self.dataset == CONCESSIONS else "acheteur_id"
        common = {"id": number, buyer: self.buyer, "datepublicationdonnees": self.published.isoformat()}
        return line | common | self.cells | cells

    def _modified(self, item: SimulatedModification) -> Line:
        signed = "datesignature" if self.dataset == CONCESSIONS else "datenotification"
        amount = "valeurglobalemodification" if self.dataset == CONCESSIONS else "montantmodification"
        cells: Line = {
            "idmodification": str(item.number),
            f"{signed}modificationmodification": item.notified.isoformat(),
            "datepublicationdonneesmodificationmodification": item.published.isoformat(),
        }
        if item.amount is not None:
            cells[amount] = str(item.amount)
        if item.months is not None:
            cells["dureemoismodification"] = str(item.months)
        if item.winner is not None:
            cells |= {"idtitulairemodification": item.winner, "typeidentifianttitulairemodification": "SIRET"}
        return cells

    def modified(self, day: date, amount: float) -> SimulatedContract:
        """The contract with one more modification, published on a day."""
        number = len(self.modifications) + 1
        item = SimulatedModification(number, day - timedelta(days=3), day, amount=amount)
        return replace(self, modifications=(*self.modifications, item))
