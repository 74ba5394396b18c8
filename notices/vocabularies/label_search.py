"""Finds entries of a vocabulary by the words of their labels, for pickers in a form.

Not the search engine of notices: no stemming, every word typed must begin a word of the label (or occur in it, ranked
lower), without regard to case and accents.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from notices.values.text import fold

_LONGEST_QUERY: Final = 200


class LabelIndex:
    """Folded labels of one language. `entries` are (code, label) in the order in which equals are answered."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._entries: Sequence[tuple[str, str]] = [(code, f" {' '.join(words_of(label))} ") for code, label in entries]

    def find(self, words: str, limit: int) -> list[str]:
        """Codes whose label holds all `words`, at most `limit`: best match first, then short labels."""
        terms = words_of(words[:_LONGEST_QUERY])
        if not terms or limit < 1:
            return []
        found = []
        for position, (code, label) in enumerate(self._entries):
            if all(term in label for term in terms):
                found.append((_rank(label, terms), label.count(" "), position, code))
        return [code for *_, code in sorted(found)[:limit]]


def words_of(text: str) -> list[str]:
    """Runs of letters and digits, folded: `L'éclairage public` gives `l`, `eclairage`, `public`."""
    return "".join(char if char.isalnum() else " " for char in fold(text)).split()


def _rank(label: str, terms: Sequence[str]) -> int:
    """Lower is better: whole words before beginnings of words before parts of words."""
    cost = 0
    for term in terms:
        if f" {term} " in label:
            continue
        cost += 1 if f" {term}" in label else 3
    return cost
