"""Which folder simulates which portal, and how one is made.

A folder's `server` module has `make_portal(key, *, invented, seed, today, invented_on)`. One folder stands for several
portals where they run the same software.
"""

from __future__ import annotations

import importlib
from datetime import date
from typing import Final, Protocol

from crawlers import portals
from simulated_portals.messages import SimulatedPortal

_FOLDERS: Final = {
    "be_bda": "be_bda",
    "eu_ted": "ted",
    "fr_achatpublic": "achatpublic",
    "fr_aws": "aws",
    "fr_boamp": "boamp",
    "fr_decp": "decp",
    "fr_maximilien": "atexo_fr",
    "fr_place": "atexo_fr",
    "fr_val_de_marne": "atexo_fr",
    "ma_adm": "atexo_ma",
    "ma_bdc": "bdc",
    "ma_bdc_results": "bdc",
    "ma_cdg": "atexo_ma",
    "ma_cimr": "atexo_ma",
    "ma_pmmp": "atexo_ma",
    "ma_pmmp_results": "atexo_ma.results",
}
"""Key of a portal to the folder that simulates it."""

_SOFTWARE: Final = {"atexo_fr": "atexo_fr", "atexo_ma": "atexo_ma"}
"""Engine to the folder that simulates its software, for all other portals that run it."""


class LivingPortal(SimulatedPortal, Protocol):
    """A simulated portal that publishes more while it runs."""

    def make_news(self) -> object:
        """What a moment of a working day brings: mostly a new notice, now and then one that changes."""
        ...


class Factory(Protocol):
    """Makes a simulated portal, ready to be served."""

    def __call__(
        self,
        key: str,
        *,
        invented: int | None = None,
        seed: int = 1,
        today: date | None = None,
        invented_on: date | None = None,
    ) -> LivingPortal:
        """`invented` notices, which follow from `seed` and `invented_on` alone (default: `today`, the portal's day)."""
        ...


def keys() -> tuple[str, ...]:
    """The keys of the portals whose own habits are simulated."""
    return tuple(sorted(_FOLDERS))


def factory(key: str) -> Factory:
    """What makes the simulated portal of a key; a portal without habits of its own is one that runs its software.

    `ValueError` when there is none.
    """
    folder = _FOLDERS.get(key) or _SOFTWARE.get(_engine(key) or "")
    if folder is None:
        raise ValueError(
            f"There is no simulated portal {key}; there are: {', '.join(keys())}, and every portal whose portal.yml "
            f"names the engine {' or '.join(sorted(_SOFTWARE))}."
        )
    found: Factory = importlib.import_module(f"simulated_portals.{folder}.server").make_portal
    return found


def _engine(key: str) -> str | None:
    return portals.load(key).engine if key in portals.keys() else None
