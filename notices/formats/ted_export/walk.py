"""One walk over the tree, dispatched by local name.

The format has changed its namespace with nearly every release (and NUTS codes have namespaces of their own), while the
element names stayed; so names are compared without namespaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import lru_cache
from typing import Final, Generic, TypeVar

from lxml.etree import _Element as Element

from notices.formats.eforms.walk import Walk
from notices.formats.ted_export.ignored import IGNORED

D = TypeVar("D")
Handler = Callable[[Element, D, "TedWalk"], None]

_REFUSED: Final = frozenset({"NO", "N", "NON"})
_CONSENT: Final = "AGREE_TO_PUBLISH"


@lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


class TedWalk(Walk):
    """What is common to one reading; `language` is that of the form being read."""

    __slots__ = ("_said", "withheld")

    def __init__(self, language: str, zone: tzinfo) -> None:
        super().__init__(language, zone)
        self.withheld = False
        self._said: set[tuple[str, str, str | None]] = set()

    def note(self, element: Element, message: str, printed: str | None = None) -> None:
        """Record something, once: the same form may come in 24 languages."""
        said = (self.path(element), message, printed)
        if said not in self._said:
            self._said.add(said)
            super().note(element, message, printed)

    def withhold(self, element: Element) -> None:
        """Record that an element is not read because its sender forbids to publish it."""
        self.withheld = True
        self.note(element, "The sender does not agree to the publication of this part; it is left out.")

    def path(self, element: Element) -> str:
        """The local names from below the root down to the element."""
        steps: list[str] = []
        node: Element | None = element
        while node is not None and (parent := node.getparent()) is not None:
            steps.append(local(str(node.tag)))
            node = parent
        return "/".join(reversed(steps)) or "/"


class Grammar(Generic[D]):
    """What may stand below an element: the reader of each child by its name, plus what is ignored on purpose.

    `name` is the key of this element's ignored children in `IGNORED`. Children whose name fits `wrappers` only group
    others: their children are read as if they stood here. An element that its sender forbids to publish
    (`PUBLICATION="NO"`, or a child `AGREE_TO_PUBLISH` that says so) is not read; a note says which one it was.
    """

    def __init__(self, name: str, readers: Mapping[str, Handler[D]], *, wrappers: str | None = None) -> None:
        self._handlers: dict[str, Handler[D]] = dict(readers)
        self._ignored = frozenset(IGNORED.get(name, {}))
        self._wrappers = re.compile(wrappers) if wrappers else None

    def read(self, element: Element, draft: D, walk: TedWalk) -> None:
        """Read every child of `element` into `draft`."""
        if _refuses(element):
            walk.withhold(element)
            return
        for child in element:
            self.read_child(child, draft, walk)

    def read_child(self, child: Element, draft: D, walk: TedWalk) -> None:
        """Read one element as a child of what this grammar describes."""
        name = local(str(child.tag))
        if name in self._ignored or name.startswith(_CONSENT):
            return
        handler = self._handlers.get(name)
        wraps = handler is None and self._wrappers is not None and self._wrappers.fullmatch(name)
        if handler is None and not wraps:
            walk.leave_unread(child)
        elif child.get("PUBLICATION", "").strip().upper() in _REFUSED:
            walk.withhold(child)
        elif handler is None:
            self.read(child, draft, walk)
        else:
            handler(child, draft, walk)


def _refuses(element: Element) -> bool:
    """Whether a child `AGREE_TO_PUBLISH` forbids to publish the element (releases before R2.0.9)."""
    for child in element:
        if local(str(child.tag)).startswith(_CONSENT):
            return (child.get("VALUE") or child.text or "").strip().upper() in _REFUSED
    return False
