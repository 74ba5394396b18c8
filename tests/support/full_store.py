"""A store with rows in every table, of content that databases treat differently: for tests that copy whole stores."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    select,
)
from sqlalchemy.dialects import sqlite

from store import Store
from store.columns import FreeText, Instant
from store.moving import OF_ITS_OWN, row_digest
from store.tables import meta, metadata

WORDS = (
    "", " ", "toiture", "Réfection de la toiture", "مناقصة عمومية رقم 12", "naïve\r\nΣ\tς", "🏗️ 👩🏽\u200d🔧",
    "e\u0301 é", "'; --", "null", "0", "1e5", "\\u0000", "A" * 4000, "ı İ ß", "％ % _ \\ \"quoted\"", "\u200f\u202e",
    "\U0010ffff", "Z", "a", "_",
)  # fmt: skip
_SQLITE = sqlite.dialect()


def fill(store: Store, seed: int, rows: int) -> None:
    """Put so many rows into every table, the same ones for the same seed."""
    chance = random.Random(seed)
    made: dict[str, list[dict[str, Any]]] = {}
    with store.database.write() as connection:
        for table in metadata.sorted_tables:
            made[table.name] = [_row(table, number, chance, made) for number in range(rows)]
            for row in made[table.name]:
                connection.execute(table.insert().values(row))


def content(store: Store) -> dict[str, set[bytes]]:
    """A digest of every row, by table; without what each store has for itself."""
    found = {}
    with store.database.read() as connection:
        for table in metadata.sorted_tables:
            kept = [~meta.c.key.in_(OF_ITS_OWN)] if table is meta else []
            found[table.name] = {row_digest(table, row) for row in connection.execute(select(table).where(*kept))}
    return found


def _row(table: Table, number: int, chance: random.Random, made: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    row = {column.name: _value(table, column, number, chance) for column in table.columns}
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            parents = made[constraint.referred_table.name]
            parent = parents[number % len(parents)]
            for element in constraint.elements:
                if row[element.parent.name] is not None:
                    row[element.parent.name] = parent[element.column.name]
    if table.name == "hits":
        row["kind"] = chance.choice(("new", "change")) if number % 2 else "change"
    return row


def _value(table: Table, column: Column[Any], number: int, chance: random.Random) -> Any:
    if column.nullable and chance.random() < 0.3:
        return None
    kind = column.type
    if isinstance(kind, Instant | DateTime):
        return datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC) + timedelta(
            days=chance.randrange(-20000, 20000), microseconds=chance.randrange(10**10)
        )
    if isinstance(kind, Date):
        return date(2026, 1, 1) + timedelta(days=chance.randrange(-9000, 9000))
    if isinstance(kind, Boolean):
        return chance.random() < 0.5
    if isinstance(kind, LargeBinary):
        return chance.randbytes(chance.randrange(300))
    if column.name == "id" and isinstance(kind.dialect_impl(_SQLITE), Integer):
        return 1000 + 7 * number
    if isinstance(kind, Integer):
        return chance.choice((0, 1, -1, 2**31 - 1, chance.randrange(10**6))) if not column.primary_key else number + 1
    if isinstance(kind, JSON):
        return _json(chance, 3)
    text = chance.choice(WORDS) if isinstance(kind, FreeText) else chance.choice(WORDS[2:])
    return f"{number:04d}{text[:60]}{number}" if _must_differ(table, column) else text


def _must_differ(table: Table, column: Column[Any]) -> bool:
    """Whether two rows may not have the same value here."""
    uniques: list[UniqueConstraint | Index] = [index for index in table.indexes if index.unique]
    uniques += [item for item in table.constraints if isinstance(item, UniqueConstraint)]
    return column.primary_key or bool(column.unique) or any(column.name in item.columns for item in uniques)


def _json(chance: random.Random, depth: int) -> Any:
    leaf = chance.choice((None, True, False, 0, -1, 1.5, 1e300, 2**60, chance.choice(WORDS), "\ud800", 0.1))
    if depth == 0 or chance.random() < 0.2:
        return leaf if leaf is not None else {}
    if chance.random() < 0.5:
        return [_json(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {f"{chance.choice('zyxab')}{n}{chance.choice(WORDS)[:9]}": _json(chance, depth - 1) for n in range(3)}
