"""What an invented notice of the bulletin says, before it is written in one of the five shapes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Shape = Literal["eforms", "fns", "mapa", "dsp", "divers", "legacy"]
Event = Literal["call", "award", "correction", "cancellation"]

FAMILIES = {
    "eforms": ("JOUE", "Marchés européens", "DIRECTIVE-24"),
    "fns": ("FNS", "Marchés entre 90 k€ et seuils européens", "FNS"),
    "mapa": ("MAPA", "Marchés inférieurs à 90 k€", "MAPA"),
    "dsp": ("DSP", "Délégations de service public", "DSP"),
    "divers": ("DIVERS", "Avis divers", "DIVERS"),
    "legacy": ("FNS", "Marchés entre 90 k€ et seuils européens", "CMP-2006"),
}
"""Shape to `famille`, `famille_libelle` and `perimetre`."""


def derived_uuid(*parts: object) -> str:
    """A UUID that is always the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


@dataclass(frozen=True)
class Buyer:
    """An invented buyer."""

    name: str
    kind: str
    classification: int
    city: str
    postal_code: str
    departement: str
    nuts: str
    siret: str
    street: str


@dataclass(frozen=True)
class Winner:
    """An invented company that won."""

    name: str
    city: str
    postal_code: str
    siret: str
    size: str
    amount: int
    offers: int


@dataclass(frozen=True)
class Draft:
    """One notice. `previous` is the notice it corrects, cancels or ends; `folder` the UUID of its procedure."""

    idweb: str
    published_on: date
    shape: Shape
    event: Event
    buyer: Buyer
    title: str
    about: str
    nature: str
    cpv: tuple[str, ...]
    descriptor: tuple[str, str]
    lots: tuple[str, ...]
    procedure: str
    deadline: datetime | None
    diffusion_ends: date
    amount: int
    months: int
    reference: str
    platform: str
    folder: str | None = None
    previous: Draft | None = None
    winners: tuple[Winner, ...] = field(default=())
    social: bool = False
    green: bool = False
    reserved: bool = False
    version: int = 1

    @property
    def notice_uuid(self) -> str:
        """The UUID of an eForms notice (BT-701)."""
        return derived_uuid("boamp", self.idweb)

    @property
    def first(self) -> Draft:
        """The notice with which the tender began."""
        return self if self.previous is None else self.previous.first

    @property
    def state(self) -> str:
        """`etat`."""
        return {"correction": "RECTIFICATIF", "cancellation": "ANNULATION"}.get(self.event, "INITIAL")

    @property
    def category(self) -> str:
        """`nature`: an eForms correction is printed again as the call that it corrects, a national one is not."""
        if self.event == "award":
            return "ATTRIBUTION"
        if self.event == "call" or self.shape in ("eforms", "legacy"):
            return "APPEL_OFFRE"
        return {"correction": "RECTIFICATIF", "cancellation": "ANNULATION"}[self.event]
