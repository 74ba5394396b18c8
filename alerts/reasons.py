"""Why a notice reached a person: the clauses of the profile that it answered, with the words found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from notices.model import Frozen
from search.port import MatchedClause

FOLLOWED = "followed"
"""Clause of a hit that comes because an earlier publication of its procedure matched."""


class Reason(Frozen):
    """One clause that was answered."""

    clause: str
    printed: str = ""
    words: tuple[str, ...] = ()
    field: str | None = None
    unknown: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is kept in a hit."""
        return self.model_dump(mode="json")


def of_match(clauses: Iterable[MatchedClause]) -> tuple[dict[str, Any], ...]:
    """The reasons of a match, as they are kept in a hit."""
    return tuple(
        Reason(
            clause=clause.name, printed=clause.printed, words=clause.words, field=clause.field, unknown=clause.unknown
        ).as_json()
        for clause in clauses
    )


def followed() -> tuple[dict[str, Any], ...]:
    """The reason of a hit that the query alone would not give."""
    return (Reason(clause=FOLLOWED).as_json(),)


def read(reasons: Iterable[dict[str, Any]]) -> tuple[Reason, ...]:
    """Reasons of a hit as models; keys of a later version are ignored, because a digest must still be built."""
    known = Reason.model_fields.keys()
    return tuple(Reason.model_validate({key: item[key] for key in known & item.keys()}) for item in reasons)
