"""Where profiles hang: under the clauses that many share, then under the one that is likely the rarest.

A group of profiles with the same shared clauses (open calls in one province, say) is passed over as a whole when one of
these does not hold. Within a group only the anchors of which the document has a fact or term are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import inf
from typing import Final

from search.clause_table import ClauseTable
from search.rarity import Rarity

_SHARED: Final = frozenset({"open", "kinds", "portals", "countries"})
"""Clauses that most profiles have in one of a few spellings; each combination is one group."""
_POPULAR: Final = 50
"""Profiles with the same places from which on these make groups too; fewer would make groups of very few profiles."""
_NONE: Final = -1
"""Anchor of the profiles in which no clause needs a fact or term of the document."""


Rest = tuple[int, ...]
"""Clauses of a profile besides those of its group and its anchor."""


class Leaf:
    """Profiles with the same clauses."""

    __slots__ = ("path", "profiles", "rest")

    def __init__(self, path: tuple[int, ...], rest: Rest) -> None:
        self.path = path
        self.rest = rest
        self.profiles: dict[str, None] = {}


class _Group:
    """Profiles with the same shared clauses, by anchor. The anchors stand in a set too, which meets another fastest."""

    __slots__ = ("anchors", "leaves")

    def __init__(self) -> None:
        self.anchors: set[int] = set()
        self.leaves: dict[int, dict[Rest, Leaf]] = {}

    def add(self, anchor: int, rest: Rest, path: tuple[int, ...], profile_id: str) -> None:
        self.anchors.add(anchor)
        leaves = self.leaves.setdefault(anchor, {})
        if rest not in leaves:
            leaves[rest] = Leaf(path, rest)
        leaves[rest].profiles[profile_id] = None

    def remove(self, anchor: int, rest: Rest, profile_id: str) -> None:
        leaves = self.leaves[anchor]
        del leaves[rest].profiles[profile_id]
        if not leaves[rest].profiles:
            del leaves[rest]
        if not leaves:
            del self.leaves[anchor]
            self.anchors.remove(anchor)

    def satisfied(self, verdicts: Mapping[int, bool], reached: AbstractSet[int]) -> Iterator[Leaf]:
        anchors = [anchor for anchor in self.anchors & reached if verdicts[anchor]]
        if _NONE in self.anchors:
            anchors.append(_NONE)
        for anchor in anchors:
            for leaf in self.leaves[anchor].values():
                for number in leaf.rest:
                    if not verdicts[number]:
                        break
                else:
                    yield leaf


class Anchors:
    """Finds the profiles of which a document satisfies every clause, looking at few others."""

    def __init__(self, clauses: ClauseTable) -> None:
        self._clauses = clauses
        self._places: dict[str, tuple[tuple[int, ...], int, Rest]] = {}
        self._groups: dict[tuple[int, ...], _Group] = {}

    def hang(self, profile_id: str, numbers: Sequence[int], rarity: Rarity) -> None:
        """Add a profile with these clauses."""
        shared = tuple(sorted((number for number in numbers if self._is_shared(number)), key=self._few_spellings_first))
        others = self._rarest_first((number for number in numbers if number not in shared), rarity)
        anchor = next((number for number in others if self._clauses.keys[number] is not None), _NONE)
        rest = tuple(number for number in others if number != anchor)
        self._places[profile_id] = shared, anchor, rest
        if shared not in self._groups:
            self._groups[shared] = _Group()
        self._groups[shared].add(anchor, rest, tuple(numbers), profile_id)

    def unhang(self, profile_id: str) -> None:
        """Remove a profile."""
        shared, anchor, rest = self._places.pop(profile_id)
        self._groups[shared].remove(anchor, rest, profile_id)
        if not self._groups[shared].anchors:
            del self._groups[shared]

    def choose_anew(self, profiles: Mapping[str, Sequence[int]], rarity: Rarity) -> None:
        """Hang every profile again, with what is known now of how rare facts and terms are."""
        self._places.clear()
        self._groups.clear()
        for profile_id, numbers in profiles.items():
            self.hang(profile_id, numbers, rarity)

    def satisfied(self, verdicts: Mapping[int, bool], reached: Callable[[], AbstractSet[int]]) -> Iterator[Leaf]:
        """The leaves of which every clause holds. `reached` gives the clauses of which the document has a key.

        A notice that is no open call ends here for all profiles that want one, without a look at its texts.
        """
        for shared, group in self._groups.items():
            for number in shared:
                if not verdicts[number]:
                    break
            else:
                yield from group.satisfied(verdicts, reached())

    def _is_shared(self, number: int) -> bool:
        clause = self._clauses.clauses[number]
        if clause is None:
            return False
        return clause.name in _SHARED or (clause.name == "places" and self._clauses.users[number] >= _POPULAR)

    def _few_spellings_first(self, number: int) -> tuple[bool, int]:
        clause = self._clauses.clauses[number]
        return clause is None or clause.name not in _SHARED, number

    def _rarest_first(self, numbers: Iterable[int], rarity: Rarity) -> list[int]:
        """In the order in which they are likely to fail; last those that need no fact or term of the document."""
        return [number for _, number in sorted((self._share(number, rarity), number) for number in numbers)]

    def _share(self, number: int, rarity: Rarity) -> float:
        keys = self._clauses.keys[number]
        return inf if keys is None else sum(map(rarity.of, keys))
