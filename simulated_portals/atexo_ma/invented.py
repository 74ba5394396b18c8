"""Invents consultations from a seed and a day: the same ones every time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from simulated_portals.atexo_ma import words
from simulated_portals.atexo_ma.consultations import Consultation, Lot

FIRST_NUMBER = 1_040_000
OPEN_SHARE = 0.75
TEST_ORGANISATION = "m1i"


class Inventor:
    """Makes consultations, numbered in the order in which they are asked for."""

    def __init__(self, key: str, seed: int, today: date) -> None:
        """`key`: the portal, which says who buys there."""
        self._buyers = words.BUYERS_OF.get(key, words.BUYERS)
        self._random = random.Random(f"{key}-{seed}")
        self._today = today
        self._made = 0

    def consultations(self, number: int) -> tuple[Consultation, ...]:
        """So many consultations, three of four open; among twenty-five one of a test organisation."""
        return tuple(self._one(position) for position in range(number))

    def published_at(self, moment: datetime) -> Consultation:
        """An open consultation that is published at a moment."""
        return self._invent(moment.replace(second=0, microsecond=0), moment.date() + timedelta(days=21))

    def _one(self, position: int) -> Consultation:
        chosen = self._random
        is_open = chosen.random() < OPEN_SHARE
        published = self._today - timedelta(days=chosen.randint(0, 30) + (0 if is_open else 40))
        last = self._today + timedelta(days=chosen.randint(1, 60)) if is_open else published + timedelta(days=30)
        made = self._invent(datetime.combine(published, time(9, 30)), last)
        return _as_test(made) if position % 25 == 9 else made

    def _invent(self, published: datetime, last: date) -> Consultation:
        chosen = self._random
        self._made += 1
        organisation, ministry, entity, buyer = chosen.choice(self._buyers)
        category, template, domain = chosen.choice(words.OBJECTS)
        name = chosen.choice(words.NAMES)
        weights = [weight for _, _, weight in words.PROCEDURES]
        short, procedure, _ = chosen.choices(words.PROCEDURES, weights)[0]
        allotted = chosen.random() < 0.2
        lots = tuple(self._lot(n, category) for n in range(1, chosen.randint(2, 4) + 1)) if allotted else ()
        estimate = chosen.choices(("0,00", _amount(chosen.randint(80, 90_000) * 1_000)), (1, 30))[0]
        return Consultation(
            organisation=organisation,
            number=FIRST_NUMBER + self._made * 7 + chosen.randint(0, 6),
            reference=f"{chosen.randint(1, 250):02d}/{published.year}/{entity}",
            title=template.format(name=name, NAME=name.upper()),
            ministry=ministry,
            entity=entity,
            buyer=buyer,
            short_procedure=short,
            procedure=procedure,
            mode=chosen.choice(("Sur offre de prix", "Sur offre de prix", "Au rabais / majoration")),
            category=category,
            domains=(domain,),
            places=tuple(dict.fromkeys(chosen.choices(words.PLACES, k=chosen.choice((1, 1, 1, 2, 6))))),
            published=published,
            deadline=datetime.combine(last, time(chosen.choice((9, 10, 11, 15)), chosen.choice((0, 30)))),
            answer=chosen.choice(words.ANSWERS),
            environmental=chosen.random() < 0.3,
            reserved=chosen.random() < 0.3,
            estimate="" if allotted else estimate,
            deposit="" if allotted else f"{_amount(chosen.randint(0, 400) * 500)} MAD ",
            qualifications=(chosen.choice(words.QUALIFICATIONS),) if category == "Travaux" and not allotted else (),
            visit=datetime.combine(last - timedelta(days=8), time(10, 0)) if chosen.random() < 0.3 else None,
            lots=lots,
        )

    def _lot(self, number: int, category: str) -> Lot:
        chosen = self._random
        return Lot(
            number=number,
            title=chosen.choice(words.LOT_TITLES),
            category=category,
            description=f"Fourniture et pose, tranche {number}",
            estimate=_amount(chosen.randint(50, 9_000) * 1_000),
            deposit=f"{_amount(chosen.randint(1, 90) * 500)} MAD ",
            reserved=chosen.random() < 0.4,
        )


def _as_test(made: Consultation) -> Consultation:
    return replace(made, organisation=TEST_ORGANISATION, ministry="TESTPDCP", buyer="ORGANISME DE TEST", title="TEST")


def _amount(value: int) -> str:
    """`1 399 000,00`, as the portal prints amounts."""
    return f"{value:,}".replace(",", " ") + ",00"
