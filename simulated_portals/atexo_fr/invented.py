"""Invented consultations: believable, dated around a chosen day, the same for the same seed."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from notices.vocabularies.france import all_departements
from simulated_portals.atexo_fr.consultations import Consultation, Organisation, PrintedLot

DATA = Path(__file__).parent / "data"
FIRST_NUMBER = 940_000
SHARE_CLOSED = 0.15
_PROCEDURES = (
    (("Procédure adaptée", "MAPA"), 45),
    (("Appel d'offres ouvert", "AOO"), 40),
    (("Procédure avec négociation", "PN"), 6),
    (("Appel d'offres restreint", "AOR"), 4),
    (("Marché subséquent", "MS"), 3),
    (("Dialogue compétitif", "DC"), 2),
)
_DYNAMIC = ("Système d'Acquisition Dynamique", "SAD-A")
_HOURS = (time(11, 0), time(12, 0), time(16, 0), time(17, 30))


@cache
def organisations(platforms: str) -> tuple[Organisation, ...]:
    """The invented buyers of a kind of platform: `state`, `idf`, `region`."""
    with (DATA / "organisations.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["platforms"] == platforms]
    return tuple(
        Organisation(
            acronym=row["acronym"],
            name=row["name"],
            town=row["town"],
            postcode=row["postcode"],
            departement=row["departement"],
            units=tuple(row["units"].split("|")),
        )
        for row in rows
    )


@cache
def _objects() -> tuple[dict[str, Any], ...]:
    return tuple(yaml.safe_load((DATA / "objects.yml").read_text(encoding="utf-8")))


@cache
def _places() -> tuple[tuple[str, str], ...]:
    """Code and `(94) Val-de-Marne` of the départements, those overseas as the platforms print them: by name alone."""
    return tuple(
        (found.code, found.name.upper() if len(found.code) == 3 else f"({found.code}) {found.name}")
        for found in all_departements()
        if found.nuts is not None
    )


class Inventor:
    """Invents consultations around `today`; they follow from seed, day, kind of platform and count alone."""

    def __init__(self, *, platforms: str, seed: int, today: date) -> None:
        self._platforms = platforms
        self._seed = seed
        self._today = today
        self._next = FIRST_NUMBER

    def consultations(self, count: int) -> list[Consultation]:
        """`count` consultations, some of which are over. Another day only moves their dates."""
        chance = random.Random(f"{self._seed}/{self._platforms}")
        return [self._one(chance, self._today, over=chance.random() < SHARE_CLOSED) for _ in range(count)]

    def published_on(self, day: date) -> Consultation:
        """One more, published on a day. Each is another."""
        return self._one(random.Random(f"{self._seed}/{day}/{self._next}"), day, fresh=True)

    def _one(self, chance: random.Random, day: date, *, over: bool = False, fresh: bool = False) -> Consultation:
        self._next += chance.randint(1, 40)
        buyer = chance.choice(organisations(self._platforms))
        thing = chance.choice(_objects())
        words = {"where": buyer.town or "tous sites", "n": chance.randint(3, 90)}
        dynamic = bool(thing.get("dynamic"))
        procedure = _DYNAMIC if dynamic else _drawn(chance)
        published = day if fresh else day - timedelta(days=chance.randint(1, 30) + (60 if over else 0))
        made = Consultation(
            number=self._next,
            organisation=buyer,
            unit=chance.choice(buyer.units),
            reference=f"{day:%y}{chance.choice('ABCD')}{self._next % 10_000:04d}",
            title=thing["title"].format(**words),
            about=thing["about"].format(**words),
            procedure=procedure[0],
            procedure_short=procedure[1],
            category=thing["category"],
            published=published,
            deadline=self._deadline(chance, day, over=over, dynamic=dynamic and not over),
            places=_drawn_places(chance, buyer),
            cpv=tuple(thing["cpv"]),
            lots=_lots(thing, chance),
            clauses=tuple(name for name in ("social", "environnement") if chance.random() < 0.3),
        )
        return self._advertised(chance, made)

    def _deadline(self, chance: random.Random, day: date, *, over: bool, dynamic: bool) -> datetime:
        if over:
            due = day - timedelta(days=chance.randint(3, 40))
        elif dynamic:
            due = day + timedelta(days=chance.randint(900, 2600))
        else:
            due = day + timedelta(days=chance.randint(3, 55))
        return datetime.combine(due, chance.choice(_HOURS))

    def _advertised(self, chance: random.Random, made: Consultation) -> Consultation:
        """Formal procedures are on BOAMP and were sent to the Publications Office."""
        if made.procedure_short in ("MAPA", "MS"):
            return made
        sent = datetime.combine(made.published - timedelta(days=1), time(8, chance.randint(0, 59)))
        return replace(made, boamp=f"{made.published:%y}-{chance.randint(10_000, 140_000)}", sent_to_eu=sent)


def _drawn(chance: random.Random) -> tuple[str, str]:
    names = [name for name, _weight in _PROCEDURES]
    return chance.choices(names, [weight for _name, weight in _PROCEDURES])[0]


def _drawn_places(chance: random.Random, buyer: Organisation) -> tuple[str, ...]:
    """The buyer's département, or many; the State's buyers often mean the whole country."""
    every = _places()
    if not buyer.departement:
        return ("FRANCE",) if chance.random() < 0.4 else (chance.choice(every)[1],)
    own = [printed for code, printed in every if code == buyer.departement]
    if chance.random() < 0.12:
        return tuple(printed for _code, printed in every)
    return tuple(own)


def _lots(thing: dict[str, Any], chance: random.Random) -> tuple[PrintedLot, ...]:
    if not thing["lots"] or chance.random() < 0.25:
        return ()
    return tuple(
        PrintedLot(number, title, thing["cpv"][(number - 1) % len(thing["cpv"])])
        for number, title in enumerate(thing["lots"], 1)
    )
