"""A result as every engine tells it: which words are marked and why it matched, read from the document itself."""

from __future__ import annotations

from search.document import IndexDocument
from search.evaluate import DocumentView
from search.highlight import Marker
from search.plan import Moment, PlannedClause
from search.port import SearchHit
from search.reasons import reasons


class Teller:
    """Tells the results of one query."""

    def __init__(
        self, clauses: tuple[PlannedClause, ...], moment: Moment, *, language: str, highlight: bool = True
    ) -> None:
        self._clauses = clauses
        self._moment = moment
        self._language = language
        self._marker = Marker(clauses) if highlight else None

    def hit(self, document: IndexDocument, score: float | None) -> SearchHit:
        """One result."""
        return SearchHit(
            notice_id=document.id,
            score=score,
            highlights=self._marker.highlights(document, self._language) if self._marker else {},
            clauses=reasons(self._clauses, DocumentView(document), self._moment),
        )
