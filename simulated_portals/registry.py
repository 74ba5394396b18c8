"""Which folder simulates which portal, and how one is made.

A folder's `server` module has `make_portal(key, *, invented, seed, today, invented_on)`. One folder stands for several
portals where they run the same software.
"""

from __future__ import annotations

import importlib
from datetime import date
from typing import Final, Protocol

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
    """The keys of the portals that can be simulated."""
    return tuple(sorted(_FOLDERS))


def factory(key: str) -> Factory:
    """What makes the simulated portal of a key. `ValueError` when there is none."""
    if key not in _FOLDERS:
        raise ValueError(f"There is no simulated portal {key}; there are: {', '.join(keys())}.")
    found: Factory = importlib.import_module(f"simulated_portals.{_FOLDERS[key]}.server").make_portal
    return found
