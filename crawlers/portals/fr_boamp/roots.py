"""Finds the notice with which a tender began, so that all its notices share one procedure key.

A correction, a cancellation or a result names an earlier notice, and that one may name an earlier one still. Only the
named keys are read (`gestion … ANNONCE_ANTERIEUR … IDWEB`, then `annonce_lie`), never a text that looks like a key, and
only keys of earlier notices are followed: numbers grow within a year.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from crawlers.engines.opendatasoft import LARGEST_PAGE, Dataset, Question, one_of
from notices.formats.boamp.identity import idweb_of, parse_idweb

LONGEST_CHAIN = 8
"""Links followed at most; a longer chain ends at the notice reached."""
REMEMBERED = 10_000
"""Notices at most, some three weeks of the bulletin; what is asked of older ones is asked again."""
_FIELDS = ("idweb", "contractfolderid", "annonce_lie", "gestion", "nature", "etat")
_FIRST_NATURES = frozenset({"APPEL_OFFRE", "PRE_INFORMATION"})
_LATER_STATES = frozenset({"RECTIFICATIF", "ANNULATION", "RECTIFANNUL", "MODIFICATION"})

Named = dict[str, Any]


def earlier_notice(record: Named) -> str | None:
    """The key of the notice of the same tender that a record names as the one before it.

    A call begins its tender, whatever it names: one notice of prior information may announce many.
    """
    nature = str(record.get("nature") or "").replace("-", "_")
    if nature in _FIRST_NATURES and record.get("etat") not in _LATER_STATES:
        return None
    own = _order(idweb_of(record))
    for key in (*_named_in_gestion(record.get("gestion")), *_named_in_list(record.get("annonce_lie"))):
        order = _order(key)
        if order is not None and (own is None or order < own):
            return key
    return None


class Roots:
    """Remembers how notices hang together, and asks the data set for what it has not seen."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._seen: dict[str, tuple[str | None, str | None]] = {}

    async def of(self, records: Iterable[Named]) -> dict[str, Named]:
        """By key, the root of each record that names an earlier notice and has no procedure key of its own.

        A root is `{"idweb", "contractfolderid"}`. A notice that the data set does not hold (it begins in 2015) is a
        root all the same: it was named.
        """
        self._forget()
        found: dict[str, Named] = {}
        waiting: dict[str, str] = {}
        for record in records:
            key = idweb_of(record)
            earlier = earlier_notice(record)
            if key is None:
                continue
            self._remember(key, record)
            if earlier is not None and not record.get("contractfolderid"):
                waiting[key] = earlier
        for _ in range(LONGEST_CHAIN):
            await self._ask(waiting.values())
            waiting = self._step(waiting, found)
            if not waiting:
                break
        found.update({key: {"idweb": reached, "contractfolderid": None} for key, reached in waiting.items()})
        return found

    def _forget(self) -> None:
        """Let go of what was seen first."""
        for key in list(self._seen)[: max(0, len(self._seen) - REMEMBERED)]:
            del self._seen[key]

    def _step(self, waiting: dict[str, str], found: dict[str, Named]) -> dict[str, str]:
        left: dict[str, str] = {}
        for key, reached in waiting.items():
            folder, earlier = self._seen.get(reached, (None, None))
            if folder is not None or earlier is None:
                found[key] = {"idweb": reached, "contractfolderid": folder}
            else:
                left[key] = earlier
        return left

    async def _ask(self, keys: Iterable[str]) -> None:
        size = min(LARGEST_PAGE, self._dataset.cap)
        unknown = [key for key in dict.fromkeys(keys) if key not in self._seen]
        for start in range(0, len(unknown), size):
            part = unknown[start : start + size]
            page = await self._dataset.page(Question(one_of("idweb", part), _FIELDS, "idweb"))
            for record in page.rows:
                key = idweb_of(record)
                if key is not None:
                    self._remember(key, record)
            for key in part:
                self._seen.setdefault(key, (None, None))

    def _remember(self, key: str, record: Named) -> None:
        folder = record.get("contractfolderid")
        self._seen[key] = (folder if isinstance(folder, str) and folder else None, earlier_notice(record))


def _order(key: str | None) -> tuple[int, int] | None:
    """Year and number of a key; None for those of before 2010, which have another form."""
    year, separator, number = (key or "").partition("-")
    return (int(year), int(number)) if separator and year.isdecimal() and number.isdecimal() else None


def _named_in_list(value: object) -> Iterator[str]:
    parts = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else ()
    for part in parts:
        key = parse_idweb(part)
        if key is not None:
            yield key


def _named_in_gestion(value: object) -> Iterator[str]:
    """`REFERENCE.ANNONCE_ANTERIEUR.IDWEB`, and `MARCHE.ANNONCE_ANTERIEUR.REFERENCE.IDWEB` of the older schema."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return  # the parser says so when it reads the notice
    for path in (("REFERENCE", "ANNONCE_ANTERIEUR", "IDWEB"), ("MARCHE", "ANNONCE_ANTERIEUR", "REFERENCE", "IDWEB")):
        for found in _at(value, path):
            key = parse_idweb(found)
            if key is not None:
                yield key


def _at(value: object, path: tuple[str, ...]) -> Iterator[object]:
    """What lies at a path; an element that repeats is a list."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
