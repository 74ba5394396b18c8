"""What the simulated portal holds beside calls, and how it is invented."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from simulated_portals.atexo_ma.consultations import Consultation
from simulated_portals.atexo_ma.invented import TEST_ORGANISATION, Inventor

LABELS = {
    "2": "Annonce d'information",
    "4": "Annonce de résultat définitif",
    "5": "Annonce d'extrait de PV",
    "6": "Annonce de rapport d'achèvement",
    "8": "Annonce de décision de résiliation",
    "9": "Annonce de rapport de présentation",
}
"""annonceType to its label."""
WEIGHTS = {"5": 55, "4": 22, "2": 8, "6": 5, "9": 6, "8": 4}
FIRST_NUMBER = 2_000_000
FIRST_AVIS = 530_000
FIRMS = (
    "STE ATLAS TRAVAUX DU SUD SARL", "BATI OUED LAKHDAR", "GROUPEMENT TIGHZA / IMI CONSEIL", "NEGOCE AIT ZITOUNE SARL",
    "SOCIETE RAS EL MA SERVICES", "MOHAMED OULAD INVENTE (PERSONNE PHYSIQUE)", "أشغال فم الجمعة",
)  # fmt: skip


@dataclass(frozen=True)
class Announcement:
    """One announcement: a record of its own, about a call that has another number."""

    record: Consultation
    kind: str
    """annonceType."""
    files: tuple[int, ...] = ()
    """idAvis of its documents."""
    call: str | None = None
    """Key of the call."""

    @property
    def key(self) -> str:
        """Organisation and number, joined."""
        return self.record.key


@dataclass(frozen=True)
class OpenedTender:
    """One firm in the table of openings; `-` where nothing is printed."""

    firm: str
    administrative: str
    financial: str
    before: str
    after: str


@dataclass(frozen=True)
class Programme:
    """One file of forecasts."""

    organisation: str
    number: int
    file: str
    buyer: str
    year: int
    published: date


class AnnouncementInventor:
    """Makes announcements about calls, dated over the days before a day."""

    def __init__(self, seed: int, today: date) -> None:
        self._random = random.Random(f"announcements-{seed}")
        self._calls = Inventor("ma_pmmp", seed + 1000, today)
        self._today = today
        self._made = 0
        self._called = 0

    def call(self) -> Consultation:
        """A call whose deadline is over."""
        published = datetime.combine(self._today - timedelta(days=60), time(9, 0))
        made = self._calls.published_at(published)
        self._called += 1
        return replace(made, reference=f"{self._called:03d}/2026/{made.entity}")

    def about(self, call: Consultation, published: datetime, kind: str | None = None) -> Announcement:
        """An announcement about a call."""
        self._made += 1
        chosen = kind or self._random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        number = FIRST_NUMBER + self._made
        count = self._random.choice((1, 1, 1, 2))
        files = tuple(FIRST_AVIS + self._made * 3 + place for place in range(count))
        record = replace(call, number=number, published=published, lots=(), cancelled=False)
        return Announcement(record, chosen, files, call.key)

    def of_test_organisation(self, published: datetime) -> Announcement:
        """An announcement of the organisation that holds tests."""
        made = self.about(self.call(), published, "5")
        return replace(made, record=replace(made.record, organisation=TEST_ORGANISATION, title="TEST"), call=None)

    def opening(self) -> tuple[OpenedTender, ...]:
        """The table of one call or lot: two or three firms, one of them turned away."""
        firms = self._random.sample(FIRMS, self._random.choice((2, 3)))
        amount = self._random.randint(80, 4_000) * 1_000
        admitted = tuple(
            OpenedTender(
                firm, "Admissible", "Admissible", _amount(amount + place * 1_250), _amount(amount + place * 1_200)
            )
            for place, firm in enumerate(firms[:-1])
        )
        return (*admitted, OpenedTender(firms[-1], "Ecartée", "Fermée", "-", "-"))

    def programme(self, published: date) -> Programme:
        """A file of forecasts."""
        self._made += 1
        buyer = self.call()
        year = published.year + 1
        return Programme(
            buyer.organisation, 5_000 + self._made, f"PP {year} {buyer.entity}.pdf", buyer.buyer, year, published
        )


def _amount(value: int) -> str:
    return f"{value:,}".replace(",", " ") + ",00"
