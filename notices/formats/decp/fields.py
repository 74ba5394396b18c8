"""Reads one record key by key, and knows in the end which keys nobody asked for and what a person should know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from notices.formats.decp import leaves
from notices.formats.reading import UnreadElement
from notices.model import ReadingNote

_SAMPLE: Final = 80
_MOST_NOTES: Final = 100
_DEEPEST: Final = 20


class Log:
    """What the reading of one contract left behind: notes, each once, and the keys that nobody asked for."""

    def __init__(self) -> None:
        self._notes: dict[ReadingNote, None] = {}
        self._fields: list[Fields] = []

    def note(self, path: str, message: str, printed: object = None) -> None:
        """Something that a person should know."""
        if len(self._notes) < _MOST_NOTES:
            shown = None if printed is None else str(printed)[:200]
            self._notes[ReadingNote(path=path, message=message, printed=shown)] = None

    @property
    def notes(self) -> tuple[ReadingNote, ...]:
        """The notes in the order they were made."""
        return tuple(self._notes)

    def open(self, data: object, path: str) -> Fields:
        """Begin to read an object; what is no object reads as an empty one and is noted."""
        if not isinstance(data, dict):
            if not leaves.is_blank(data):
                self.note(path, "This is not an object.", data)
            data = {}
        fields = Fields(data, path, self)
        self._fields.append(fields)
        return fields

    def unread(self) -> tuple[UnreadElement, ...]:
        """Keys that nobody asked for and that say something, by path."""
        found: dict[str, tuple[int, str]] = {}
        for fields in self._fields:
            for key, value in fields.unasked():
                path = f"{fields.path}.{key}"
                count, sample = found.get(path, (0, ""))
                found[path] = (count + 1, sample or " ".join(str(value)[: 4 * _SAMPLE].split())[:_SAMPLE])
        return tuple(UnreadElement(path=path, count=n, sample=sample) for path, (n, sample) in sorted(found.items()))


class Fields:
    """One object being read. Sentinels are absent; a value that cannot be read is noted and absent."""

    __slots__ = ("_asked", "data", "log", "path")

    def __init__(self, data: dict[str, Any], path: str, log: Log) -> None:
        self.data = data
        self.path = path
        self.log = log
        self._asked: set[str] = set()

    def __bool__(self) -> bool:
        return any(not leaves.is_blank(value) for value in self.data.values())

    def raw(self, key: str) -> Any:
        """Whatever is there; None for what says nothing."""
        self._asked.add(key)
        value = self.data.get(key)
        return None if leaves.is_blank(value) else value

    def ignore(self, *keys: str) -> None:
        """Keys that are left out on purpose."""
        self._asked.update(keys)

    def unasked(self) -> Iterator[tuple[str, Any]]:
        """Keys that nobody asked for, with their values."""
        return ((key, value) for key, value in self.data.items() if key not in self._asked)

    def text(self, key: str) -> str | None:
        """A text on one line."""
        value = self.raw(key)
        line = leaves.text_of(value)
        if value is not None and line is None:
            self._strange(key, value)
        if isinstance(value, str) and line is not None and leaves.repaired(value) != value:
            self.log.note(f"{self.path}.{key}", "Letters of another encoding were put right.", value)
        return line

    def day(self, key: str) -> date | None:
        """A day."""
        value = self.raw(key)
        found = leaves.day_of(value)
        if value is not None and found is None:
            self._strange(key, value, "This is no date that a contract can have.")
        return found

    def amount(self, key: str) -> Decimal | None:
        """A number that is not negative, sentinels included."""
        value = self.raw(key)
        found = leaves.amount_of(value)
        if value is not None and (found is None or found < 0):
            self._strange(key, value, "This is no amount that can be read.")
            return None
        return found

    def count(self, key: str) -> int | None:
        """A whole number above zero; 0 is noted and absent, as the format has it begin at 1."""
        value = self.raw(key)
        found = leaves.count_of(value)
        if value is not None and (found is None or found < 1):
            self._strange(key, value, "This is no number above zero; it counts as not said.")
            return None
        return found

    def flag(self, key: str) -> bool | None:
        """Yes or no."""
        value = self.raw(key)
        found = leaves.flag_of(value)
        if value is not None and found is None:
            self._strange(key, value, "This is neither yes nor no.")
        return found

    def child(self, key: str) -> Fields:
        """An object inside; empty when absent."""
        return self.log.open(self.raw(key), f"{self.path}.{key}")

    def items(self, key: str, *names: str) -> tuple[Any, ...]:
        """The items of a list in any of its shapes: see `unwrapped`."""
        return tuple(unwrapped(self.raw(key), names))

    def objects(self, key: str, *names: str) -> tuple[Fields, ...]:
        """The items of a list that are objects; others are noted, since no field can be read of them."""
        path = f"{self.path}.{key}[]"
        return tuple(fields for item in self.items(key, *names) if (fields := self.log.open(item, path)))

    def texts(self, key: str, *names: str) -> tuple[str, ...]:
        """The items of a list of codes, each once; a table has them in one cell, with commas or semicolons."""
        lines = (leaves.text_of(item) for item in self.items(key, *names))
        parts = (part.strip() for line in lines if line for part in line.replace(";", ",").split(","))
        return tuple(dict.fromkeys(part for part in parts if not leaves.is_blank(part)))

    def _strange(self, key: str, value: object, message: str = "This is of a kind that it never was.") -> None:
        self.log.note(f"{self.path}.{key}", message, value)


def unwrapped(value: object, names: tuple[str, ...], depth: int = 0) -> Iterator[Any]:
    """The items of a list, whichever shape it has.

    Seen are a flat list, lists in lists, `[{"titulaire": {…}}]`, `{"titulaire": […]}`, a single object, and null
    (dossier France 3.4).
    """
    if leaves.is_blank(value) or depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from unwrapped(item, names, depth + 1)
    elif isinstance(value, dict) and len(value) == 1 and next(iter(value)) in names:
        yield from unwrapped(next(iter(value.values())), names, depth + 1)
    else:
        yield value
