"""Titles and excerpts in which the original words that matched are marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from search import analysis
from search.document import IndexDocument, Piece
from search.plan import AllOf, AnyOf, Condition, HasPhrase, HasPrefix, PlannedClause
from search.port import Excerpt

EXCERPT_LENGTH = 240
"""Characters of an excerpt, about."""
TITLE_LENGTH = 1000
_PREFERRED = ("fr", "en", "nl", "de")


class Marker:
    """Marks the words of one query."""

    def __init__(self, clauses: Sequence[PlannedClause]) -> None:
        self._terms: set[str] = set()
        self._phrases: set[tuple[str, ...]] = set()
        self._starts: list[str] = []
        for clause in clauses:
            if clause.name == "text":
                self._collect(clause.known)

    def _collect(self, condition: Condition) -> None:
        match condition:
            case HasPhrase(alternatives):
                self._terms |= {phrase[0] for phrase in alternatives if len(phrase) == 1}
                self._phrases |= {phrase for phrase in alternatives if len(phrase) > 1}
            case HasPrefix(start):
                self._starts.append(start)
            case AllOf(parts) | AnyOf(parts):
                for part in parts:
                    self._collect(part)
            case _:  # what is excluded is not marked
                return

    def spans(self, piece: Piece) -> list[tuple[int, int]]:
        """Where words of the query stand in a text, in order and apart."""
        if not (self._terms or self._phrases or self._starts):
            return []
        located = list(analysis.located_terms(piece.text, piece.language))
        found = {(start, end) for term, start, end in located if term in self._terms}
        if self._starts:
            starts = tuple(self._starts)
            found |= {
                (token.start, token.end) for token in analysis.tokens(piece.text) if token.text.startswith(starts)
            }
        for phrase in self._phrases:
            found |= _phrase_spans(located, phrase)
        return _apart(found)

    def highlights(self, document: IndexDocument, language: str) -> dict[str, Excerpt]:
        """The title in the best language, and the passage of the notice that says most of what was asked."""
        found: dict[str, Excerpt] = {}
        title = _title(document, language)
        if title is not None:
            found["title"] = _excerpt(title, self.spans(title), TITLE_LENGTH)
        best = self._best_piece(document, title)
        if best is not None:
            found["excerpt"] = _excerpt(*best, EXCERPT_LENGTH)
        return found

    def _best_piece(self, document: IndexDocument, title: Piece | None) -> tuple[Piece, list[tuple[int, int]]] | None:
        candidates = [(piece, self.spans(piece)) for piece in document.pieces if piece is not title]
        marked = [(piece, spans) for piece, spans in candidates if spans]
        if marked:
            return max(marked, key=lambda pair: len({pair[0].text[a:b].lower() for a, b in pair[1]}))
        return next(((piece, []) for piece, _ in candidates if piece.field == "description"), None)


def _title(document: IndexDocument, language: str) -> Piece | None:
    titles = {piece.language: piece for piece in reversed(document.pieces) if piece.field == "title"}
    preferred = next((code for code in (language, *_PREFERRED) if code in titles), None)
    if preferred is not None:
        return titles[preferred]
    return next((piece for piece in document.pieces if piece.field == "title"), None)


def _phrase_spans(located: list[tuple[str, int, int]], phrase: tuple[str, ...]) -> set[tuple[int, int]]:
    terms = [term for term, _, _ in located]
    length = len(phrase)
    starts = (n for n in range(len(terms) - length + 1) if tuple(terms[n : n + length]) == phrase)
    return {(located[n][1], located[n + length - 1][2]) for n in starts}


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order; those that overlap become one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _excerpt(piece: Piece, spans: list[tuple[int, int]], length: int) -> Excerpt:
    start, end = _window(piece.text, spans, length)
    parts: list[tuple[str, bool]] = []
    at = start
    for left, right in spans:
        if left < start or right > end:
            continue
        parts += [(piece.text[at:left], False), (piece.text[left:right], True)]
        at = right
    parts.append((piece.text[at:end], False))
    cut = start > 0 or end < len(piece.text)
    return Excerpt(field=piece.field, language=piece.language, parts=tuple(p for p in parts if p[0]), cut=cut)


def _window(text: str, spans: list[tuple[int, int]], length: int) -> tuple[int, int]:
    """About `length` characters around the first mark, from a space to a space."""
    if len(text) <= length:
        return 0, len(text)
    first = spans[0] if spans else (0, 0)
    start = max(0, first[0] - length // 4)
    if start:
        space = text.find(" ", start, first[0])
        start = start if space < 0 else space + 1
    end = min(len(text), max(start + length, first[1]))
    if end < len(text):
        space = text.rfind(" ", first[1], end)
        end = end if space < 0 else space
    return start, end
