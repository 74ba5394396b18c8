"""A query as conditions on documents, the same for every engine.

Each engine translates the conditions; nothing here knows an engine. A clause holds when its `known` condition holds, or
when it keeps unknowns and its `unknown` condition holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from sys import intern
from typing import Final, TypeAlias

from search import analysis, places, text
from search.amounts import packed_range
from search.document import UNKNOWN, plain_identifier
from search.query import DateRange, DeadlineRange, NoticeQuery, PlaceOf, Unknown, ValueRange


class Number(StrEnum):
    """Numbers of a document; a condition on one holds when any of its values is in range."""

    PUBLISHED_DAY = "published_day"
    DEADLINE = "deadline"
    DEADLINE_DAY = "deadline_day"
    AMOUNT = "amount"


class Base(StrEnum):
    """What bounds are counted from."""

    ZERO = "zero"
    TODAY = "today"  # ordinal of the day of `now`, in the zone of `now`
    NOW = "now"  # seconds since 1970


@dataclass(frozen=True, slots=True)
class AnyFact:
    """At least one of these facts."""

    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """A number between two bounds, both included; an absent bound is open. `words` and `field` explain it."""

    number: Number
    low: int | None
    high: int | None
    base: Base = Base.ZERO


@dataclass(frozen=True, slots=True)
class HasPhrase:
    """Terms beside each other, once per language; one term is a word."""

    alternatives: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The folded words themselves, for engines that stem what they are asked."""
        unstemmed = f"{analysis.OTHER}:"
        found = next(terms for terms in self.alternatives if terms[0].startswith(unstemmed))
        return tuple(term.removeprefix(unstemmed) for term in found)


@dataclass(frozen=True, slots=True)
class HasPrefix:
    """A word that begins so, in any language; folded and not stemmed."""

    start: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Not this."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class Always:
    """Every document."""


Condition: TypeAlias = AnyFact | Between | HasPhrase | HasPrefix | AllOf | AnyOf | NoneOf | Always


@dataclass(frozen=True, slots=True)
class PlannedClause:
    """One clause, or one of the words of a text that must all be there."""

    name: str
    printed: str
    known: Condition
    unknown: Condition | None = None
    keeps_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """What *now* and *today* mean."""

    seconds: int
    today: int

    @classmethod
    def of(cls, now: datetime) -> Moment:
        """The moment of an aware instant; today is the day in its own zone."""
        if now.tzinfo is None:
            raise ValueError("the moment of a search must be an aware instant")
        return cls(int(now.astimezone(UTC).timestamp()), now.toordinal())

    def bounds(self, condition: Between) -> tuple[int | None, int | None]:
        """The bounds of a condition as absolute numbers."""
        base = {Base.ZERO: 0, Base.TODAY: self.today, Base.NOW: self.seconds}[condition.base]
        low, high = condition.low, condition.high
        return (None if low is None else low + base), (None if high is None else high + base)


def plan(query: NoticeQuery) -> tuple[PlannedClause, ...]:
    """The clauses of a query; a document matches when all of them hold. No clause: every document."""
    return (*_text(query), *_lists(query), *_places(query), *_ranges(query), *_flags(query))


def _text(query: NoticeQuery) -> Iterator[PlannedClause]:
    if not query.text:
        return
    tree = text.parse(query.text)
    for part in tree.parts if isinstance(tree, text.And) else (tree,):
        yield PlannedClause("text", printed(part), _condition(part))


def printed(node: text.Node) -> str:
    """The part of the text a node was read from, in its simplest spelling."""
    match node:
        case text.Phrase(shown, words):
            return f'"{shown}"' if " " in shown and len(words) > 1 else shown
        case text.Prefix(shown):
            return shown
        case text.Not(inner):
            return f"-{printed(inner)}"
        case text.And(parts):
            return f"({' '.join(printed(part) for part in parts)})"
        case text.Or(parts):
            return f"({' OR '.join(printed(part) for part in parts)})"
        case _:
            return "*"


def _condition(node: text.Node) -> Condition:
    match node:
        case text.Phrase(_, words):
            return _phrase(words)
        case text.Prefix(_, start):
            return HasPrefix(start)
        case text.Not(inner):
            return NoneOf(_condition(inner))
        case text.And(parts):
            return AllOf(tuple(_condition(part) for part in parts))
        case text.Or(parts):
            return AnyOf(tuple(_condition(part) for part in parts))
        case _:
            return Always()


@lru_cache(maxsize=32_768)
def _phrase(words: tuple[str, ...]) -> HasPhrase:
    """Remembered, as the same words stand in many profiles: one object for all takes less memory and is met faster."""
    return HasPhrase(tuple(dict.fromkeys(analysis.in_every_language(words))))


_LISTS: Final = (
    ("countries", "country"), ("portals", "portal"), ("kinds", "kind"), ("natures", "nature"),
    ("procedures", "procedure"), ("languages", "language"), ("cpv", "cpv"),
)  # fmt: skip


