"""The stuff that invented notices are made of: places, buyers, suppliers, objects and phrases of `data/`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from simulated_portals.be_bda.kbo import WITHOUT_CBE_NUMBER, kbo_number
from simulated_portals.be_bda.publications import Buyer, Texts

DATA = Path(__file__).parent / "data"
LANGUAGES = ("FR", "NL", "DE", "EN")
NATURES = {"works": "WORKS", "supplies": "SUPPLIES", "services": "SERVICES"}


@dataclass(frozen=True)
class Place:
    """A real town; names by language."""

    names: Texts
    nuts: str
    postcode: str
    languages: tuple[str, ...]

    def name(self, language: str) -> str:
        """The town's name in a language; English uses the French one in Wallonia and the Dutch one elsewhere."""
        if language == "EN":
            return self.names["FR" if self.nuts.startswith("BE3") else "NL"]
        return self.names[language]


@dataclass(frozen=True)
class InventedBuyer:
    """An invented organisation with its seat."""

    organisation: Buyer
    kind: str
    languages: tuple[str, ...]
    seat: Place
    utility: bool


@dataclass(frozen=True)
class Supplier:
    """An invented enterprise that wins contracts."""

    serial: int
    name: str
    sectors: tuple[str, ...]
    seat: Place
    size: str

    @property
    def kbo(self) -> str:
        """Its enterprise number."""
        return kbo_number(80_000 + self.serial)


class Wording(BaseModel):
    """How an object is called in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    titles: tuple[str, ...]
    about: str
    lots: tuple[str, ...] = ()


class PurchasedObject(BaseModel):
    """Something that buyers call for. Amounts in thousands of euros."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    cpv: tuple[str, ...]
    amounts: tuple[int, int]
    buyers: tuple[str, ...]
    numbers: dict[str, tuple[int, int]]
    fr: Wording
    nl: Wording
    de: Wording
    en: Wording | None = None
    accreditation: str | None = None
    sector: str | None = None
    social: bool = False
    concession: bool = False
    nature: str = "SERVICES"

    def wording(self, language: str) -> Wording | None:
        """The wording in `FR`, `NL`, `DE` or `EN`."""
        return {"FR": self.fr, "NL": self.nl, "DE": self.de, "EN": self.en}[language]

    @property
    def trade(self) -> str:
        """The sector of the enterprises that offer it."""
        if self.nature == "WORKS":
            return "works"
        main = self.cpv[0]
        if main.startswith(("72", "48", "302")):
            return "it"
        if main.startswith("71"):
            return "studies"
        if main.startswith("66"):
            return "finance"
        if main.startswith(("15", "55")):
            return "food"
        return "supplies" if self.nature == "SUPPLIES" else "services"


@dataclass(frozen=True)
class InventedWorld:
    """Everything together."""

    places: tuple[Place, ...]
    buyers: tuple[InventedBuyer, ...]
    suppliers: tuple[Supplier, ...]
    objects: tuple[PurchasedObject, ...]
    phrases: dict[str, Any]

    def list_of(self, name: str, language: str) -> list[str]:
        """A list of phrases in one language."""
        found: list[str] = self.phrases[name][language.lower()]
        return found

    def phrase(self, name: str, language: str) -> str:
        """A single phrase in one language."""
        return str(self.phrases[name][language.lower()])


@cache
def invented_world() -> InventedWorld:
    """The world that ships with the simulated portal."""
    places = tuple(_places())
    by_name = {name: place for place in places for name in place.names.values()}
    return InventedWorld(
        places,
        tuple(_buyer(row, by_name) for row in _rows("buyers.csv")),
        tuple(
            Supplier(int(row["id"]), row["name"], tuple(row["sectors"].split()), by_name[row["city"]], row["size"])
            for row in _rows("suppliers.csv")
        ),
        tuple(_objects()),
        yaml.safe_load((DATA / "phrases.yml").read_text(encoding="utf-8")),
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _places() -> list[Place]:
    return [
        Place(
            {"FR": row["fr"], "NL": row["nl"], "DE": row["de"]},
            row["nuts"],
            row["postcode"],
            tuple(row["languages"].split()),
        )
        for row in _rows("places.csv")
    ]


def _objects() -> list[PurchasedObject]:
    return [
        PurchasedObject.model_validate({**entry, "nature": nature})
        for file, nature in NATURES.items()
        for entry in yaml.safe_load((DATA / f"objects_{file}.yml").read_text(encoding="utf-8"))
    ]


def _buyer(row: dict[str, str], places: dict[str, Place]) -> InventedBuyer:
    number = int(row["id"])
    given = {language: row[language.lower()] for language in ("FR", "NL", "DE") if row[language.lower()]}
    fallback = next(iter(given.values()))
    names = {language: given.get(language, fallback) for language in ("NL", "FR", "DE", "EN")}
    tree = (*(int(level) for level in row["tree"].split()), number)
    cbe = None if number in WITHOUT_CBE_NUMBER else kbo_number(number)
    return InventedBuyer(
        Buyer(number, names, tree, cbe),
        row["kind"],
        tuple(row["languages"].split()),
        places[row["city"]],
        row["utility"] == "yes",
    )
