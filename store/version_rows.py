"""Reading and writing the rows of notice versions inside a transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Row, Select, bindparam, func, select, update

from notices.model import Notice
from notices.versions import FieldChange, difference
from store.columns import FreeText
from store.database import chunks
from store.errors import StoreError
from store.ordering import OrderKey, order_key
from store.tables import notice_versions, notices, version_payloads

_CHANGES = TypeAdapter(tuple[FieldChange, ...])


@dataclass(frozen=True)
class VersionHead:
    """A stored version without its notice."""

    notice_id: str
    number: int
    digest: str
    order: OrderKey


@dataclass(frozen=True)
class Current:
    """What is stored of a notice: its current version and the highest number given."""

    head: VersionHead
    last_number: int


_HEAD_COLUMNS = (
    notice_versions.c.notice_id,
    notice_versions.c.version,
    notice_versions.c.digest,
    notice_versions.c.published_at,
    notice_versions.c.notice_version,
)


def current_of(connection: Connection, notice_ids: Iterable[str]) -> dict[str, Current]:
    """The current versions of those notices that are stored."""
    found = {}
    is_current = (notice_versions.c.notice_id == notices.c.id) & (notice_versions.c.version == notices.c.version)
    statement = select(*_HEAD_COLUMNS, notices.c.last_version).join_from(notices, notice_versions, is_current)
    for ids in chunks(notice_ids):
        for row in connection.execute(statement.where(notices.c.id.in_(ids))):
            found[row.notice_id] = Current(head=_head(row), last_number=row.last_version)
    return found


def heads_of(connection: Connection, notice_id: str) -> list[VersionHead]:
    """All versions of a notice, the newest by order first; equals in the order of their arrival."""
    statement = select(*_HEAD_COLUMNS).where(notice_versions.c.notice_id == notice_id)
    heads = [_head(row) for row in connection.execute(statement)]
    return sorted(heads, key=lambda head: (head.order, head.number), reverse=True)


def versions_of_payloads(connection: Connection, payloads: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Which version was read from which archived bytes: (notice id, payload digest) to number."""
    wanted = set(payloads)
    found = {}
    table = version_payloads.c
    for ids in chunks(notice_id for notice_id, _digest in wanted):
        for row in connection.execute(select(version_payloads).where(table.notice_id.in_(ids))):
            if (row.notice_id, row.payload_digest) in wanted:
                found[(row.notice_id, row.payload_digest)] = row.version
    return found


def load_if_readable(connection: Connection, notice_id: str, number: int) -> Notice | None:
    """The notice of a version that must be there; None when it does not fit the model any more."""
    try:
        return Notice.model_validate_json(_text_of(connection, notice_id, number))
    except ValidationError:
        return None


def version_values(notice: Notice, digest: str, parser_version: str) -> dict[str, Any]:
    """The columns of a version that come from reading it."""
    return {
        "notice": notice.model_dump_json(exclude_defaults=True),
        "model_version": notice.model_version,
        "digest": digest,
        "published_at": notice.published_at,
        "notice_version": notice.notice_version,
        "parser_version": parser_version,
    }


def changes_json(changes: tuple[FieldChange, ...]) -> list[dict[str, Any]]:
    """Field changes as they are kept."""
    return [change.model_dump(mode="json") for change in changes]


def changes_of(value: list[dict[str, Any]]) -> tuple[FieldChange, ...]:
    """Field changes as they were kept."""
    return _CHANGES.validate_python(value)


def parsed(notice_id: str, text: str) -> Notice:
    """The notice a text holds."""
    try:
        return Notice.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StoreError(
            f"The stored notice {notice_id} does not fit the model any more ({place}: {first['msg']}); "
            "a replay of its archived payload repairs it."
        ) from error


def differences(connection: Connection, notice_id: str, number: int, notice: Notice) -> tuple[FieldChange, ...]:
    """What `notice` says otherwise than a stored version.

    A version that does not fit the model any more differs as a whole, so that it can be read again and replaced.
    """
    before = load_if_readable(connection, notice_id, number)
    if before is not None:
        return difference(before, notice)
    printed = json.loads(_text_of(connection, notice_id, number))
    return (FieldChange(path="", before=printed, after=notice.model_dump(mode="json", exclude_defaults=True)),)


def stored_statement() -> Select[Any]:
    """Current notices with what the store knows about them."""
    is_current = (notice_versions.c.notice_id == notices.c.id) & (notice_versions.c.version == notices.c.version)
    return select(notices, notice_versions.c.notice).join_from(notices, notice_versions, is_current)


def update_seen() -> Any:
    """Bulk update of notices that were listed again; a missing fingerprint leaves the known one."""
    return (
        update(notices)
        .where(notices.c.id == bindparam("seen_id"))
        .values(
            last_seen_at=bindparam("seen_at"),
            last_run_id=func.coalesce(bindparam("seen_run", type_=FreeText()), notices.c.last_run_id),
            fingerprint=func.coalesce(bindparam("seen_fingerprint", type_=FreeText()), notices.c.fingerprint),
        )
    )


def _text_of(connection: Connection, notice_id: str, number: int) -> str:
    statement = select(notice_versions.c.notice).where(
        notice_versions.c.notice_id == notice_id, notice_versions.c.version == number
    )
    return str(connection.execute(statement).scalar_one())


def _head(row: Row[*tuple[Any, ...]]) -> VersionHead:
    return VersionHead(
        notice_id=row.notice_id,
        number=row.version,
        digest=row.digest,
        order=order_key(row.published_at, row.notice_version),
    )
