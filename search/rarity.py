"""How often facts and terms occur in documents: guessed at first, then learnt from the documents seen."""

from __future__ import annotations

from collections import Counter
from typing import Final

from search.evaluate import DocumentView


class Rarity:
    """How often facts and terms occur, guessed at first and learnt from the documents seen."""

    _GUESS_WEIGHT: Final = 50
    _FIRST_LESSON: Final = 100
    _ENOUGH: Final = 1_000

    def __init__(self) -> None:
        self._seen = 0
        self._counts: Counter[str] = Counter()
        self._next_lesson = self._FIRST_LESSON

    def learn(self, view: DocumentView) -> None:
        """Count the facts and terms of a document, until enough were seen."""
        if self._seen >= self._ENOUGH:
            return
        self._seen += 1
        self._counts.update(view.facts)
        self._counts.update(view.terms.keys())

    def has_learnt_much(self) -> bool:
        """True once after the first hundred documents, and then whenever four times as many were seen."""
        if self._seen < self._next_lesson:
            return False
        self._next_lesson = self._seen * 4
        return True

    def of(self, key: str) -> float:
        """The share of documents that have a fact or term."""
        return (self._counts[key] + guess(key) * self._GUESS_WEIGHT) / (self._seen + self._GUESS_WEIGHT)


_GUESSES: Final = {"buyer.word": 0.02, "buyer.id": 0.001, "procedure": 0.2, "language": 0.5, "currency": 0.1}


def guess(key: str) -> float:
    """The share of documents that have a fact or term, before any document was seen."""
    name, equals, value = key.partition("=")
    if not equals:
        return 0.02 / max(1, len(key) - 6)  # long words are rare words
    if name == "cpv" and value != "?":
        return 0.5 * 0.3 ** (len(value) - 1)
    if name in ("performance", "seat") and value != "?":
        return 0.5 * 0.5 ** (len(value) - 2)
    return _GUESSES.get(name, 0.3)
