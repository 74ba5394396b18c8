"""Conditions judged on one document in memory, with the evidence. Shares no code with a search engine."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property

from search import analysis, places
from search.document import IndexDocument
from search.plan import (
    AllOf,
    Always,
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

Found = list[tuple[int, tuple[str, ...]]]
"""Pieces with words in them, as printed."""


class DocumentView:
    """A document prepared for many questions."""

    def __init__(self, document: IndexDocument) -> None:
        self.document = document
        self.facts = frozenset(document.facts)
        self.pieces = document.pieces
        self._spellings: dict[int, dict[str, dict[str, None]]] = {}
        self._leaves: dict[str, tuple[str, ...]] = {}
        self._codes: dict[frozenset[str], tuple[str, ...]] = {}
        self._places: dict[frozenset[str], tuple[tuple[str, ...], str]] = {}
        self._phrases: dict[tuple[tuple[str, ...], ...], Found] = {}

    @cached_property
    def _read(self) -> list[analysis.Reading]:
        return [analysis.read(piece.text, piece.language) for piece in self.pieces]

    @cached_property
    def piece_terms(self) -> list[list[str]]:
        """The terms of each piece, in order."""
        return [reading.terms for reading in self._read]

    @cached_property
    def terms(self) -> dict[str, int]:
        """Every term with the first piece that has it."""
        first: dict[str, int] = {}
        for place in range(len(self.piece_terms) - 1, -1, -1):
            first.update(dict.fromkeys(self.piece_terms[place], place))
        return first

    @cached_property
    def words(self) -> list[str]:
        """Every folded word once, sorted."""
        return sorted(set().union(*(reading.words for reading in self._read)))

    def numbers(self, number: Number) -> Sequence[int]:
        """The values of one number."""
        document = self.document
        if number is Number.DEADLINE:
            return document.deadlines
        if number is Number.DEADLINE_DAY:
            return document.deadline_days
        if number is Number.AMOUNT:
            return document.amounts
        return () if document.published_day is None else (document.published_day,)

    def piece_with(self, phrase: tuple[str, ...]) -> int | None:
        """The first piece in which these terms stand beside each other, in this order."""
        first = self.terms.get(phrase[0])
        if first is None or len(phrase) == 1:
            return first
        if any(term not in self.terms for term in phrase):
            return None
        return next((n for n in range(first, len(self.pieces)) if _beside(self.piece_terms[n], phrase)), None)

    def spellings(self, number: int, phrase: tuple[str, ...]) -> tuple[str, ...]:
        """The words of a piece, as printed, that stand for these terms; each spelling once."""
        if len(phrase) == 1:
            return tuple(self._printed(number).get(phrase[0], ()))
        return self._printed_phrase(number, phrase)

    def beginning_with(self, start: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The words that begin so, as printed, with the first piece that has each."""
        words = self.words
        place = bisect_left(words, start)
        while place < len(words) and words[place].startswith(start):
            yield self._printed_words[words[place]]
            place += 1

    @cached_property
    def _printed_words(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        found: dict[str, tuple[int, tuple[str, ...]]] = {}
        for number, reading in enumerate(self._read):
            for word, printed in zip(reading.words, reading.printed, strict=True):
                if word not in found:
                    found[word] = number, (printed,)
        return found

    def _printed(self, number: int) -> dict[str, dict[str, None]]:
        """The spellings of every term of a piece; read once, as many profiles ask for the same piece."""
        known = self._spellings.get(number)
        if known is None:
            reading = self._read[number]
            known = self._spellings[number] = {}
            for term, printed in zip(reading.terms, reading.printed, strict=True):
                known.setdefault(term, {})[printed] = None
        return known

    def _printed_phrase(self, number: int, phrase: tuple[str, ...]) -> tuple[str, ...]:
        piece = self.pieces[number]
        located = list(analysis.located_terms(piece.text, piece.language))
        found = self.piece_terms[number]
        starts = (n for n in range(len(found)) if tuple(found[n : n + len(phrase)]) == phrase)
        spans = ((located[n][1], located[n + len(phrase) - 1][2]) for n in starts)
        return tuple(dict.fromkeys(piece.text[start:end] for start, end in spans))

    def codes_within(self, branches: frozenset[str]) -> tuple[str, ...]:
        """The complete CPV codes in any of these branches; branches are facts such as `cpv=45`."""
        known = self._codes.get(branches)
        if known is None:
            starts = tuple(branches)
            codes = (fact for fact in self.document.facts if len(fact) == 12 and fact.startswith(starts))
            known = self._codes[branches] = tuple(code.removeprefix("cpv=") for code in codes)
        return known

    def places_within(self, regions: frozenset[str]) -> tuple[tuple[str, ...], str]:
        """The places in these regions as the notice states them, and whether as place of performance, seat or both.

        Regions are facts such as `performance=BE2`.
        """
        known = self._places.get(regions)
        if known is None:
            codes: dict[str, None] = {}
            sides: dict[str, None] = {}
            for side, _, code in (region.partition("=") for region in sorted(regions)):
                sides[side] = None
                stated = (leaf for leaf in self._stated(side) if leaf == code or code in places.above(leaf))
                codes.update(dict.fromkeys(stated))
            known = self._places[regions] = tuple(codes), "+".join(sides)
        return known

    def _stated(self, side: str) -> tuple[str, ...]:
        known = self._leaves.get(side)
        if known is None:
            start = f"{side}.leaf="
            known = tuple(fact.removeprefix(start) for fact in self.document.facts if fact.startswith(start))
            self._leaves[side] = known
        return known

    def found(self, phrase: HasPhrase) -> Found:
        """Where a phrase stands, and as what; looked up once, as many clauses of many profiles ask for it."""
        known = self._phrases.get(phrase.alternatives)
        if known is None:
            known = self._phrases[phrase.alternatives] = [
                (piece, self.spellings(piece, terms))
                for terms in phrase.alternatives
                if terms[0] in self.terms and (piece := self.piece_with(terms)) is not None
            ]
        return known

    def has_prefix(self, start: str) -> bool:
        """Whether a word begins so."""
        place = bisect_left(self.words, start)
        return place < len(self.words) and self.words[place].startswith(start)


def holds(condition: Condition, view: DocumentView, moment: Moment) -> bool:
    """Whether the document satisfies the condition."""
    match condition:
        case AnyFact(facts):
            return not view.facts.isdisjoint(facts)
        case HasPhrase(alternatives):
            terms = view.terms
            return any(phrase[0] in terms and view.piece_with(phrase) is not None for phrase in alternatives)
        case AllOf(parts):
            return all(holds(part, view, moment) for part in parts)
        case AnyOf(parts):
            return any(holds(part, view, moment) for part in parts)
        case NoneOf(inner):
            return not holds(inner, view, moment)
        case HasPrefix(start):
            return view.has_prefix(start)
        case Between():
            low, high = moment.bounds(condition)
            return any(_within(value, low, high) for value in view.numbers(condition.number))
        case Always():
            return True


def kept(clause: PlannedClause, view: DocumentView, moment: Moment) -> bool:
    """Whether the clause keeps the document only because it does not say."""
    if clause.unknown is None or not clause.keeps_unknown:
        return False
    return holds(clause.unknown, view, moment) and not holds(clause.known, view, moment)


def satisfied(clause: PlannedClause, view: DocumentView, moment: Moment) -> bool:
    """Whether the document satisfies the clause, by what it says or by what it does not say."""
    if holds(clause.known, view, moment):
        return True
    return clause.unknown is not None and clause.keeps_unknown and holds(clause.unknown, view, moment)


def words_found(condition: Condition, view: DocumentView, moment: Moment) -> Found:
    """The words by which a text condition that holds does so."""
    found: Found = []
    _add_words(condition, view, moment, found)
    return found


def _add_words(condition: Condition, view: DocumentView, moment: Moment, found: Found) -> None:
    match condition:
        case HasPhrase():
            found += view.found(condition)
        case AnyOf(parts):
            for part in parts:
                if isinstance(part, HasPhrase):
                    found += view.found(part)
                elif not isinstance(part, AllOf) or holds(part, view, moment):
                    _add_words(part, view, moment, found)
        case AllOf(parts):
            for part in parts:
                _add_words(part, view, moment, found)
        case HasPrefix(start):
            found += view.beginning_with(start)
        case _:
            return


def _beside(terms: list[str], phrase: tuple[str, ...]) -> bool:
    length, at = len(phrase), -1
    try:
        while True:
            at = terms.index(phrase[0], at + 1)
            if tuple(terms[at : at + length]) == phrase:
                return True
    except ValueError:
        return False


def _within(value: int, low: int | None, high: int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
