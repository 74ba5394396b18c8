"""Notices and queries for the tests of search: invented, small, and easy to vary."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from notices.model import (
    AmountKind,
    Classification,
    Deadline,
    DeadlineKind,
    Flags,
    Identifier,
    Lot,
    Money,
    Nature,
    Notice,
    NoticeKind,
    Organisation,
    Place,
    ProcedureType,
)
from search.document import IndexDocument
from search.query import NoticeQuery
from store.records import StoredNotice

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def notice(number: int = 1, **fields: Any) -> Notice:
    """A call for competition of Belgium with a title, unless told otherwise."""
    given: dict[str, Any] = {
        "id": f"be_bda:{number}",
        "portal": "be_bda",
        "country": "BE",
        "kind": NoticeKind.COMPETITION,
        "format": "test",
        "title": {"fr": f"Avis numéro {number}"},
        "published_at": NOW - timedelta(days=number % 60),
    }
    return Notice(**{**given, **fields})


def stored(item: Notice, version: int = 1) -> StoredNotice:
    """The notice as the store hands it out."""
    return StoredNotice(
        notice=item, version=version, procedure_key=item.id, first_seen_at=NOW, changed_at=NOW, last_seen_at=NOW
    )


def document(number: int = 1, **fields: Any) -> IndexDocument:
    """The document of `notice(number, ...)`."""
    return IndexDocument.of(stored(notice(number, **fields)))


def buyer(name: str, nuts: str | None = None, number: str | None = None) -> Organisation:
    """A buyer with a name, a seat and a registration number."""
    identifiers = (Identifier(scheme="KBO", value=number, valid=True, printed=number),) if number else ()
    return Organisation(name={"fr": name}, place=Place(nuts=nuts) if nuts else None, identifiers=identifiers)


def estimate(amount: int | str, currency: str = "EUR") -> Money:
    """An estimated value."""
    return Money(amount=Decimal(amount), currency=currency, kind=AmountKind.ESTIMATED)


def tenders_due(at: datetime) -> Deadline:
    """A deadline for tenders."""
    return Deadline(kind=DeadlineKind.TENDERS, at=at)


WORDS = {
    "fr": [
        "marché",
        "marchés",
        "voirie",
        "éclairage",
        "l'éclairage",
        "entretien",
        "bâtiments",
        "école",
        "écoles",
        "déchets",
        "de",
        "la",
        "public",
    ],
    "nl": ["gebouwen", "gebouw", "onderhoud", "wegen", "weg", "scholen", "school", "openbare", "verlichting", "de"],
    "de": ["Gebäude", "Straßen", "Straße", "Reinigung", "Schulen", "Beleuchtung", "der"],
    "en": ["roads", "road", "lighting", "maintenance", "buildings", "building", "school", "the"],
    "ar": ["مدرسة", "المدرسة", "صيانة", "الصيانة", "طرق", "أشغال"],
    "pt": ["estradas", "escolas", "iluminação"],
}
CPV = ("45000000", "45233140", "45233000", "45210000", "71000000", "71320000", "90910000", "34993000", "50232000")
NUTS = ("BE", "BE1", "BE100", "BE2", "BE21", "BE211", "BE234", "BE3", "BE351", "FR", "FRK2", "EL30", "MA-CAS")
BUYERS = (("Ville de Namur", "0207656811"), ("Stad Gent", "0207451227"), ("Commune d'Écaussinnes", None))


def random_notice(random: Random, number: int) -> Notice:
    """A notice in which everything may be said or not."""
    languages = random.sample(sorted(WORDS), random.randint(1, 3))
    return notice(
        number,
        portal=random.choice(("be_bda", "fr_boamp")),
        country=random.choice(("BE", "FR", "MA")),
        kind=random.choice(tuple(NoticeKind)),
        title={language: _sentence(random, language, 5) for language in languages},
        description={language: _sentence(random, language, 12) for language in languages if random.random() < 0.8},
        published_at=_maybe(random, NOW - timedelta(hours=random.randint(0, 2000)), 0.9),
        nature=_maybe(random, random.choice(tuple(Nature)), 0.8),
        classifications=tuple(Classification(code=code) for code in _some(random, CPV, 3)),
        places=_places(random),
        buyers=_buyers(random),
        procedure_type=_maybe(random, ProcedureType(code=random.choice(("open", "restricted", "neg-wo-call"))), 0.8),
        values=_values(random),
        deadlines=_deadlines(random),
        cancelled=random.choice((None, None, False, True)),
        flags=Flags(sme_suitable=_tri(random), green=_tri(random)),
        electronic_submission=_tri(random),
        lots=tuple(_lot(random, n) for n in range(random.choice((0, 0, 1, 2)))),
    )


def _lot(random: Random, number: int) -> Lot:
    language = random.choice(sorted(WORDS))
    return Lot(
        id=f"LOT-{number:04d}",
        title={language: _sentence(random, language, 4)},
        classifications=tuple(Classification(code=code) for code in _some(random, CPV, 2)),
        places=_places(random),
        values=_values(random),
        deadlines=_deadlines(random),
        flags=Flags(sme_suitable=_tri(random), social=_tri(random)),
    )


def _sentence(random: Random, language: str, length: int) -> str:
    return " ".join(random.choice(WORDS[language]) for _ in range(random.randint(1, length)))


def _maybe(random: Random, value: Any, share: float) -> Any:
    return value if random.random() < share else None


def _tri(random: Random) -> bool | None:
    return random.choice((None, None, True, False))


def _some(random: Random, values: tuple[str, ...], most: int) -> list[str]:
    return random.sample(values, random.randint(0, most))


def _places(random: Random) -> tuple[Place, ...]:
    if random.random() < 0.1:
        return (Place(anywhere=random.choice(("anyw", "anyw-eea", "anyw-cou")), country="BE"),)
    return tuple(Place(nuts=code) for code in _some(random, NUTS, 2))


def _buyers(random: Random) -> tuple[Organisation, ...]:
    return tuple(buyer(name, _maybe(random, random.choice(NUTS), 0.6), kbo) for name, kbo in random.sample(BUYERS, 1))


def _values(random: Random) -> tuple[Money, ...]:
    if random.random() < 0.5:
        return ()
    return (estimate(random.choice((1, 50_000, 143_000, 10**12)), random.choice(("EUR", "EUR", "MAD"))),)


def _deadlines(random: Random) -> tuple[Deadline, ...]:
    if random.random() < 0.4:
        return ()
    return (tenders_due(NOW + timedelta(hours=random.randint(-400, 1200))),)


def random_query(random: Random) -> NoticeQuery:
    """A query of one to four clauses over the same words and codes."""
    makers = random.sample(_MAKERS, random.randint(1, 4))
    fields: dict[str, Any] = {}
    for make in makers:
        fields |= make(random)
    return NoticeQuery(**fields)


def random_text(random: Random, depth: int = 0) -> str:
    """Words, phrases, prefixes, exclusions, choices and groups."""
    parts = [_random_term(random, depth) for _ in range(random.choice((1, 1, 2, 2, 3)))]
    joined = parts[0]
    for part in parts[1:]:
        joined += random.choice((" ", " ", " OR ")) + part
    return joined


def _random_term(random: Random, depth: int) -> str:
    word = random.choice(WORDS[random.choice(sorted(WORDS))])
    kind = random.random()
    if kind < 0.15:
        return f'"{word} {random.choice(WORDS[random.choice(sorted(WORDS))])}"'
    if kind < 0.25:
        return f"{word[:4].rstrip(chr(39))}*" if len(word) > 4 and "'" not in word else word
    if kind < 0.4:
        return f"-{word}"
    if kind < 0.5 and depth < 2:
        return f"({random_text(random, depth + 1)})"
    return "*" if kind > 0.98 else word


def _unknown(random: Random) -> str:
    return random.choice(("include", "exclude"))


def _dates(random: Random, relative: str) -> dict[str, Any]:
    if random.random() < 0.5:
        return {relative: random.randint(1, 60), "unknown": _unknown(random)}
    start = date(2026, 9, 1) + timedelta(days=random.randint(0, 120))
    return {"from": start, "to": start + timedelta(days=random.randint(0, 60)), "unknown": _unknown(random)}


_MAKERS = (
    lambda r: {"text": random_text(r)},
    lambda r: {"text": random_text(r)},
    lambda r: {"countries": _some(r, ("BE", "FR", "MA"), 2)},
    lambda r: {"portals": _some(r, ("be_bda", "fr_boamp"), 1)},
    lambda r: {"kinds": _some(r, tuple(NoticeKind), 4)},
    lambda r: {"natures": _some(r, tuple(Nature), 2), "natures_unknown": _unknown(r)},
    lambda r: {"procedures": _some(r, ("open", "restricted"), 2), "procedures_unknown": _unknown(r)},
    lambda r: {"languages": _some(r, tuple(WORDS), 2), "languages_unknown": _unknown(r)},
    lambda r: {"buyers": _some(r, ("namur ville", "gent", "0207.656.811", "écaussinnes"), 2)},
    lambda r: {"cpv": _some(r, ("45", "4523", "71", "90910000-9", "45233140"), 2), "cpv_unknown": _unknown(r)},
    lambda r: {"cpv_not": _some(r, ("4521", "71320000"), 1)},
    lambda r: {
        "places": _some(r, ("BE", "BE2", "BE21", "BE211", "BE3", "FR", "GR", "MA-CAS", "MA"), 2),
        "place_of": r.choice(("performance", "seat", "either")),
        "places_unknown": _unknown(r),
    },
    lambda r: {
        "value": {
            "minimum": r.choice((None, 0, 50_000)),
            "maximum": r.choice((None, 143_000, 10**12)),
            "currency": r.choice(("EUR", "MAD")),
            "unknown": _unknown(r),
        }
    },
    lambda r: {"published": _dates(r, "last_days")},
    lambda r: {"deadline": {**_dates(r, "next_days"), "open": r.choice((True, False))}},
    lambda r: {"flags": {"sme_suitable": {"is": r.choice((True, False)), "unknown": _unknown(r)}}},
    lambda r: {"flags": {"electronic_submission": {"is": True, "unknown": _unknown(r)}}},
)
