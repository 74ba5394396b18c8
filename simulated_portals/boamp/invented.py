"""Invents a bulletin: calls in five shapes and what became of them, from a seed and a day alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from notices.vocabularies import france
from simulated_portals.boamp.drafts import Buyer, Draft, Event, Shape, Winner
from simulated_portals.boamp.eforms_json import folder_of

ZONE = ZoneInfo("Europe/Paris")
SPAN_DAYS = 45
"""Days before `today` in which notices of today's schema were published; more when they are many."""
KEYS_A_DAY = 400
"""Keys of a day, as in the real bulletin: 147,000 notices in a year. A Friday has those of its weekend too."""
MOST_A_DAY = 300
"""Notices of a day on average, at most: so that no day needs a key of the next one."""
LOOKED_BACK = 600
"""Notices among which those are looked for that a later one corrects, withdraws or ends."""
CHOSEN_AMONG = 40
"""The latest of those."""
_SHAPES: tuple[tuple[Shape, int], ...] = (
    ("eforms", 44), ("fns", 27), ("mapa", 16), ("dsp", 4), ("divers", 3), ("legacy", 6),
)  # fmt: skip
_PROCEDURES = {
    "eforms": ("OUVERT", "OUVERT", "OUVERT", "RESTREINT"),
    "fns": ("PROCEDURE_ADAPTE", "OUVERT"),
    "mapa": ("PROCEDURE_ADAPTE",),
    "legacy": ("OUVERT", "PROCEDURE_ADAPTE"),
}
_USUAL: tuple[Shape, ...] = ("eforms", "fns", "mapa", "legacy")
"""Shapes of a subject that names none."""
_EVENTS: tuple[tuple[Event, int], ...] = (("call", 62), ("award", 20), ("correction", 14), ("cancellation", 4))


@dataclass(frozen=True)
class _Objects:
    buyers: tuple[Buyer, ...]
    subjects: tuple[dict[str, Any], ...]
    words: dict[str, Any]


