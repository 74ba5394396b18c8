"""Notices and profiles for the benchmarks: invented from the labels of CPV and from NUTS, with a fixed seed.

The shape follows Belgian tenders: words of a CPV label among everyday tender prose, most in French or Dutch and one in
four in both, construction as the largest division, an estimate on one call in sixty, deadlines on calls, a buyer with a
seat. Lengths are those of real calls: a title of about ten words, a description of about eighty, lots.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any

from notices.model import (
    AmountKind,
    Classification,
    Deadline,
    DeadlineKind,
    Lot,
    Money,
    Nature,
    Notice,
    NoticeKind,
    Organisation,
    Place,
    ProcedureType,
)
from notices.vocabularies import cpv, nuts
from search.document import IndexDocument
from search.query import NoticeQuery
from store.records import StoredNotice

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_PROSE = {
    "fr": """marché public de services ayant pour objet la réalisation et la fourniture dans le cadre du présent cahier
    des charges voir les documents pour une durée de quatre ans à compter de la notification par le pouvoir adjudicateur
    sur le site avec option et lots travaux entretien mission étude conformément aux clauses techniques relatives""",
    "nl": """overheidsopdracht voor diensten met als voorwerp de uitvoering en de levering in het kader van het bestek
    zie de documenten voor een duur van vier jaar vanaf de kennisgeving door de aanbestedende overheid op de site met
    optie en percelen werken onderhoud opdracht studie overeenkomstig de technische bepalingen betreffende""",
}
_EVERYDAY = {language: prose.split() for language, prose in _PROSE.items()}
_TOWNS = ("Namur", "Liège", "Mons", "Charleroi", "Tournai", "Arlon", "Gent", "Brugge", "Leuven", "Hasselt", "Mechelen")
_CONSTRUCTION = 0.35
"""Share of notices and of profiles of division 45, about that of Belgian notices."""


class _Frequent:
    """Codes of which the first are much more frequent than the last."""

    def __init__(self, codes: list[str]) -> None:
        self._codes = codes
        self._weights = list(accumulate(1 / (rank + 30) for rank in range(len(codes))))

    def one(self, random: Random) -> str:
        return random.choices(self._codes, cum_weights=self._weights)[0]


class Material:
    """Codes, places and buyers with the frequencies they have in the notices of a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        codes = [code for division in cpv.children() for code in _below(division)]
        self.random.shuffle(codes)
        self.codes = codes
        self._works = _Frequent([code for code in codes if code.startswith("45")])
        self._others = _Frequent([code for code in codes if not code.startswith("45")])
        self.provinces = [code for region in nuts.children("BE") for code in nuts.children(region)]
        self.places = [code for province in self.provinces for code in nuts.children(province)]
        self.buyers = [f"{kind} {town}" for town in _TOWNS for kind in ("Ville de", "Stad", "CPAS de", "Provincie")]

    def code(self) -> str:
        """A CPV code, frequent ones more often."""
        return (self._works if self.random.random() < _CONSTRUCTION else self._others).one(self.random)

    def label_words(self, code: str, language: str) -> list[str]:
        """The words of a label."""
        return (cpv.label(code, language) or "").lower().replace(",", " ").split()

    def prose(self, code: str, language: str, length: int) -> str:
        """Everyday tender words among which those of a label stand, about one in six."""
        words = self.random.choices(_EVERYDAY[language], k=length)
        for word in self.label_words(code, language) + self.label_words(self.code(), language):
            words[self.random.randrange(length)] = word
        return " ".join(words)

    def notice(self, number: int) -> Notice:
        """One invented notice."""
        random, code = self.random, self.code()
        languages = random.choices((("fr",), ("nl",), ("fr", "nl")), (3, 4, 2))[0]
        kind = random.choices((NoticeKind.COMPETITION, NoticeKind.RESULT, NoticeKind.PLANNING), (6, 4, 1))[0]
        place = random.choice(self.places)
        return Notice(
            id=f"be_bda:{number}", portal="be_bda", country="BE", kind=kind, format="benchmark",
            title={lang: " ".join((*self.label_words(code, lang), self.prose(code, lang, 5))) for lang in languages},
            description={lang: self.prose(code, lang, random.randint(20, 140)) for lang in languages},
            published_at=NOW - timedelta(minutes=random.randint(0, 60 * 24 * 700)),
            nature=random.choice(tuple(Nature)),
            classifications=(Classification(code=code, main=True),),
            places=(Place(country="BE", nuts=place),) if random.random() < 0.85 else (),
            buyers=(Organisation(name={languages[0]: random.choice(self.buyers)}, place=Place(nuts=place)),),
            procedure_type=ProcedureType(code=random.choice(("open", "restricted", "neg-w-call", "oth-single"))),
            deadlines=_deadline(random) if kind is NoticeKind.COMPETITION else (),
            values=_estimate(random),
            lots=tuple(self._lot(n, code, languages[0]) for n in range(random.choice((0, 1, 1, 1, 3)))),
        )  # fmt: skip

    def _lot(self, number: int, code: str, language: str) -> Lot:
        return Lot(
            id=f"LOT-{number:04d}",
            title={language: self.prose(code, language, 8)},
            description={language: self.prose(code, language, 30)},
            classifications=(Classification(code=self.code() if self.random.random() < 0.3 else code),),
        )

    def documents(self, number: int) -> Iterator[IndexDocument]:
        """Invented notices as search takes them."""
        for count in range(number):
            yield _document(self.notice(count))

    def block(self, number: int, size: int) -> list[IndexDocument]:
        """`notices` as search takes them."""
        return list(map(_document, self.notices(number, size)))

    def notices(self, number: int, size: int) -> list[Notice]:
        """Notices `number * size` and so on, the same whatever was made before and whichever process makes them."""
        self.random.seed(f"block {number}")
        return [self.notice(count) for count in range(number * size, (number + 1) * size)]

    def profile(self) -> NoticeQuery:
        """A profile as small firms write them: open calls of a trade, by words, codes or both, mostly near home."""
        random, code = self.random, self.code()
        fields: dict[str, Any] = {}
        shape = random.random()
        if shape < 0.75:
            lengths = random.choices((3, 4, 5, 8), (1, 2, 4, 4), k=2)
            fields["cpv"] = {code[: lengths[0]], random.choice(self.codes)[: lengths[1]]}
        if shape > 0.55:
            fields["text"] = self._text(code)
        if random.random() < 0.8:
            fields["places"] = random.sample(self.provinces, random.choice((1, 1, 1, 2, 3)))
        if random.random() < 0.15:
            fields["value"] = {"minimum": random.choice((20_000, 50_000, 140_000)), "currency": "EUR"}
        if random.random() < 0.1:
            fields["flags"] = {"sme_suitable": {"is": True}}
        return NoticeQuery.open_calls(**fields)

    def _text(self, code: str) -> str:
        random, language = self.random, self.random.choice(("fr", "nl"))
        words = [word for word in self.label_words(code, language) if len(word) > 4 and word.isalnum()] or ["onderhoud"]
        shape = random.random()
        if shape < 0.4:
            return random.choice(words)
        if shape < 0.7:
            return " ".join(random.sample(words, min(2, len(words))))
        if shape < 0.85:
            return " OR ".join(random.sample(words, min(3, len(words))))
        if shape < 0.95:
            return f"{random.choice(words)} -{random.choice(_EVERYDAY[language])}"
        return f"{random.choice(words)[:5]}*"


def _document(notice: Notice) -> IndexDocument:
    """As the indexer makes it of what the store gives back."""
    stored = StoredNotice(
        notice=notice, version=1, procedure_key=notice.id, first_seen_at=NOW, changed_at=NOW, last_seen_at=NOW
    )
    return IndexDocument.of(stored)


def _below(code: str) -> Iterator[str]:
    yield code
    for child in cpv.children(code):
        yield from _below(child)


def _deadline(random: Random) -> tuple[Deadline, ...]:
    at = NOW + timedelta(hours=random.randint(-200, 1000))
    return (Deadline(kind=DeadlineKind.TENDERS, at=at),)


def _estimate(random: Random) -> tuple[Money, ...]:
    if random.random() > 1 / 60:
        return ()
    return (Money(amount=Decimal(random.randint(5_000, 5_000_000)), currency="EUR", kind=AmountKind.ESTIMATED),)
