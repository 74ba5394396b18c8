"""Reads JSON of a portal key by key, and knows in the end which keys nobody asked for.

A value of a type that was never seen is noted and counts as absent; a key that no parser reads is reported as unread,
so that a new or renamed key of the portal is noticed the same day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from notices.formats.reading import UnreadElement
from notices.model import MultilingualText, ReadingNote
from notices.values.text import clean_line, known_text
from notices.vocabularies import languages

SAMPLE = 80


class Account:
    """What the reading of one payload left behind: notes for people, and the records whose keys were read."""

    def __init__(self) -> None:
        self.notes: list[ReadingNote] = []
        self._records: list[Record] = []

    def open(self, data: object, path: str) -> Record:
        """Begin to read an object; what is no object reads as an empty one and is noted."""
        if not isinstance(data, dict):
            if data is not None:
                self.note(path, "This is not an object.", str(data))
            data = {}
        record = Record(data, path, self)
        self._records.append(record)
        return record

    def note(self, path: str, message: str, printed: str | None = None) -> None:
        """Something that a person should know."""
        self.notes.append(ReadingNote(path=path, message=message, printed=None if printed is None else printed[:200]))

    def unread(self) -> tuple[UnreadElement, ...]:
        """Keys that nobody asked for, by path."""
        found: dict[str, tuple[int, str]] = {}
        for record in self._records:
            for key in record.unasked():
                path = f"{record.path}.{key}"
                count, sample = found.get(path, (0, ""))
                found[path] = (count + 1, sample or clean_line(str(record.data[key])[: 4 * SAMPLE])[:SAMPLE])
        return tuple(
            UnreadElement(path=path, count=count, sample=sample) for path, (count, sample) in sorted(found.items())
        )


class Record:
    """One JSON object being read."""

    __slots__ = ("_account", "_asked", "data", "path")

    def __init__(self, data: dict[str, Any], path: str, account: Account) -> None:
        self.data = data
        self.path = path
        self._account = account
        self._asked: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.data)

    def value(self, key: str) -> Any:
        """Whatever is there; None when the key is absent."""
        self._asked.add(key)
        return self.data.get(key)

    def ignore(self, *keys: str) -> None:
        """Keys that are left out on purpose."""
        self._asked.update(keys)

    def unasked(self) -> Iterable[str]:
        """Keys that nobody asked for."""
        return (key for key in self.data if key not in self._asked)

    def string(self, key: str) -> str | None:
        """A text on one line that is not empty."""
        value = self.value(key)
        if isinstance(value, str):
            return clean_line(value) or None
        self._strange(key, value)
        return None

    def number(self, key: str) -> int | None:
        """A whole number."""
        value = self.value(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._strange(key, value)
        return None

    def flag(self, key: str) -> bool | None:
        """True or false; a test system printed them as words."""
        value = self.value(key)
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return bool(value == "true")
        self._strange(key, value)
        return None

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once."""
        return tuple(
            dict.fromkeys(line for item in self._list(key) if isinstance(item, str) and (line := clean_line(item)))
        )

    def texts(self, key: str) -> MultilingualText:
        """`[{"language": "NL", "text": …}]` by language."""
        found: MultilingualText = {}
        for item in self._list(key):
            if not isinstance(item, dict):
                self._strange(key, item)
                continue
            language = languages.get(str(item.get("language") or ""))
            text = known_text(item["text"]) if isinstance(item.get("text"), str) else None
            if text is not None:
                found.setdefault((language and (language.iso1 or language.alpha3.lower())) or "und", text)
        return found

    def lines(self, key: str) -> MultilingualText:
        """Like `texts`, each on one line."""
        return {language: " ".join(text.split()) for language, text in self.texts(key).items()}

    def record(self, key: str) -> Record:
        """An object inside; empty when absent."""
        return self._account.open(self.value(key), f"{self.path}.{key}")

    def records(self, key: str) -> tuple[Record, ...]:
        """A list of objects."""
        return tuple(self._account.open(item, f"{self.path}.{key}[]") for item in self._list(key))

    def _list(self, key: str) -> list[Any]:
        value = self.value(key)
        if isinstance(value, list):
            return value
        self._strange(key, value)
        return []

    def _strange(self, key: str, value: object) -> None:
        if value is not None:
            self._account.note(f"{self.path}.{key}", f"This is {type(value).__name__}, which it never was.", str(value))