class Inventor:
    """Notices up to `today`; the same for the same seed and day."""

    def __init__(self, *, seed: int, today: date) -> None:
        self._seed = seed
        self._today = today
        self._numbers: dict[date, int] = {}
        self._span = SPAN_DAYS

    def drafts(self, count: int) -> tuple[Draft, ...]:
        """So many notices, oldest first."""
        chance = random.Random(self._seed)
        self._span = max(SPAN_DAYS, count // MOST_A_DAY)
        shapes = chance.choices([s for s, _ in _SHAPES], [w for _, w in _SHAPES], k=count)
        plan = sorted((self._day(shape, chance), number, shape) for number, shape in enumerate(shapes))
        made: list[Draft] = []
        for day, _number, shape in plan:
            made.append(self._draft(day, shape, made, chance))
        return tuple(made)

    def call_on(self, day: date, serial: int) -> Draft:
        """One more call, published on `day`, with an open deadline."""
        chance = random.Random(f"{self._seed}/{day}/{serial}")
        shape = chance.choice([s for s, _ in _SHAPES if s != "legacy"])
        return self._call(day, shape if shape in ("eforms", "fns", "mapa") else "fns", chance)

    def next_id(self, day: date) -> str:
        """The next key of a day: numbers grow within a year."""
        number = self._numbers.get(day, 0)
        self._numbers[day] = number + 1
        return f"{day:%y}-{(day.timetuple().tm_yday - 1) * KEYS_A_DAY + number + 1}"

    def correction_of(self, draft: Draft, day: date, deadline: datetime | None) -> Draft:
        """The notice by which a deadline moves; the time is read on the clock of Paris."""
        deadline = None if deadline is None else _fixed(deadline.replace(tzinfo=ZONE))
        return self._after(draft, day, "correction", deadline=deadline, diffusion_ends=_end(deadline, day))

    def cancellation_of(self, draft: Draft, day: date) -> Draft:
        """The notice by which a call is withdrawn; it keeps the deadline of the call."""
        return self._after(draft, day, "cancellation")

    # --- the parts --------------------------------------------------------------------------------------------------

    def _day(self, shape: Shape, chance: random.Random) -> date:
        """A working day; the old schema was used in 2015 to 2018."""
        if shape == "legacy":
            return date(chance.randint(2015, 2018), chance.randint(2, 12), chance.randint(2, 27))
        day = self._today - timedelta(days=chance.randint(0, self._span))
        return day - timedelta(days=max(0, day.weekday() - 4))

    def _draft(self, day: date, shape: Shape, made: list[Draft], chance: random.Random) -> Draft:
        event = chance.choices([e for e, _ in _EVENTS], [w for _, w in _EVENTS])[0]
        before = list(islice(_eligible(made[-LOOKED_BACK:], shape, day, event), CHOSEN_AMONG))[::-1]
        if event == "call" or not before or shape == "divers":
            return self._call(day, shape, chance)
        chosen = chance.choice(before)
        if event == "correction":
            moved = (chosen.deadline or datetime.combine(day, time(12))) + timedelta(days=7)
            return self.correction_of(chosen, day, moved)
        if event == "cancellation":
            return self.cancellation_of(chosen, day)
        winners = tuple(_winner(chosen, chance) for _ in range(max(1, len(chosen.lots))))
        return self._after(
            chosen, day, "award", deadline=None, winners=winners, diffusion_ends=day + timedelta(days=30)
        )

    def _after(self, draft: Draft, day: date, event: Event, **changes: Any) -> Draft:
        return replace(
            draft, idweb=self.next_id(day), published_on=day, event=event, previous=draft,
            version=draft.version + 1 if event != "award" else 1, **changes,
        )  # fmt: skip

    def _call(self, day: date, shape: Shape, chance: random.Random) -> Draft:
        things = _objects()
        fitting = [each for each in things.subjects if shape in each.get("shapes", _USUAL)]
        buyer, subject = chance.choice(things.buyers), chance.choice(fitting)
        low, high = subject["amounts"]
        idweb = self.next_id(day)
        hour = time(chance.choice((10, 11, 12, 16, 17)), chance.choice((0, 0, 30)))
        deadline = datetime.combine(day + timedelta(days=chance.randint(14, 46)), hour, ZONE)
        without = shape in ("dsp", "divers") or chance.random() < 0.04
        return Draft(
            idweb=idweb,
            published_on=day,
            shape=shape,
            event="call",
            buyer=buyer,
            title=_titled(subject["title"], buyer, shape),
            about=subject["about"],
            nature=subject["nature"],
            cpv=tuple(subject["cpv"]),
            descriptor=(subject["descriptor"][0], subject["descriptor"][1]),
            lots=tuple(subject["lots"]),
            procedure=chance.choice(_PROCEDURES.get(shape, ("",))),
            deadline=None if without else _fixed(deadline),
            diffusion_ends=deadline.date(),
            amount=chance.randint(low, high) * 1000,
            months=chance.choice((6, 12, 24, 36, 48)),
            reference=f"{day:%Y}{chance.choice(('MP', 'AO', 'DSP', 'S'))}{chance.randint(1, 99):02d}",
            platform=chance.choice(things.words["platforms"]),
            folder=folder_of(idweb) if shape == "eforms" else None,
            social=bool(subject.get("social")),
            green=bool(subject.get("green")),
            reserved=bool(subject.get("reserved")),
        )


def _eligible(made: list[Draft], shape: Shape, day: date, event: Event) -> Iterator[Draft]:
    """Earlier notices of a shape that may be corrected, withdrawn or ended, newest first; not what has been."""
    ended: set[str] = set()
    for draft in reversed(made):
        if draft.previous and draft.event != "correction":
            ended.add(draft.previous.first.idweb)
        if draft.shape != shape or draft.event not in ("call", "correction") or draft.first.idweb in ended:
            continue
        running = draft.deadline is None or draft.deadline.date() >= day
        if draft.published_on < day and (event == "award" or running):
            yield draft


def _fixed(instant: datetime) -> datetime:
    """With the offset that the clock had then: a time in a zone with rules would print none when it moves."""
    return datetime.fromisoformat(instant.isoformat())


def _end(deadline: datetime | None, day: date) -> date:
    return deadline.date() if deadline is not None else day + timedelta(days=30)


def _titled(title: str, buyer: Buyer, shape: Shape) -> str:
    return f"{title} ({buyer.city})" if shape != "mapa" else title


def _winner(draft: Draft, chance: random.Random) -> Winner:
    words = chance.choice(_objects().words["winners"])
    amount = draft.amount * chance.randint(70, 110) // 100 // max(1, len(draft.lots))
    siret = _siret(f"{chance.randint(40, 89)}{chance.randint(0, 999_999):06d}")
    return Winner(words["name"], words["city"], words["cp"], siret, words["size"], amount, chance.randint(1, 9))


@cache
def _objects() -> _Objects:
    words = _table("words.yml")
    buyers = []
    for number, row in enumerate(_table("buyers.yml")):
        place = france.departement(row["departement"])
        if place is None or place.nuts is None:
            raise ValueError(f"buyers.yml: {row['departement']} is no département")
        area = row["departement"] if row["departement"].isdecimal() else "20"
        siret = _siret(f"21{area[:2]}{number + 10:04d}")
        street = f"{number + 1} {words['streets'][number % len(words['streets'])]}"
        buyers.append(
            Buyer(row["name"], row["kind"], row["class"], row["city"], row["cp"], place.code, place.nuts, siret, street)
        )
    return _Objects(tuple(buyers), tuple(_table("objects.yml")), words)


def _table(name: str) -> Any:
    return yaml.safe_load(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))


def _siret(eight_digits: str) -> str:
    """A SIRET whose check digits hold, of the first establishment."""
    siren = eight_digits + _check_digit(eight_digits)
    return siren + "0001" + _check_digit(siren + "0001")


def _check_digit(digits: str) -> str:
    """The digit that makes the number pass the check of Luhn."""
    doubled = [int(char) * (2 - position % 2) for position, char in enumerate(reversed(digits))]
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
