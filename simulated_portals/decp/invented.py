"""Invents contracts with what the real tables show: frameworks, groups, modifications, lots, acts, dirty cells."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from simulated_portals.decp import words
from simulated_portals.decp.contracts import (
    AWARDS,
    CONCESSIONS,
    OLD,
    Line,
    SimulatedContract,
    SimulatedModification,
)

Accident = Callable[[SimulatedContract, int], SimulatedContract]


class Inventor:
    """Invents contracts; the same seed gives the same ones."""

    def __init__(self, seed: int, today: date) -> None:
        self._random = random.Random(f"decp {seed}")
        self.today = today
        self._serial = 0

    def contracts(self, count: int) -> list[SimulatedContract]:
        """Contracts published over the weeks before today; a few are concessions, a few are of the old format."""
        return [self._one(self._day(number), number) for number in range(count)]

    def one(self, day: date) -> SimulatedContract:
        """One more contract, published on a day."""
        return self._award(day, self._serial)

    def _day(self, number: int) -> date:
        """Every working day of the last three weeks has something, the last ones most."""
        back = number if number <= 20 else min(20, int(self._random.expovariate(1 / 4)))
        day = self.today - timedelta(days=back)
        return day - timedelta(days=max(0, day.weekday() - 4))

    def _one(self, day: date, turn: int) -> SimulatedContract:
        if turn % 25 == 24:
            return self._concession(day)
        return self._old(turn) if turn % 25 == 12 else self._award(day, turn)

    def _award(self, day: date, turn: int) -> SimulatedContract:
        self._serial += 1
        pick = self._random.choice
        notified = day - timedelta(days=pick((2, 9, 16, 40)))
        contract = SimulatedContract(
            dataset=AWARDS,
            buyer=words.siret(pick(words.BUYERS)),
            number=f"{notified.year}{pick(('M', 'T', 'S', 'L'))}{self._serial:05d}",
            published=day,
            cells=self._topic() | self._choices() | {"datenotification": notified.isoformat()},
        )
        return _ACCIDENTS.get(turn % 12, _none)(contract, turn)

    def _topic(self) -> Line:
        topic, pick = self._random.choice(words.TOPICS), self._random.choice
        return {
            "nature": "Marché",
            "objet": topic.title.format(place=pick(words.TOWNS), lot=pick((1, 2, 3))),
            "codecpv": topic.cpv,
            "ccag": topic.ccag,
            "montant": round(self._random.lognormvariate(11.7, 1.1), 2),
            "modalitesexecution": "Sans objet",
            "techniques": "Sans objet",
            "typesprix": "Définitif révisable",
            "marcheinnovant": "false",
        }

    def _choices(self) -> Line:
        pick = self._random.choice
        return {
            "procedure": pick(words.PROCEDURES),
            "titulaire_id_1": words.siret(700 + self._random.randrange(40)),
            "titulaire_typeidentifiant_1": "SIRET",
            "dureemois": pick((4, 12, 24, 36, 48)),
            "formeprix": pick(("Unitaire", "Forfaitaire", "Mixte")),
            "attributionavance": pick(("true", "false")),
            "offresrecues": str(pick((1, 2, 3, 5, 8))),
            "soustraitancedeclaree": "false",
            "typegroupementoperateurs": "Pas de groupement",
            "lieuexecution_code": pick(words.POSTAL_CODES),
            "lieuexecution_typecode": "Code postal",
            "considerationssociales": pick(words.SOCIAL),
            "considerationsenvironnementales": pick(words.GREEN),
            "source": pick(words.SOURCES),
        }

    def _concession(self, day: date) -> SimulatedContract:
        self._serial += 1
        pick = self._random.choice
        signed = day - timedelta(days=12)
        return SimulatedContract(
            dataset=CONCESSIONS,
            buyer=words.siret(pick(words.BUYERS)),
            number=f"{signed.year}DSP{self._serial:05d}",
            published=day,
            cells={
                "nature": "Délégation de service public",
                "objet": f"Exploitation de la fourrière automobile de {pick(words.TOWNS)}",
                "procedure": "Procédure négociée ouverte",
                "dureemois": 60,
                "considerationssociales": "Clause sociale",
                "considerationsenvironnementales": "Pas de considération environnementale",
                "datesignature": signed.isoformat(),
                "datedebutexecution": (day + timedelta(days=30)).isoformat(),
                "valeurglobale": round(self._random.lognormvariate(13, 0.5), 2),
                "montantsubventionpublique": "0",
                "concessionnaire_id_1": words.siret(750),
                "concessionnaire_typeidentifiant_1": "SIRET",
                "source": "AIFE_ATLINE",
            },
        )

    def _old(self, turn: int) -> SimulatedContract:
        self._serial += 1
        day = date(2023, 11, 6) + timedelta(days=turn % 5)
        return SimulatedContract(
            dataset=OLD,
            buyer=words.siret(words.BUYERS[turn % len(words.BUYERS)]),
            number=f"2023{self._serial:06d}",
            published=day,
            cells=words.OLD_CELLS
            | {
                "datenotification": (day - timedelta(days=20)).isoformat(),
                # Stored as a number: the leading zeros are gone.
                "titulaire_id_1": int(words.siret(744)),
            },
        )


def _none(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    return contract


def _with(contract: SimulatedContract, **cells: Any) -> SimulatedContract:
    return replace(contract, cells=contract.cells | cells)


def _modified_twice(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    """An old contract whose second modification is the news of the day."""
    amount: float = contract.cells["montant"]
    earlier, day = contract.published - timedelta(days=300), contract.published
    first = SimulatedModification(1, earlier - timedelta(days=9), earlier, amount=round(amount * 1.1, 2))
    second = SimulatedModification(2, day - timedelta(days=6), day, amount=round(amount * 1.2, 2), months=60)
    old = _with(contract, datenotification=(earlier - timedelta(days=200)).isoformat())
    return replace(old, published=earlier - timedelta(days=190), modifications=(first, second))


def _framework(contract: SimulatedContract, turn: int) -> SimulatedContract:
    amount = 999_999_999.0 if turn % 24 == 2 else contract.cells["montant"]
    return _with(contract, techniques="Accord-cadre", modalitesexecution="Bons de commande", montant=amount)


def _group(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    return _with(contract, **words.group_of(words.siret(741), words.vat_number(760)))


def _subcontracted(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    act = words.ACT | {"idsoustraitant": words.siret(742)}
    return replace(_with(contract, soustraitancedeclaree="true"), subcontracts=(act,))


def _twice(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    return replace(contract, copies=2)


def _capitals(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    title = contract.cells["objet"].replace("'", "\x92")
    return _with(contract, objet=title, offresrecues="MQ NC", procedure="PROCEDURE ADAPTEE", nature="MARCHE")


def _fillers(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    return _with(contract, montant=1.0, offresrecues="0")


def _strange_day(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    return _with(
        contract, lieuexecution_code="94", lieuexecution_typecode="CODE DEPARTEMENT", datenotification="0002-11-30"
    )


def _two_lots(contract: SimulatedContract, _turn: int) -> SimulatedContract:
    """Two lots under one number."""
    cells = contract.cells
    lot = {
        "objet": f"{cells['objet']} (second lot)",
        "montant": round(cells["montant"] / 3, 2),
        "titulaire_id_1": words.siret(743),
    }
    return replace(contract, extra_lines=(lot,))


_ACCIDENTS: Final[dict[int, Accident]] = {
    1: _modified_twice,
    2: _framework,
    3: _group,
    4: _subcontracted,
    5: _twice,
    6: _capitals,
    7: _fillers,
    8: _strange_day,
    9: _two_lots,
}
