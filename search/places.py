"""Places as facts: where a notice is performed and where its buyer sits, with every region above.

A notice that only says a country (or *anywhere in it*) does not say whether it is in one of its regions: for a query
about the region it is unknown, not elsewhere. So the codes as stated (`.leaf`) stand beside the codes with all that
lies above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from notices.model import Place
from notices.vocabularies import nuts, regions

ANYWHERE: Final = "*"
NOWHERE: Final = "?"
_ISO_TO_NUTS: Final = {"GR": "EL", "GB": "UK"}


def facts(performance: Iterable[Place], seats: Iterable[Place]) -> Iterator[str]:
    """Facts of the places of performance, of the buyers' seats, and of either."""
    performed = _stated(performance)
    seated = _stated(seats)
    yield from _facts("performance", performed)
    yield from _facts("seat", seated)
    # Whether *either* is unknown is judged by the place of performance where the notice says one.
    yield from (f"place.leaf={code}" for code in performed or seated or {NOWHERE})


def above(code: str) -> tuple[str, ...]:
    """The regions that hold a code, from the country down, without the code itself."""
    return regions.above(code)


def depth(code: str) -> int:
    """How many regions hold a code: 0 for a country, 1 for a region of NUTS level 1 or of Morocco, 2 for a province."""
    return len(above(code))


def _facts(name: str, stated: set[str]) -> Iterator[str]:
    for code in stated or {NOWHERE}:
        yield f"{name}.leaf={code}"
    for code in stated - {ANYWHERE}:
        yield from (f"{name}={part}" for part in (*above(code), code))


def _stated(places: Iterable[Place]) -> set[str]:
    return {code for place in places for code in _codes(place)}


def _codes(place: Place) -> Iterator[str]:
    country = _ISO_TO_NUTS.get(place.country or "", place.country)
    printed = (place.nuts or "").strip().upper()
    if printed:
        printed = _ISO_TO_NUTS.get(printed, printed)
        yield printed
        region = nuts.get(printed)
        if region is not None and region.successor:
            yield region.successor
    elif place.anywhere and place.anywhere != "anyw-cou":
        yield ANYWHERE
    elif country:
        yield country
