"""Where profiles hang: under the clauses that many share, then under the one that is likely the rarest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from search.clause_table import ClauseTable
from search.rarity import Rarity

_SHARED: Final = frozenset({"open", "kinds", "portals", "countries"})
"""Clauses that most profiles have in one of a few spellings; each combination is one group."""
_NONE: Final = -1
"""Anchor of the profiles in which no clause needs a fact or term of the document."""

Path = tuple[tuple[int, ...], int, tuple[int, ...]]
"""Clauses of the group, the anchor, and the other clauses."""


class Leaf:
    """Profiles with the same clauses."""

    __slots__ = ("path", "profiles", "rest")

    def __init__(self, path: tuple[int, ...], rest: tuple[int, ...]) -> None:
        self.path = path
        self.rest = rest
        self.profiles: dict[str, None] = {}


class Anchors:
    """Finds the profiles of which a document satisfies every clause, looking at few others."""

    def __init__(self, clauses: ClauseTable) -> None:
        self._clauses = clauses
        self._paths: dict[str, Path] = {}
        self._groups: dict[tuple[int, ...], dict[int, dict[tuple[int, ...], Leaf]]] = {}

    def hang(self, profile_id: str, numbers: Sequence[int], rarity: Rarity) -> None:
        """Add a profile with these clauses."""
        shared = tuple(sorted(number for number in numbers if self._is_shared(number)))
        others = sorted(number for number in numbers if number not in shared)
        anchor = self._rarest(others, rarity)
        rest = tuple(number for number in others if number != anchor)
        self._paths[profile_id] = shared, anchor, rest
        leaves = self._groups.setdefault(shared, {}).setdefault(anchor, {})
        if rest not in leaves:
            leaves[rest] = Leaf(tuple(numbers), rest)
        leaves[rest].profiles[profile_id] = None

    def unhang(self, profile_id: str) -> None:
        """Remove a profile."""
        shared, anchor, rest = self._paths.pop(profile_id)
        group = self._groups[shared]
        del group[anchor][rest].profiles[profile_id]
        if not group[anchor][rest].profiles:
            del group[anchor][rest]
        if not group[anchor]:
            del group[anchor]
        if not group:
            del self._groups[shared]

    def choose_anew(self, profiles: Mapping[str, Sequence[int]], rarity: Rarity) -> None:
        """Hang every profile again, with what is known now of how rare facts and terms are."""
        self._paths.clear()
        self._groups.clear()
        for profile_id, numbers in profiles.items():
            self.hang(profile_id, numbers, rarity)

    def satisfied(self, verdicts: Mapping[int, bool], reached: Callable[[], AbstractSet[int]]) -> Iterator[Leaf]:
        """The leaves of which every clause holds. `reached` gives the clauses of which the document has a key.

        A notice that is no open call ends here for all profiles that want one, without a look at its texts.
        """
        for shared, group in self._groups.items():
            if not all(verdicts[number] for number in shared):
                continue
            anchors = [anchor for anchor in group.keys() & reached() if verdicts[anchor]]
            if _NONE in group:
                anchors.append(_NONE)
            for anchor in anchors:
                for leaf in group[anchor].values():
                    for number in leaf.rest:
                        if not verdicts[number]:
                            break
                    else:
                        yield leaf

    def _is_shared(self, number: int) -> bool:
        clause = self._clauses.clauses[number]
        return clause is not None and clause.name in _SHARED

    def _rarest(self, numbers: Iterable[int], rarity: Rarity) -> int:
        best, lowest = _NONE, 0.0
        for number in numbers:
            keys = self._clauses.keys[number]
            if keys is None:
                continue
            share = sum(map(rarity.of, keys))
            if best == _NONE or share < lowest:
                best, lowest = number, share
        return best
