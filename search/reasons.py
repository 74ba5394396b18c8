"""Why a document matches a clause, for people: the words found, the codes, the amounts, and where they stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from search.analysis import words as folded_words
from search.evaluate import DocumentView, kept, satisfied, words_found
from search.plan import (
    AllOf,
    AnyFact,
    AnyOf,
    Between,
    Condition,
    HasPhrase,
    HasPrefix,
    Moment,
    NoneOf,
    Number,
    PlannedClause,
)
from search.port import MatchedClause

MAX_WORDS = 5
"""Words, codes or amounts told per clause."""


def reason(clause: PlannedClause, view: DocumentView, moment: Moment) -> MatchedClause | None:
    """The reason of a clause that is satisfied; None for exclusions, which give no reason to read a notice."""
    name = clause.name
    if clause.keeps_unknown and kept(clause, view, moment):
        return MatchedClause(name, clause.printed, unknown=True)
    if name == "text":
        return _text(clause, view, moment)
    if name == "places":
        return _places(clause, view)
    if name == "cpv_not":
        return None
    words = _WORDS.get(name, _values)(clause, view, moment)
    return MatchedClause(name, clause.printed, words[:MAX_WORDS])


def _text(clause: PlannedClause, view: DocumentView, moment: Moment) -> MatchedClause | None:
    if isinstance(clause.known, NoneOf):
        return None
    found = words_found(clause.known, view, moment)
    if not found:
        return MatchedClause("text", clause.printed) if _needs_a_word(clause.known) else None
    piece, words = found[0]
    if len(found) > 1:
        piece = min(piece for piece, _ in found)
        words = tuple(dict.fromkeys(word for _, spelt in found for word in spelt))
    return MatchedClause("text", clause.printed, words[:MAX_WORDS], view.pieces[piece].field)


def _needs_a_word(condition: Condition) -> bool:
    """Whether it can only hold where a word stands.

    Then the engine found one that our stemmer does not see: it is told what was asked, and never nothing.
    """
    match condition:
        case HasPhrase() | HasPrefix():
            return True
        case AllOf(parts):
            return any(map(_needs_a_word, parts))
        case AnyOf(parts):
            return all(map(_needs_a_word, parts))
        case _:
            return False


def _places(clause: PlannedClause, view: DocumentView) -> MatchedClause:
    codes, field = view.places_within(_facts(clause.known, view))
    return MatchedClause("places", clause.printed, codes[:MAX_WORDS], field)


def _facts(condition: Condition, view: DocumentView) -> frozenset[str]:
    return view.facts.intersection(condition.facts) if isinstance(condition, AnyFact) else frozenset()


def _values(clause: PlannedClause, view: DocumentView, moment: Moment) -> tuple[str, ...]:
    return tuple(sorted(fact.partition("=")[2] for fact in _facts(clause.known, view)))


def _cpv(clause: PlannedClause, view: DocumentView, moment: Moment) -> tuple[str, ...]:
    return view.codes_within(_facts(clause.known, view))


def _buyers(clause: PlannedClause, view: DocumentView, moment: Moment) -> tuple[str, ...]:
    asked = set(folded_words(clause.printed))
    buyers = view.document.buyers
    named = tuple(name for name in buyers if not asked.isdisjoint(folded_words(name)))
    return named or buyers  # found by number


def _published(clause: PlannedClause, view: DocumentView, moment: Moment) -> tuple[str, ...]:
    day = view.document.published_day
    return (date.fromordinal(day).isoformat(),) if day else ()


def _deadlines(clause: PlannedClause, view: DocumentView, moment: Moment) -> tuple[str, ...]:
    instants = (datetime.fromtimestamp(at, UTC) for at in view.document.deadlines)
    return tuple(f"{instant:%Y-%m-%dT%H:%MZ}" for instant in instants)


def _amounts(clause: PlannedClause, view: DocumentView, moment: Moment) -> tuple[str, ...]:
    return tuple(_amount(value) for value in _in_range(clause.known, view, moment))


def _in_range(condition: Condition, view: DocumentView, moment: Moment) -> list[int]:
    if not isinstance(condition, Between) or condition.number is not Number.AMOUNT:
        return []
    low, high = moment.bounds(condition)
    return [value for value in view.numbers(Number.AMOUNT) if (low or 0) <= value and (high is None or value <= high)]


def _amount(value: int) -> str:
    currency, number = "", value >> 48
    for _ in range(3):
        number, letter = divmod(number, 26)
        currency = chr(ord("A") + letter) + currency
    return f"{Decimal(value & ((1 << 48) - 1)) / 100:f} {currency}"


def reasons(clauses: tuple[PlannedClause, ...], view: DocumentView, moment: Moment) -> tuple[MatchedClause, ...]:
    """The reasons of all clauses of a query that the document matches."""
    return tuple(found for clause in clauses if (found := reason(clause, view, moment)) is not None)


def matches(clauses: tuple[PlannedClause, ...], view: DocumentView, moment: Moment) -> bool:
    """Whether the document satisfies every clause."""
    return all(satisfied(clause, view, moment) for clause in clauses)


_WORDS: Final[dict[str, Callable[[PlannedClause, DocumentView, Moment], tuple[str, ...]]]] = {
    "cpv": _cpv,
    "buyers": _buyers,
    "value": _amounts,
    "published": _published,
    "open": _deadlines,
    "deadline": _deadlines,
}
