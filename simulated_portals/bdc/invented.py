"""Invented purchase orders and results: believable, and always the same for one seed and day."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from notices.values.text import fold
from notices.vocabularies import morocco
from simulated_portals.bdc.orders import Article, Cancellation, Order, Result

FIRST_ID = 380_001
DAYS = 30
"""Days over which invented notices are spread; nine in ten on working days."""
CEILING = 500_000


@cache
def _table(name: str) -> Any:
    text = files(__package__).joinpath("data", f"{name}.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


@cache
def natures() -> tuple[str, ...]:
    """The natures de prestation of the invented notices."""
    return tuple(str(purchase["nature"]) for purchase in _table("purchases"))


@dataclass(frozen=True)
class _Need:
    """What somebody wants to buy, before it is published."""

    reference: str
    title: str
    buyer: str
    places: tuple[str, ...]
    purchase: Mapping[str, Any]


class Inventor:
    """Invents. Notices follow from `seed` and `day` alone."""

    def __init__(self, *, seed: int, day: date) -> None:
        self._random = random.Random(f"{seed} {day}")
        self._day = day

    def orders(self, count: int) -> tuple[Order, ...]:
        """Notices of the days up to `day`; ids grow with the instant of publication."""
        instants = self._instants(count)
        return tuple(self.order_at(at, FIRST_ID + number) for number, at in enumerate(instants))

    def results(self, count: int) -> tuple[Result, ...]:
        """Results of the days up to `day`."""
        return tuple(self.result_at(at) for at in self._instants(count))

    def order_at(self, at: datetime, order_id: int) -> Order:
        """A notice published at an instant, open for two to twelve days."""
        need = self._need(at)
        chosen = self._random
        deadline = datetime.combine(
            at.date() + timedelta(days=chosen.randint(2, 12)), time(chosen.choice((9, 10, 12, 16)), 30)
        )
        cancellation = None
        if chosen.random() < 0.04:
            cancellation = Cancellation(at + timedelta(hours=1), chosen.choice(_table("parties")["reasons"]))
        return Order(
            id=order_id,
            reference=need.reference,
            title=need.title,
            buyer=need.buyer,
            published=at,
            deadline=deadline,
            places=need.places,
            category=need.purchase["category"],
            nature=need.purchase["nature"],
            articles=self._articles(need.purchase["articles"]),
            files=("AVIS.zip",) if chosen.random() < 0.7 else ("Avis d'achat.pdf", "CPS & bordereau.pdf"),
            cancellation=cancellation,
        )

    def result_at(self, at: datetime) -> Result:
        """A result published at an instant; one in six was unsuccessful."""
        need, chosen = self._need(at), self._random
        if chosen.random() < 1 / 6:
            return Result(need.reference, need.title, need.buyer, need.purchase["category"], at, chosen.randint(0, 2))
        amount = Decimal(chosen.randint(2_000_00, CEILING * 100)) / 100
        return Result(
            reference=need.reference,
            title=need.title,
            buyer=need.buyer,
            category=need.purchase["category"],
            published=at,
            quotes=chosen.randint(1, 24),
            winner=chosen.choice(_table("parties")["firms"]),
            amount=amount,
        )

    def _need(self, at: datetime) -> _Need:
        chosen, parties = self._random, _table("parties")
        purchase = chosen.choice(_table("purchases"))
        places = tuple(_printed(item.name) for item in chosen.sample(morocco.provinces(), chosen.choice((1, 1, 1, 2))))
        title = str(chosen.choice(purchase["titles"])).format(place=places[0])
        buyer = chosen.choice(parties["buyers"]).format(name=chosen.choice(parties["names"]), province=places[0])
        reference = chosen.choice(parties["references"]).format(
            n=f"{chosen.randint(1, 60):02d}", year=at.year, province=places[0].split(" ")[0]
        )
        return _Need(reference, title, buyer, places, purchase)

    def _articles(self, known: Sequence[Sequence[str]]) -> tuple[Article, ...]:
        chosen = self._random
        picked = chosen.sample(list(known), chosen.randint(1, len(known)))
        return tuple(
            Article(
                title=row[0],
                unit=row[1],
                quantity=chosen.randint(1, 400),
                tax=chosen.choice((20, 20, 10)),
                warranty=chosen.choice(("-", "12 mois")),
                specifications=", ".join(row[2:]),
            )
            for row in picked
        )

    def _instants(self, count: int) -> list[datetime]:
        """The first one is of the first hour of the day in hand, so that also that day has something whenever asked."""
        return sorted(self._instant(self._day_before(number), 23 if number else 0) for number in range(count))

    def _day_before(self, number: int) -> date:
        """Every day has something, weekends little."""
        if number < DAYS:
            return self._day - timedelta(days=number)
        day = self._day - timedelta(days=self._random.randint(0, DAYS - 1))
        if day.weekday() >= 5 and self._random.random() < 0.85:
            day -= timedelta(days=2)
        return day

    def _instant(self, day: date, last_hour: int) -> datetime:
        return datetime.combine(day, time(self._random.randint(0, last_hour), self._random.randint(0, 59)))


def _printed(name: str) -> str:
    """A province as the portal prints it: capitals without accents."""
    return fold(name).upper()
