"""Text of the pages by label: `Acheteur : COMMUNE X` in one element, or a label and its values side by side.

The full text of a shortened one is in the tooltip `data-bs-title`. Desktop and mobile versions repeat each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml import etree
from parsel import Selector

from notices.formats.reading import UnreadElement
from notices.model import ReadingNote
from notices.values.text import clean_line, fold

_LABELLED = re.compile(r"(?P<label>[^:]{2,60}?)\s*:\s*(?P<value>.*)", re.DOTALL)
_HAS_LETTER = re.compile(r"[^\W\d_]")
_SAMPLE = 80
_TEXTS = etree.XPath("descendant-or-self::*[not(self::script or self::style)]/text()", smart_strings=False)
_TOOLTIPS = etree.XPath("descendant-or-self::*/@data-bs-title", smart_strings=False)


def words(element: Selector) -> str:
    """All text of an element on one line; pieces of different elements are kept apart."""
    return clean_line(" ".join(_TEXTS(element.root) if isinstance(element.root, etree._Element) else ()))


def whole(element: Selector) -> str:
    """The text of an element, from the tooltip where there is one: what is shown may be shortened."""
    tooltips = (clean_line(text) for text in _TOOLTIPS(element.root))
    return next((text for text in tooltips if text), words(element))


def label_key(label: str) -> str:
    """A label to compare: no accents, case, straight apostrophes, no colon at its end."""
    return " ".join(fold(label).replace("\u2019", "'").rstrip(" :").split())


def _uncut(text: str) -> str:
    """A text without the dots that tell that it was shortened."""
    return text.rstrip(". \u2026")


@dataclass
class Fields:
    """Values found by label, and what was found beside them."""

    values: dict[str, str] = field(default_factory=dict)
    notes: list[ReadingNote] = field(default_factory=list)
    strange: dict[str, list[str]] = field(default_factory=dict)
    """Labels that nobody knows, or texts without any label, with their values."""

    def put(self, name: str, value: str, path: str) -> None:
        """Take a value over. Repeated by the mobile version it is the same; another one is noted."""
        known = self.values.get(name)
        if not known or (known != value and value.startswith(_uncut(known)) and known != _uncut(known)):
            self.values[name] = value
        elif value and value != known and not known.startswith(_uncut(value)):
            self.note(f"{path}.{name}", "The page says this twice, in two ways; the first is kept.", value)

    def note(self, path: str, message: str, printed: str | None = None) -> None:
        """Something that a person should know."""
        note = ReadingNote(path=path, message=message, printed=None if printed is None else printed[:200])
        if note not in self.notes:
            self.notes.append(note)

    def unknown(self, path: str, value: str) -> None:
        """A label or a text that nobody reads."""
        self.strange.setdefault(path, []).append(value)

    def unread(self) -> tuple[UnreadElement, ...]:
        """What nobody reads, by path."""
        return tuple(
            UnreadElement(path=path, count=len(values), sample=values[0][:_SAMPLE])
            for path, values in sorted(self.strange.items())
        )


def read_lines(blocks: Iterable[tuple[str, str]], known: Mapping[str, str], path: str, fields: Fields) -> None:
    """Read blocks of (visible text, whole text), in their order, into `fields`.

    `known` gives the field of each label. A label alone in its block takes the blocks after it as its value.
    """
    open_field: str | None = None
    parts: list[str] = []
    for visible, text in blocks:
        label, value = _apart(visible, known)
        if label is None:
            if open_field is not None:
                parts.append(text)
            elif text:
                fields.unknown(f"{path}.(no label)", text)
            continue
        _close(open_field, parts, path, fields)
        open_field, parts = None, []
        name = known.get(label_key(label))
        if name is None:
            fields.unknown(f"{path}.{clean_line(label)}", value)
        elif value:
            fields.put(name, _without_label(text, known) or value, path)
        else:
            open_field = name
    _close(open_field, parts, path, fields)


def _close(name: str | None, parts: list[str], path: str, fields: Fields) -> None:
    if name is not None:
        fields.put(name, clean_line(" ".join(parts)), path)


def _apart(text: str, known: Mapping[str, str]) -> tuple[str | None, str]:
    """Label and value of a block; no label where there is none. A time (`10:00`) is no label."""
    if label_key(text) in known:
        return text, ""
    match = _LABELLED.fullmatch(text)
    if match is None or not _HAS_LETTER.search(match["label"]):
        return None, text
    return match["label"], clean_line(match["value"])


def _without_label(text: str, known: Mapping[str, str]) -> str:
    """A tooltip may repeat the label; it is the value alone otherwise."""
    label, value = _apart(text, known)
    return value if label is not None and label_key(label) in known else text
