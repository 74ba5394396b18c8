"""Distinct clauses of many profiles, numbered, with the facts and terms that lead to each."""

from __future__ import annotations

from collections import Counter

from search.evaluate import DocumentView
from search.plan import AllOf, AnyFact, AnyOf, Condition, HasPhrase, HasPrefix, PlannedClause
from search.rarity import guess


class ClauseTable:
    """Distinct clauses by number, with how many profiles use each; numbers are used again."""

    def __init__(self) -> None:
        self.clauses: list[PlannedClause | None] = []
        self.keys: list[frozenset[str] | None] = []
        self.users: list[int] = []
        self.sure: set[int] = set()
        self._numbers: dict[PlannedClause, int] = {}
        self._free: list[int] = []
        self._by_key: dict[str, set[int]] = {}
        self._prefix_lengths: Counter[int] = Counter()

    def take(self, clause: PlannedClause) -> int:
        """The number of a clause, for one more user."""
        number = self._numbers.get(clause)
        if number is None:
            number = self._add(clause)
        self.users[number] += 1
        return number

    def give_back(self, number: int) -> None:
        """One user less; a clause without users is forgotten."""
        self.users[number] -= 1
        clause = self.clauses[number]
        if self.users[number] == 0 and clause is not None:
            self._unlead(number)
            del self._numbers[clause]
            self.clauses[number] = self.keys[number] = None
            self.sure.discard(number)
            self._free.append(number)

    def reached_by(self, view: DocumentView) -> set[int]:
        """The clauses of which this document has a key."""
        by_key = self._by_key
        known = by_key.keys()
        keys = (view.facts & known) | (view.terms.keys() & known)
        if self._prefix_lengths:
            lengths = tuple(self._prefix_lengths)
            keys |= known & {f"{word[:length]}*" for word in view.words for length in lengths}
        return set().union(*(by_key[key] for key in keys))

    def _add(self, clause: PlannedClause) -> int:
        number = self._free.pop() if self._free else self._grow()
        self.clauses[number], self.keys[number] = clause, clause_keys(clause)
        if is_sure(clause):
            self.sure.add(number)
        self._numbers[clause] = number
        for key in self.keys[number] or ():
            self._by_key.setdefault(key, set()).add(number)
            if _is_prefix(key):
                self._prefix_lengths[len(key) - 1] += 1
        return number

    def _grow(self) -> int:
        self.clauses.append(None)
        self.keys.append(None)
        self.users.append(0)
        return len(self.clauses) - 1

    def _unlead(self, number: int) -> None:
        for key in self.keys[number] or ():
            self._by_key[key].discard(number)
            if not self._by_key[key]:
                del self._by_key[key]
            if _is_prefix(key):
                self._prefix_lengths[len(key) - 1] -= 1
                self._prefix_lengths += Counter()  # drops lengths nobody uses


def clause_keys(clause: PlannedClause) -> frozenset[str] | None:
    """Facts, terms and prefixes of which a document must have at least one to satisfy the clause; None: no such set."""
    known = condition_keys(clause.known)
    if not clause.keeps_unknown or clause.unknown is None:
        return known
    unknown = condition_keys(clause.unknown)
    return None if known is None or unknown is None else known | unknown


def is_sure(clause: PlannedClause) -> bool:
    """Whether a document that has one of the clause's keys satisfies it for certain."""
    if clause.keeps_unknown and clause.unknown is not None and not _sure(clause.unknown):
        return False
    return _sure(clause.known)


def _sure(condition: Condition) -> bool:
    match condition:
        case AnyFact() | HasPrefix():
            return True
        case HasPhrase(alternatives):
            return all(len(phrase) == 1 for phrase in alternatives)
        case AnyOf(parts):
            return all(_sure(part) for part in parts)
        case _:
            return False


def condition_keys(condition: Condition) -> frozenset[str] | None:
    """As `clause_keys`, of one condition."""
    match condition:
        case AnyFact(facts):
            return frozenset(facts)
        case HasPhrase(alternatives):
            return frozenset(min(phrase, key=guess) for phrase in alternatives)
        case HasPrefix(start):
            return frozenset((f"{start}*",))
        case AllOf(parts):
            known = [keys for part in parts if (keys := condition_keys(part)) is not None]
            return min(known, key=lambda keys: sum(map(guess, keys)), default=None)
        case AnyOf(parts):
            every = [condition_keys(part) for part in parts]
            return None if None in every else frozenset(key for keys in every if keys for key in keys)
        case _:
            return None


def _is_prefix(key: str) -> bool:
    return key.endswith("*") and "=" not in key  # `place.leaf=*` is a fact