def _lists(query: NoticeQuery) -> Iterator[PlannedClause]:
    for name, fact in _LISTS:
        values: tuple[str, ...] = getattr(query, name)
        if values:
            policy = getattr(query, f"{name}_unknown", None)
            wanted = AnyFact(tuple(intern(f"{fact}={value}") for value in values))
            unknown = None if policy is None else AnyFact((f"{fact}={UNKNOWN}",))
            yield PlannedClause(name, ", ".join(values), wanted, unknown, policy is Unknown.INCLUDE)
    if query.cpv_not:
        excluded = AnyFact(tuple(f"cpv={branch}" for branch in query.cpv_not))
        yield PlannedClause("cpv_not", ", ".join(query.cpv_not), NoneOf(excluded))
    if query.buyers:
        conditions = tuple(_buyer(entry) for entry in query.buyers)
        yield PlannedClause(
            "buyers", ", ".join(query.buyers), conditions[0] if len(conditions) == 1 else AnyOf(conditions)
        )


def _buyer(entry: str) -> Condition:
    plain = plain_identifier(entry)
    digits = plain[2:] if plain[:2].isalpha() else plain
    if len(digits) >= 6 and digits.isdigit():
        spellings = dict.fromkeys((plain, digits, f"0{digits}" if len(digits) == 9 else digits))
        return AnyFact(tuple(f"buyer.id={spelling}" for spelling in spellings))
    words = tuple(AnyFact((f"buyer.word={word}",)) for word in dict.fromkeys(analysis.words(entry)))
    return words[0] if len(words) == 1 else AllOf(words)


def _places(query: NoticeQuery) -> Iterator[PlannedClause]:
    if not query.places:
        return
    sides = ("performance", "seat") if query.place_of is PlaceOf.EITHER else (str(query.place_of),)
    leaf = "place" if query.place_of is PlaceOf.EITHER else str(query.place_of)
    known = AnyFact(tuple(intern(f"{side}={code}") for side in sides for code in query.places))
    vague = dict.fromkeys(code for place in query.places for code in places.above(place))
    unknown = AnyFact(tuple(f"{leaf}.leaf={code}" for code in (places.NOWHERE, places.ANYWHERE, *vague)))
    keeps = query.places_unknown is Unknown.INCLUDE
    yield PlannedClause("places", ", ".join(query.places), known, unknown, keeps)


def _ranges(query: NoticeQuery) -> Iterator[PlannedClause]:
    if query.value:
        yield _value(query.value)
    if query.published:
        unknown = AnyFact((f"published={UNKNOWN}",))
        keeps = query.published.unknown is Unknown.INCLUDE
        yield PlannedClause("published", "", _published(query.published, unknown), unknown, keeps)
    if query.deadline:
        yield from _deadline(query.deadline)


def _value(value: ValueRange) -> PlannedClause:
    low, high = packed_range(value.minimum, value.maximum, value.currency)
    unknown = NoneOf(AnyFact((f"currency={value.currency}",)))
    keeps = value.unknown is Unknown.INCLUDE
    return PlannedClause("value", value.currency, Between(Number.AMOUNT, low, high), unknown, keeps)


def _published(asked: DateRange, unknown: AnyFact) -> Condition:
    if asked.last_days:
        return Between(Number.PUBLISHED_DAY, 1 - asked.last_days, None, Base.TODAY)
    if asked.from_ or asked.to:
        return _days(Number.PUBLISHED_DAY, asked)
    return NoneOf(unknown)


def _days(number: Number, asked: DateRange | DeadlineRange) -> Between:
    return Between(
        number, asked.from_.toordinal() if asked.from_ else None, asked.to.toordinal() if asked.to else None
    )  # fmt: skip


def _deadline(asked: DeadlineRange) -> Iterator[PlannedClause]:
    unknown = AnyFact((f"deadline={UNKNOWN}",))
    keeps = asked.unknown is Unknown.INCLUDE
    if asked.open:
        call = AnyFact(("call=yes",))
        known = AllOf((call, Between(Number.DEADLINE, 1, None, Base.NOW)))
        yield PlannedClause("open", "", known, AllOf((call, unknown)), keeps)
    if asked.ranged():
        yield PlannedClause("deadline", "", _deadline_days(asked, unknown), unknown, keeps)


def _deadline_days(asked: DeadlineRange, unknown: AnyFact) -> Condition:
    if asked.next_days:
        return Between(Number.DEADLINE_DAY, 0, asked.next_days - 1, Base.TODAY)
    if asked.from_ or asked.to:
        return _days(Number.DEADLINE_DAY, asked)
    return NoneOf(unknown)


def _flags(query: NoticeQuery) -> Iterator[PlannedClause]:
    for name, clause in query.flags.items():
        wanted = str(clause.is_).lower()
        unknown = AnyFact((f"{name}={UNKNOWN}",))
        yield PlannedClause(name, wanted, AnyFact((f"{name}={wanted}",)), unknown, clause.unknown is Unknown.INCLUDE)
