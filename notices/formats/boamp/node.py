"""One way to read JSON that was made from XML, and XML itself, key by key; what nobody asked for is known in the end.

An element that occurs once is an object, one that repeats is a list; an element without content is an empty text or a
null, and its presence is what it says; attributes are `@name` and the text beside them `#text` (one converter writes
`_attributes` and `_text`). Texts carry HTML entities, some escaped twice.
"""

from __future__ import annotations

from typing import Any, Final

from notices.formats.reading import UnreadElement
from notices.model import ReadingNote
from notices.values.text import clean_line, clean_text, is_sentinel, strip_html

_SAMPLE: Final = 80
_MOST_PATHS: Final = 1_000
_MOST_NOTES: Final = 200
_TEXT: Final = "#text"
_YES: Final = frozenset({"OUI", "Oui", "oui", "O", "true", "1"})
_NO: Final = frozenset({"NON", "Non", "non", "N", "false", "0"})


class Book:
    """What the reading of one notice leaves behind: notes for people, and the objects whose keys were read."""

    def __init__(self) -> None:
        self._notes: list[ReadingNote] = []
        self._count = 0
        self._nodes: list[Node] = []

    def open(self, value: object, path: str) -> Node:
        """Begin to read a value."""
        return Node(value, path, self)

    def note(self, path: str, message: str, printed: object = None) -> None:
        """Something that a person should know; the same thing is told once."""
        told = None if printed is None else clean_line(str(printed))[:200]
        note = ReadingNote(path=path, message=message, printed=told)
        if note in self._notes:
            return
        self._count += 1
        if self._count <= _MOST_NOTES:
            self._notes.append(note)

    def notes(self) -> tuple[ReadingNote, ...]:
        """All notes; after many, only how many more there were."""
        more = self._count - len(self._notes)
        last = (ReadingNote(path="/", message=f"{more} further notes are not listed."),) if more else ()
        return (*self._notes, *last)

    def register(self, node: Node) -> None:
        """An element whose text and children will be looked at in the end."""
        self._nodes.append(node)

    def unread(self) -> tuple[UnreadElement, ...]:
        """Texts and children that nobody asked for, by path."""
        found: dict[str, tuple[int, str]] = {}
        for node in self._nodes:
            for key, value in node.unasked():
                path = node.path if key == _TEXT else f"{node.path}.{key}"
                if path not in found and len(found) >= _MOST_PATHS:
                    path = "(further elements)"
                count, sample = found.get(path, (0, ""))
                found[path] = (count + 1, sample or _sample(value))
        return tuple(
            UnreadElement(path=path, count=count, sample=sample) for path, (count, sample) in sorted(found.items())
        )


