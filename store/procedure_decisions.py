"""Identifiers that tie nothing together: set aside by an operator, or because too many notices print them.

A decision outlives crawls, replays and rebuilds; it is kept in `store.meta`, one key per decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import AwareDatetime, Field
from sqlalchemy import Connection, delete, select

from notices.model import Frozen
from store.database import Database
from store.procedure_identifiers import PROCEDURE_KEY, Identifier, own_key
from store.tables import meta

MOST_NOTICES = 200
"""Notices that may share one identifier before it is set aside.

A tender on three portals with corrections, results per lot and modifications stays well below; a number that a portal
prints on every page is above within a day. A dynamic purchasing system that really has more is allowed by its operator.
"""
BY_VIGIE = "vigie"
_PREFIX = "procedure-decision:"


class IdentifierVerdict(StrEnum):
    """What was decided about an identifier."""

    REFUSED = "refused"  # it ties nothing together
    ALLOWED = "allowed"  # it counts, however many notices share it


class IdentifierDecision(Frozen):
    """A decision about an identifier, wherever it is printed or in what one notice says."""

    scheme: str
    value: str
    notice_id: str | None = Field(default=None, description="refused only in what this notice says")
    verdict: IdentifierVerdict
    reason: str
    by: str = Field(description="who decided; `vigie` where the limit did")
    decided_at: AwareDatetime

    @property
    def identifier(self) -> Identifier:
        """The identifier it is about."""
        return Identifier(self.scheme, self.value)


class Decisions:
    """All decisions that hold."""

    def __init__(self, made: Iterable[IdentifierDecision]) -> None:
        made = list(made)
        refused = [one for one in made if one.verdict is IdentifierVerdict.REFUSED]
        self._everywhere = {one.identifier for one in refused if one.notice_id is None}
        self._of_notice = {(one.identifier, one.notice_id) for one in refused if one.notice_id is not None}
        self._allowed = {one.identifier for one in made if one.verdict is IdentifierVerdict.ALLOWED}

    def counted(self, notice_id: str, brought: Sequence[Identifier]) -> tuple[Identifier, ...]:
        """What of the identifiers of a notice counts; one whose procedure key is refused has its own id for it."""
        kept = [one for one in brought if not self._refuses(one, notice_id)]
        if not any(one.scheme == PROCEDURE_KEY for one in kept) and not self._refuses(own_key(notice_id), notice_id):
            kept.insert(0, own_key(notice_id))
        return tuple(kept)

    def allows(self, identifier: Identifier) -> bool:
        """Whether the limit does not hold for it."""
        return identifier in self._allowed

    def _refuses(self, identifier: Identifier, notice_id: str) -> bool:
        return identifier in self._everywhere or (identifier, notice_id) in self._of_notice


def load(connection: Connection) -> list[IdentifierDecision]:
    """Every decision, oldest first."""
    rows = connection.scalars(select(meta.c.value).where(meta.c.key.startswith(_PREFIX, autoescape=True)))
    return sorted(map(IdentifierDecision.model_validate_json, rows), key=lambda one: (one.decided_at, one.identifier))


def write(database: Database, connection: Connection, decision: IdentifierDecision) -> None:
    """Keep a decision, over an earlier one about the same."""
    value = decision.model_dump_json()
    statement = database.insert(meta).values(key=_key(decision), value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def forget(connection: Connection, decision: IdentifierDecision) -> None:
    """Take a decision back."""
    connection.execute(delete(meta).where(meta.c.key == _key(decision)))


def _key(decision: IdentifierDecision) -> str:
    about = "\n".join((decision.scheme, decision.value, decision.notice_id or ""))
    return _PREFIX + hashlib.sha256(about.encode()).hexdigest()
