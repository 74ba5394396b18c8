"""What the search form of AWS is asked, and how a search that is too wide is split into narrower ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from crawlers.contract import CrawlError, Window

ALL = "X"
"""What the form sends where no choice was made."""
LISTS = {"EC": "open calls", "A": "expired calls", "AAA": "awards", "DE": "essential data"}
NATURES = {"T": "works", "S": "services", "F": "supplies"}
PROCEDURES = ("PA", "AOO", "AOE", "MN", "CO", "CR", "DC", "AU", "DSP")
"""The values of the form's field IDP: adapted, open, restricted, negotiated, two kinds of contest, ..."""
DAYS_BACK = 30
"""The form knows publication days of the last 30 days at most."""

_UNUSED = (
    "listeCPV",
    "txtLibre",
    "txtLibreLieuExec",
    "dateNotifDebut",
    "dateNotifFin",
    "txtAcheteurNom",
    "txtAcheteurSiret",
    "txtTitulaireNom",
    "txtTitulaireSiret",
    "txtLibreAcheteur",
    "txtLibreVille",
    "txtLibreRef",
    "txtLibreObjet",
)


@dataclass(frozen=True)
class Search:
    """One search of the form."""

    listed_as: str
    departements: tuple[str, ...] = ()
    nature: str = ALL
    procedure: str = ALL
    published: str = ""

    def form(self) -> dict[str, str]:
        """The fields as the form sends them."""
        return {
            "IDE": self.listed_as,
            "IDN": self.nature,
            "IDP": self.procedure,
            "IDR": ",".join(self.departements) or ALL,
            **dict.fromkeys(_UNUSED, ""),
            "dateParution": self.published,
            "dateExpiration": "",
            "annee": ALL,
            "Rechercher": "Rechercher",
        }

    def narrower(self, regions: tuple[tuple[str, ...], ...]) -> tuple[Search, ...]:
        """The searches that together ask the same: by region, département, nature, procedure. None when there are none.

        `regions` is what the form itself offers.
        """
        if not self.departements:
            return tuple(replace(self, departements=region) for region in regions)
        if len(self.departements) > 1:
            return tuple(replace(self, departements=(one,)) for one in self.departements)
        if self.nature == ALL:
            return tuple(replace(self, nature=nature) for nature in NATURES)
        if self.procedure == ALL:
            return tuple(replace(self, procedure=procedure) for procedure in PROCEDURES)
        return ()

    @property
    def split_by(self) -> str:
        """By what this search is narrower than the one before it."""
        if self.procedure != ALL:
            return "procedure"
        return "nature" if self.nature != ALL else "département"

    def __str__(self) -> str:
        where = f" in {','.join(self.departements)}" if self.departements else ""
        nature = f", {NATURES[self.nature]}" if self.nature != ALL else ""
        procedure = f", procedure {self.procedure}" if self.procedure != ALL else ""
        when = f", published{self.published} days ago" if self.published else ""
        return f"{LISTS.get(self.listed_as, self.listed_as)}{where}{nature}{procedure}{when}"


@dataclass(frozen=True)
class Asked:
    """The searches of a window, and which publication days may be on their lists."""

    searches: tuple[Search, ...]
    first: date | None = None
    last: date | None = None


def searches(window: Window, today: date, lists_of_a_day: tuple[str, ...]) -> Asked:
    """What to ask for a window. The form counts days back from today, and knows 30 of them."""
    if window.start is None or window.end is None:
        return Asked((Search("EC"),))
    back = (today - window.start).days
    if not 0 <= back < DAYS_BACK:
        raise CrawlError(
            f"The portal can be asked for the publication days of the last {DAYS_BACK} days only, not for {window}."
        )
    single = window.end - window.start == timedelta(days=1)
    published, first = f" < {DAYS_BACK}", today - timedelta(days=DAYS_BACK)
    last = today
    if single and back < 2:
        published, first, last = f" = {back}", window.start, window.start
    elif back < 8:
        published, first = " < 8", today - timedelta(days=8)
    return Asked(tuple(Search(name, published=published) for name in lists_of_a_day), first, last)