class Node:
    """One element: present or not, with a text, attributes and children."""

    __slots__ = ("_asked", "_book", "_children", "_data", "_text", "path", "present")

    def __init__(self, value: object, path: str, book: Book, *, present: bool = True) -> None:
        self.path = path
        self.present = present
        self._book = book
        self._asked: set[str] = set()
        self._children: dict[str, tuple[Node, ...]] = {}
        self._data: dict[str, Any] = _object(value) if isinstance(value, dict) else {}
        self._text = _scalar(self._data.get(_TEXT) if self._data else value)
        if self:
            book.register(self)

    def __bool__(self) -> bool:
        """Whether it says anything beyond being there."""
        return bool(self._data) or bool(self._text.strip())

    @property
    def printed(self) -> str:
        """The text as it stands."""
        self._asked.add(_TEXT)
        return self._text

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the children, attributes left out."""
        return tuple(key for key in self._data if not key.startswith(("@", "#")))

    def each(self, name: str) -> tuple[Node, ...]:
        """All children of this name."""
        self._asked.add(name)
        if name not in self._children:
            value = self._data.get(name)
            values = value if isinstance(value, list) else [value] if name in self._data else []
            path = f"{self.path}.{name}"
            self._children[name] = tuple(Node(item, path, self._book) for item in values)
        return self._children[name]

    def at(self, *names: str) -> Node:
        """The child at a path, or one that is not present. Where children repeat it is the first that says anything."""
        node = self
        for name in names:
            found = node.each(name)
            if len(found) == 1:
                node = found[0]
                continue
            said = [item for item in found if item] or list(found)
            if len({item._text for item in said if not item.names}) > 1:
                node.note("This element repeats; only the first is read.", said[1].printed, name)
            node = said[0] if said else Node(None, f"{node.path}.{name}", node._book, present=False)
        return node

    def first(self, *names: str) -> Node:
        """The first of these children that says anything; other shapes of the same fact are asked for as well."""
        found = [self.at(name) for name in names]
        chosen = next((node for node in found if node), found[0])
        for other in found:
            if other is not chosen:
                other._asked.add(_TEXT)  # another spelling of the same fact
        return chosen

    def has(self, name: str) -> bool:
        """Whether a child of this name is there, however empty."""
        return bool(self.each(name))

    def text(self, *names: str) -> str | None:
        """The text at a path in paragraphs; None for an absent one and for a placeholder."""
        text = plain(self.at(*names).printed)
        return None if is_sentinel(text) else text

    def line(self, *names: str) -> str | None:
        """`text` on one line."""
        text = self.text(*names)
        return " ".join(text.split()) if text else None

    def texts(self, *names: str) -> tuple[str, ...]:
        """The texts of all children at a path that repeats in its last step."""
        parent = self.at(*names[:-1])
        return tuple(text for node in parent.each(names[-1]) if (text := node.text()))

    def word(self, *names: str) -> str | None:
        """A code: the name of the one child (`{"OUVERT": ""}`), or the text itself."""
        node = self.at(*names)
        if not node.names:
            return node.line()
        node.ignore(*node.names)
        return node.names[0]

    def words(self, *names: str) -> tuple[str, ...]:
        """All codes at a path: names of children, or the text itself."""
        node = self.at(*names)
        node.ignore(*node.names)
        return node.names or ((line,) if (line := node.line()) else ())

    def answer(self, name: str) -> bool | None:
        """Yes or no, as `NAME_OUI`, `NAME: {"OUI": null}` or `NAME: "OUI"`; None when nothing is said."""
        if self.has(f"{name}_OUI"):
            return True
        if self.has(f"{name}_NON"):
            return False
        if name not in self._data:
            return None
        node = self.at(name)
        node.ignore(*(inner for inner in node.names if inner in _YES | _NO))
        said = {*node.names, node.printed.strip()}
        return True if said & _YES else False if said & _NO else None

    def attribute(self, name: str) -> str | None:
        """An attribute in any case of letters."""
        for key in self._data:
            if key.startswith("@") and key[1:].lower() == name.lower():
                self._asked.add(key)
                return _scalar(self._data[key]).strip() or None
        return None

    def ignore(self, *names: str) -> None:
        """Children that are left out on purpose, with all that is in them."""
        self._asked.update(names)

    def note(self, message: str, printed: object = None, *names: str) -> None:
        """A note about this element, or about a child of it."""
        self._book.note(".".join((self.path, *names)), message, printed)

    def unasked(self) -> list[tuple[str, Any]]:
        """The text and the children that nobody asked for. Declarations of namespaces are none."""
        left = [] if _TEXT in self._asked or not self._text.strip() else [(_TEXT, self._text)]
        return left + [
            (key, value)
            for key, value in self._data.items()
            if key not in self._asked and key != _TEXT and not key.startswith(("@xmlns", "@xsi:", "@languageID"))
        ]


def plain(text: str) -> str:
    """A text without entities and tags, whose paragraphs stay."""
    return strip_html(text) if "&" in text or "<" in text else clean_text(text)


def _object(value: dict[str, Any]) -> dict[str, Any]:
    attributes = value.get("_attributes")
    if not isinstance(attributes, dict) and "_text" not in value:
        return value
    rest = {key: item for key, item in value.items() if key not in ("_attributes", "_text")}
    named = {f"@{key}": item for key, item in attributes.items()} if isinstance(attributes, dict) else {}
    return {**named, **rest, _TEXT: value.get("_text")}


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return ""


def _sample(value: object) -> str:
    return clean_line(str(value)[: 4 * _SAMPLE])[:_SAMPLE]
