"""A small index for one purpose, of the same engine as the one that searches use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from search.document import IndexDocument
from search.query import NoticeQuery


class Scratch(Protocol):
    """Exists inside one block and is removed at its end. Every method raises `IndexUnavailable`."""

    def add(self, documents: Sequence[IndexDocument]) -> None:
        """Found from now on."""

    def ids(self, query: NoticeQuery, now: datetime) -> set[str]:
        """All notices that a search finds."""
