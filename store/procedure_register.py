"""Procedures for an operator: look at one, make all anew, and decide which identifiers count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field
from sqlalchemy import Connection, select

from core.clock import now
from notices.model import Frozen
from store import procedure_decisions
from store.database import Database
from store.errors import StoreError
from store.procedure_decisions import BY_VIGIE, Decisions, IdentifierDecision, IdentifierVerdict
from store.procedure_identifiers import PROCEDURE_KEY, SCHEMES, Identifier
from store.procedure_members import Picture
from store.procedure_parts import take_apart
from store.procedure_rebuild import Progress, Rebuild, RebuildReport, Survey
from store.procedures import links_of
from store.records import ProcedureLink
from store.tables import notices, procedure_identifiers, procedures


class Tie(Frozen):
    """An identifier of a procedure and the notices that bring it."""

    scheme: str
    value: str
    notice_ids: tuple[str, ...]


class ProcedureView(Frozen):
    """A procedure with all that brought its notices together."""

    key: str
    notice_ids: tuple[str, ...] = Field(description="in the order in which they were stored")
    ties: tuple[Tie, ...] = Field(description="identifiers that count, those that most notices share first")
    links: tuple[ProcedureLink, ...]
    refused: tuple[IdentifierDecision, ...] = Field(description="what its notices say and does not count")


class ProcedureRegister:
    """What an operator does with procedures; every step is a short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rebuild(self, progress: Progress | None = None) -> RebuildReport:
        """Make all procedures anew from what the stored notices say; see `store.procedure_rebuild`."""
        return Rebuild(self._database, progress).run()

    def survey(self, progress: Progress | None = None) -> RebuildReport:
        """What a rebuild would do; nothing is written."""
        return Survey(self._database, progress).run()

    def show(self, name: str) -> ProcedureView | None:
        """The procedure of this key, or the one that the notice with this id is in."""
        with self._database.read() as connection:
            key = _key_of(connection, name)
            return None if key is None else _view(connection, key)

    def refuse(
        self, identifier: Identifier, *, reason: str, by: str, notice_id: str | None = None
    ) -> IdentifierDecision:
        """Say that an identifier ties nothing together, or not in what this one notice says, now and from now on.

        The procedure that it leads to is taken apart at once, unless it is so large that only a rebuild does that.
        """
        decision = _decision(identifier, IdentifierVerdict.REFUSED, reason, by, notice_id)
        identifier = decision.identifier
        with self._database.write() as connection:
            self._database.lock(connection, "procedures")
            key = _led_to(connection, identifier)
            if notice_id is not None and (key := _key_of_notice(connection, notice_id)) is None:
                raise StoreError(f"There is no notice {notice_id} in the store.")
            procedure_decisions.write(self._database, connection, decision)
            if key is not None:
                decisions = Decisions(procedure_decisions.load(connection))
                take_apart(self._database, connection, key, decision.decided_at, decisions)
        return decision

    def allow(self, identifier: Identifier, *, reason: str, by: str) -> IdentifierDecision:
        """Say that an identifier counts, however many notices share it; the next rebuild joins what brings it."""
        decision = _decision(identifier, IdentifierVerdict.ALLOWED, reason, by, None)
        identifier = decision.identifier
        with self._database.write() as connection:
            self._database.lock(connection, "procedures")
            for earlier in procedure_decisions.load(connection):
                if earlier.identifier == identifier:
                    procedure_decisions.forget(connection, earlier)
            procedure_decisions.write(self._database, connection, decision)
        return decision

    def decisions(self) -> list[IdentifierDecision]:
        """Every decision that holds, oldest first."""
        with self._database.read() as connection:
            return procedure_decisions.load(connection)

    def undecided(self) -> list[IdentifierDecision]:
        """Identifiers that the limit set aside and nobody has looked at since."""
        return [one for one in self.decisions() if one.by == BY_VIGIE]


def _decision(
    identifier: Identifier, verdict: IdentifierVerdict, reason: str, by: str, notice_id: str | None
) -> IdentifierDecision:
    if not reason.strip() or not by.strip() or by == BY_VIGIE:
        raise StoreError("A decision about an identifier needs a reason and the name of who took it.")
    if identifier.scheme not in SCHEMES:
        raise StoreError(f"There is no scheme {identifier.scheme}; there are: {', '.join(SCHEMES)}.")
    lower = identifier.scheme.startswith("eforms-")  # UUIDs, which are compared in lower case
    return IdentifierDecision(
        scheme=identifier.scheme,
        value=identifier.value.lower() if lower else identifier.value,
        notice_id=notice_id,
        verdict=verdict,
        reason=reason,
        by=by,
        decided_at=now(),
    )


def _led_to(connection: Connection, identifier: Identifier) -> str | None:
    table = procedure_identifiers.c
    statement = select(table.procedure_key).where(table.scheme == identifier.scheme, table.value == identifier.value)
    return connection.scalar(statement)


def _key_of_notice(connection: Connection, notice_id: str) -> str | None:
    return connection.scalar(select(notices.c.procedure_key).where(notices.c.id == notice_id))


def _key_of(connection: Connection, name: str) -> str | None:
    own = connection.scalar(select(procedures.c.key).where(procedures.c.key == name))
    return own or _key_of_notice(connection, name) or _led_to(connection, Identifier(PROCEDURE_KEY, name))


def _view(connection: Connection, key: str) -> ProcedureView:
    picture = Picture(key)
    picture.refresh(connection)
    made = procedure_decisions.load(connection)
    decisions = Decisions(made)
    by_age = sorted(picture.members.values(), key=lambda one: (one.first_seen_at, one.notice_id))
    counted = {one.notice_id: decisions.counted(one.notice_id, one.brought) for one in by_age}
    said = {identifier for one in by_age for identifier in one.brought}
    refused = [one for one in made if one.verdict is IdentifierVerdict.REFUSED and one.identifier in said]
    return ProcedureView(
        key=key,
        notice_ids=tuple(counted),
        ties=_ties(counted),
        links=tuple(links_of(connection, key)),
        refused=tuple(one for one in refused if one.notice_id is None or one.notice_id in counted),
    )


def _ties(counted: Mapping[str, Sequence[Identifier]]) -> tuple[Tie, ...]:
    by_identifier: dict[Identifier, list[str]] = {}
    for notice_id, identifiers in counted.items():
        for identifier in identifiers:
            by_identifier.setdefault(identifier, []).append(notice_id)
    found = [Tie(scheme=one.scheme, value=one.value, notice_ids=tuple(ids)) for one, ids in by_identifier.items()]
    return tuple(sorted(found, key=lambda tie: (-len(tie.notice_ids), tie.scheme, tie.value)))
