"""Where profiles hang: under the clauses that many share, then under the one that is likely the rarest.

A group of profiles with the same shared clauses (open calls in one province, say) is passed over as a whole when one of
these does not hold. Within a group only the anchors that hold are looked at. Both are found by meeting two sets.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from math import inf
from typing import Final

from search.clause_table import ClauseTable
from search.rarity import Rarity

_SHARED: Final = frozenset({"open", "kinds", "portals", "countries"})
"""Clauses that most profiles have in one of a few spellings; each combination is one group."""
_POPULAR: Final = 50
"""Profiles with the same places from which on these make groups too; fewer would make groups of very few profiles."""
NO_CLAUSE: Final = -1
"""Stands for the place or the anchor of the profiles that have none; holds for every document."""

Numbers = tuple[int, ...]
"""Clauses by their numbers in the table."""


class Leaf(list[str]):
    """The profiles with the same clauses, and the spot where they hang.

    A list and not a set or a dictionary: nearly all have one profile, and what is small is read fast.
    """

    __slots__ = ("anchor", "clauses", "place", "rest", "shared")

    def __init__(self, clauses: Numbers) -> None:
        super().__init__()
        self.clauses = clauses
        self.shared: Numbers = ()
        self.place = self.anchor = NO_CLAUSE
        self.rest: Numbers = ()


class _Group:
    """Leaves with the same shared clauses and place, by anchor. Two sets meet faster than a dictionary and a set."""

    __slots__ = ("anchors", "leaves")

    def __init__(self) -> None:
        self.anchors: set[int] = set()
        self.leaves: dict[int, list[Leaf]] = {}

    def add(self, leaf: Leaf) -> None:
        self.anchors.add(leaf.anchor)
        self.leaves.setdefault(leaf.anchor, []).append(leaf)

    def remove(self, leaf: Leaf) -> None:
        left = [other for other in self.leaves[leaf.anchor] if other is not leaf]
        if left:
            self.leaves[leaf.anchor] = left
        else:
            del self.leaves[leaf.anchor]
            self.anchors.remove(leaf.anchor)

    def satisfied(self, held: AbstractSet[int], verdict: Callable[[int], bool]) -> list[Leaf]:
        return [
            leaf
            for anchor in self.anchors & held
            for leaf in self.leaves[anchor]
            if not leaf.rest or all(map(verdict, leaf.rest))
        ]


class Anchors:
    """Finds the profiles of which a document satisfies every clause, looking at few others."""

    def __init__(self, clauses: ClauseTable) -> None:
        self._clauses = clauses
        self._leaves: dict[Numbers, Leaf] = {}
        self._groups: dict[Numbers, dict[int, _Group]] = {}

    def hang(self, profile_id: str, numbers: Numbers, rarity: Rarity) -> None:
        """Add a profile with these clauses."""
        leaf = self._leaves.get(numbers)
        if leaf is None:
            leaf = self._leaves[numbers] = Leaf(numbers)
            self._hang(leaf, lambda number: self._share(number, rarity))
        leaf.append(profile_id)

    def unhang(self, profile_id: str, numbers: Numbers) -> None:
        """Remove a profile with these clauses."""
        leaf = self._leaves[numbers]
        leaf.remove(profile_id)
        if leaf:
            return
        del self._leaves[numbers]
        groups = self._groups[leaf.shared]
        groups[leaf.place].remove(leaf)
        if not groups[leaf.place].anchors:
            del groups[leaf.place]
        if not groups:
            del self._groups[leaf.shared]

    def choose_anew(self, rarity: Rarity) -> None:
        """Hang every profile again, with what is known now of how rare facts and terms are."""
        self._groups.clear()
        shares = [self._share(number, rarity) for number in range(len(self._clauses.keys))]
        for leaf in self._leaves.values():
            self._hang(leaf, shares.__getitem__)

    def satisfied(self, held: Callable[[], AbstractSet[int]], verdict: Callable[[int], bool]) -> list[Leaf]:
        """The leaves of which every clause holds.

        `held` gives the clauses with keys that hold, and `NO_CLAUSE`. It is not asked for a document that satisfies no
        group's shared clauses: a notice that is no open call ends here for all profiles that want one, unread.
        """
        found: list[Leaf] = []
        for shared, groups in self._groups.items():
            if all(map(verdict, shared)):
                for place in groups.keys() & held():
                    found += groups[place].satisfied(held(), verdict)
        return found

    def _hang(self, leaf: Leaf, share: Callable[[int], float]) -> None:
        self._choose_spot(leaf, share)
        groups = self._groups.setdefault(leaf.shared, {})
        if leaf.place not in groups:
            groups[leaf.place] = _Group()
        groups[leaf.place].add(leaf)

    def _choose_spot(self, leaf: Leaf, share: Callable[[int], float]) -> None:
        leaf.shared = tuple(sorted(number for number in leaf.clauses if self._is_shared(number)))
        leaf.place = next((number for number in leaf.clauses if self._is_popular_place(number)), NO_CLAUSE)
        settled = {*leaf.shared, leaf.place}
        # In the order in which they are likely to fail; last those that need no fact or term of the document.
        others = sorted((number for number in leaf.clauses if number not in settled), key=share)
        has_anchor = bool(others) and self._clauses.keys[others[0]] is not None
        leaf.anchor = others.pop(0) if has_anchor else NO_CLAUSE
        leaf.rest = tuple(others)

    def _is_shared(self, number: int) -> bool:
        clause = self._clauses.clauses[number]
        return clause is not None and clause.name in _SHARED

    def _is_popular_place(self, number: int) -> bool:
        clause, table = self._clauses.clauses[number], self._clauses
        return (
            clause is not None
            and clause.name == "places"
            and table.users[number] >= _POPULAR
            and table.keys[number] is not None
        )

    def _share(self, number: int, rarity: Rarity) -> float:
        keys = self._clauses.keys[number]
        return inf if keys is None else sum(map(rarity.of, keys))
