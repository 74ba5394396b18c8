"""Versions of a notice: when two payloads say the same, and what differs when they do not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from notices.model import Frozen, Notice

OBSERVATION_FIELDS = frozenset({"raw", "model_version"})
"""Fields that tell how we saw a notice, not what it says."""

JsonValue = Any


class FieldChange(Frozen):
    """One field that differs between two versions; values are JSON as in the published schema."""

    path: str
    before: Any = None
    after: Any = None


def payload_digest(notice: Notice) -> str:
    """sha256 of what the notice says, without observation fields.

    Portals shuffle arrays between two answers, so the order inside arrays does not count.
    """
    content = notice.model_dump(mode="json", exclude=set(OBSERVATION_FIELDS))
    canonical = json.dumps(_canonical(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def difference(before: Notice, after: Notice) -> tuple[FieldChange, ...]:
    """Every field that differs, by path (`title.fr`, `lots[LOT-0001].deadlines`), in a stable order."""
    old = before.model_dump(mode="json", exclude=set(OBSERVATION_FIELDS))
    new = after.model_dump(mode="json", exclude=set(OBSERVATION_FIELDS))
    return tuple(_changes("", old, new))


def _canonical(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items() if item not in (None, [], {})}
    if isinstance(value, list):
        return sorted((_canonical(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _changes(path: str, before: JsonValue, after: JsonValue) -> Iterator[FieldChange]:
    if _canonical(before) == _canonical(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _changes(f"{path}.{key}" if path else key, before.get(key), after.get(key))
    elif _keyed(before) and _keyed(after):
        old, new = _by_id(before), _by_id(after)
        for key in sorted(old.keys() | new.keys()):
            yield from _changes(f"{path}[{key}]", old.get(key), new.get(key))
    else:
        yield FieldChange(path=path, before=before, after=after)


def _keyed(value: JsonValue) -> bool:
    """A list of objects that each carry a distinct id."""
    if not isinstance(value, list) or not all(isinstance(item, dict) and item.get("id") for item in value):
        return False
    return len({item["id"] for item in value}) == len(value)


def _by_id(value: list[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    return {item["id"]: item for item in value}
