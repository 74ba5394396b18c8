"""One walk over the tree, dispatched by tag.

A `Grammar` says which children an element may have and what reads each. A child that no grammar knows is left on the
walk's list of unread elements, so the report of unread fields costs nothing while everything is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from itertools import islice
from typing import Final, Generic, TypeVar

from lxml.etree import _Element as Element

from notices.formats.eforms.ignored import IGNORED
from notices.formats.eforms.names import (
    EFORMS_EXTENSION,
    EXTENSION_CONTENT,
    UBL_EXTENSION,
    UBL_EXTENSIONS,
    clark,
    short,
)
from notices.formats.reading import UnreadElement
from notices.model import ReadingNote
from notices.values.text import clean_line

D = TypeVar("D")
Handler = Callable[[Element, D, "Walk"], None]

_SAMPLE: Final = 80
_MOST_NOTES: Final = 200
_MOST_PATHS: Final = 1_000
_FURTHER: Final = "(further elements)"
_FIELDS_PRIVACY: Final = clark("efac:FieldsPrivacy")
_PRIVACY_CHILDREN: Final = frozenset(
    {"efbc:FieldIdentifierCode", "cbc:ReasonCode", "efbc:ReasonDescription", "efbc:PublicationDate"}
)
_TRANSPARENT: Final = frozenset({UBL_EXTENSIONS, UBL_EXTENSION, EXTENSION_CONTENT, EFORMS_EXTENSION})
_EXTENSION_STEPS: Final = {
    UBL_EXTENSIONS: UBL_EXTENSION,
    UBL_EXTENSION: EXTENSION_CONTENT,
    EXTENSION_CONTENT: EFORMS_EXTENSION,
}


class Walk:
    """What is common to one reading: language and zone of the notice, notes for people, elements left unread."""

    __slots__ = ("_count", "_unread", "language", "notes", "zone")

    def __init__(self, language: str, zone: tzinfo) -> None:
        self.language = language
        self.zone = zone
        self.notes: list[ReadingNote] = []
        self._count = 0
        self._unread: dict[str, tuple[int, str]] = {}

    def path(self, element: Element) -> str:
        """Where an element stands; other formats than eForms spell it their own way."""
        return path_of(element)

    def note(self, element: Element, message: str, printed: str | None = None) -> None:
        """Record something a person should know about this element. After many notes, only how many more there are."""
        self._count += 1
        if self._count > _MOST_NOTES:
            self.notes[_MOST_NOTES:] = [
                ReadingNote(path="/", message=f"{self._count - _MOST_NOTES} further notes are not listed.")
            ]
            return
        self.notes.append(ReadingNote(path=self.path(element), message=message, printed=printed))

    def leave_unread(self, element: Element, list_name: str | None = None) -> None:
        """Report an element (of this code list) that nothing reads. After many paths, only how many more there are."""
        if not isinstance(element.tag, str):
            return
        path = self.path(element) + (f"[{list_name}]" if list_name else "")
        if path not in self._unread and len(self._unread) >= _MOST_PATHS:
            path = _FURTHER
        known = self._unread.get(path)
        self._unread[path] = (known[0] + 1, known[1]) if known else (1, _sample(element))

    def unread(self) -> tuple[UnreadElement, ...]:
        """Every unread element, by path."""
        return tuple(
            UnreadElement(path=path, count=count, sample=sample)
            for path, (count, sample) in sorted(self._unread.items())
        )


class Grammar(Generic[D]):
    """What may stand below an element: the reader of each child by its name, plus what is ignored on purpose.

    `name` is the key of this element's ignored children in `ignored.IGNORED`.
    """

    def __init__(self, name: str, readers: Mapping[str, Handler[D]]) -> None:
        self._handlers: dict[object, Handler[D]] = {clark(child): handler for child, handler in readers.items()}
        for child in IGNORED.get(name, {}):
            self._handlers[clark(child)] = _ignore
        self._handlers[UBL_EXTENSIONS] = self._read_extension
        self._handlers[_FIELDS_PRIVACY] = _withheld

    def read(self, element: Element, draft: D, walk: Walk) -> None:
        """Read every child of `element` into `draft`."""
        handlers = self._handlers
        for child in element:
            handler = handlers.get(child.tag)
            if handler is None:
                walk.leave_unread(child)
            else:
                handler(child, draft, walk)

    def _read_extension(self, wrapper: Element, draft: D, walk: Walk) -> None:
        """Elements of the eForms extension stand for children of the element that carries it."""
        inner_tag = _EXTENSION_STEPS[str(wrapper.tag)]
        for inner in wrapper:
            if inner.tag != inner_tag:
                walk.leave_unread(inner)
            elif inner_tag == EFORMS_EXTENSION:
                self.read(inner, draft, walk)
            else:
                self._read_extension(inner, draft, walk)


def path_of(element: Element) -> str:
    """Where an element stands below the root, such as `cac:ProcurementProjectLot/cac:TenderingTerms/~/efac:Funding`."""
    steps: list[str] = []
    node: Element | None = element
    while node is not None and (parent := node.getparent()) is not None:
        tag = str(node.tag)
        if tag not in _TRANSPARENT:
            steps.append(short(tag))
        elif tag == EFORMS_EXTENSION or node is element:
            steps.append("~")
        node = parent
    return "/".join(reversed(steps)) or "/"


def _sample(element: Element) -> str:
    texts = (text.strip()[:_SAMPLE] for text in islice(element.itertext(), 50))
    return clean_line(" ".join(text for text in texts if text))[:_SAMPLE]


def _withheld(element: Element, _draft: object, walk: Walk) -> None:
    """`efac:FieldsPrivacy` (BT-195 to BT-198): which field is withheld, why and until when. Its value is a sentinel."""
    said = {short(str(child.tag)): (child.text or "").strip() for child in element}
    field = said.pop("efbc:FieldIdentifierCode", "") or "of this element"
    until, reason = said.pop("efbc:PublicationDate", ""), said.pop("cbc:ReasonCode", "")
    message = f"The field {field} is withheld"
    message += f" until {until[:10]}" if until and not until.startswith("1970") else ""
    walk.note(element, f"{message} (reason {reason})." if reason else f"{message}.", field)
    for child in element:
        if short(str(child.tag)) not in _PRIVACY_CHILDREN:
            walk.leave_unread(child)


def _ignore(_element: Element, _draft: object, _walk: Walk) -> None:
    """Read nothing: `IGNORED` says why."""
