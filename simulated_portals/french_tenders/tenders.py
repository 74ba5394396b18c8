"""Invented calls and awards of French buyers. None of these organisations or contracts exists."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True)
class FrenchBuyer:
    """A buyer; the SIRET passes the Luhn check."""

    name: str
    siret: str
    street: str
    postal_code: str
    city: str
    departement: str
    departement_name: str


@dataclass(frozen=True)
class FrenchLot:
    """A lot of a call."""

    number: int
    title: str
    cpv: str
    estimate: int | None


@dataclass(frozen=True)
class FrenchTender:
    """A call, or the award that follows one. `corrections` counts the times it was corrected."""

    number: int
    title: str
    buyer: FrenchBuyer
    reference: str
    nature: str
    """T, S or F, as AWS codes them."""
    procedure: str
    """A key of `PROCEDURES`."""
    cpv: tuple[tuple[str, str], ...]
    published: date
    deadline: datetime
    months: int
    lots: tuple[FrenchLot, ...] = ()
    criteria: tuple[tuple[int, str], ...] = ((60, "Prix"), (40, "Valeur technique"))
    estimate: int | None = None
    award: bool = False
    social: bool = False
    green: bool = False
    boamp: str | None = None
    corrections: int = 0
    description: str = ""


PROCEDURES = {
    "PA": "Procédure adaptée",
    "AOO": "Appel d'offres ouvert",
    "AOE": "Appel d'offres restreint",
    "MN": "Procédure avec négociation",
    "DC": "Dialogue compétitif",
}
NATURES = {"T": "Travaux", "S": "Services", "F": "Fournitures"}

_BUYERS = (
    # name, nine digits less the check digit, street, postal code, city, département
    ("Commune de Brévigny-sur-Oise", "21950123", "3 place des Tilleuls", "95640", "BREVIGNY-SUR-OISE", "95"),
    ("Syndicat des eaux du Vexin oriental", "20003412", "12 chemin du Lavoir", "95420", "MAGNERVAL", "95"),
    ("Ville de Choisel-en-Brie", "21940456", "1 rue de l'Église", "94370", "CHOISEL-EN-BRIE", "94"),
    ("OPH Rives de Marne Habitat", "27940078", "48 avenue du Maréchal", "94210", "LA VAREINE", "94"),
    ("Communauté de communes des Trois Vallons", "24250117", "2 route de Besance", "25330", "AMANCEL", "25"),
    ("Département de la Haute-Ornaye", "22610091", "27 boulevard de Strasbourg", "61017", "ALENCEY", "61"),
    ("Centre hospitalier de Kerloc'h", "26290033", "5 rue de Brest", "29270", "KERLOC'H", "29"),
    ("Mairie de Saint-Aubrac", "21120345", "Place du Foirail", "12210", "SAINT-AUBRAC", "12"),
    ("Métropole de Lormond", "24330219", "16 quai des Chartrons", "33305", "LORMOND", "33"),
    ("SIVU des écoles de la Drouette", "25280065", "9 rue des Écoles", "28230", "EPERNAULT", "28"),
    ("Région Sud-Cévennes", "23300044", "201 avenue de la Pompignane", "30900", "NIMEZAC", "30"),
    ("Ville de Sainte-Rose-les-Hauts", "21971088", "Rue de la Mairie", "97115", "SAINTE-ROSE-LES-HAUTS", "971"),
)
_DEPARTEMENTS = {
    "95": "Val-d'Oise", "94": "Val-de-Marne", "25": "Doubs", "61": "Orne", "29": "Finistère", "12": "Aveyron",
    "33": "Gironde", "28": "Eure-et-Loir", "30": "Gard", "971": "Guadeloupe",
}  # fmt: skip
_SUBJECTS = {
    "T": (
        ("Réfection de la toiture du groupe scolaire Jean-Macé", "45261900", "Réparation et entretien de toitures"),
        ("Travaux de voirie, programme annuel", "45233140", "Travaux routiers"),
        ("Rénovation énergétique de l'hôtel de ville", "45321000", "Travaux d'isolation thermique"),
        ("Extension du réseau d'assainissement, tranche 2", "45232410", "Travaux d'assainissement"),
    ),
    "S": (
        ("Prestations de nettoyage des locaux et de la vitrerie", "90911200", "Services de nettoyage de bâtiments"),
        ("Mission de maîtrise d’œuvre pour la restructuration du gymnase", "71221000", "Services d'architecte"),
        ("Accord-cadre de prestations topographiques", "71351810", "Services de topographie"),
        ("Transport scolaire, circuits de la vallée", "60130000", "Services spécialisés de transport routier"),
    ),
    "F": (
        ("Fourniture de denrées alimentaires pour les cantines", "15000000", "Produits alimentaires et boissons"),
        ("Acquisition d'un véhicule de balayage", "34144431", "Balayeuses aspiratrices"),
        ("Fourniture de mobilier pour la médiathèque", "39155000", "Mobilier de bibliothèque"),
        ("Achat de matériel informatique reconditionné", "30200000", "Matériel et fournitures informatiques"),
    ),
}
_HOURS = (time(12), time(16), time(17, 30), time(23, 59))


def luhn_digit(digits: str) -> str:
    """The digit that makes `digits` followed by it pass the Luhn check."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = int(char) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def buyers() -> tuple[FrenchBuyer, ...]:
    """The invented buyers."""
    made = []
    for name, digits, street, postal_code, city, departement in _BUYERS:
        siren = digits + luhn_digit(digits)
        siret = siren + "0001" + luhn_digit(siren + "0001")
        made.append(FrenchBuyer(name, siret, street, postal_code, city, departement, _DEPARTEMENTS[departement]))
    return tuple(made)


class FrenchInventor:
    """Invents tenders that follow from a seed and a day alone."""

    def __init__(self, *, seed: int, today: date) -> None:
        self._random = random.Random(f"{seed}-{today.isoformat()}")
        self._today = today
        self._buyers = buyers()
        self._number = 0

    def tenders(self, count: int, *, awards: float = 0.0) -> tuple[FrenchTender, ...]:
        """So many, newest last; `awards` is the share of them that are awards."""
        days = sorted(self._today - timedelta(days=self._random.randint(0, 24)) for _ in range(count))
        return tuple(self.one(day, award=self._random.random() < awards) for day in days)

    def one(self, published: date, *, award: bool = False) -> FrenchTender:
        """One more, published on a day."""
        chance = self._random
        self._number += 1
        nature = chance.choice("TSF")
        title, cpv, label = chance.choice(_SUBJECTS[nature])
        buyer = chance.choice(self._buyers)
        lots = self._lots(title, cpv) if chance.random() < 0.4 else ()
        deadline = datetime.combine(published + timedelta(days=chance.randint(26, 55)), chance.choice(_HOURS))
        return FrenchTender(
            number=self._number,
            title=f"{title} - {buyer.city.title()}",
            buyer=buyer,
            reference=f"{published.year}-{nature}{self._number:04d}",
            nature=nature,
            procedure=chance.choice(("PA", "PA", "PA", "AOO", "AOO", "AOE", "MN", "DC")),
            cpv=((cpv, label),),
            published=published,
            deadline=deadline,
            months=chance.choice((3, 6, 12, 24, 48)),
            lots=lots,
            estimate=None if lots or chance.random() < 0.5 else chance.randint(40, 900) * 1000,
            award=award,
            social=chance.random() < 0.2,
            green=chance.random() < 0.25,
            boamp=f"{published:%y}-{100000 + self._number * 37}" if chance.random() < 0.3 else None,
            description=f"{title}, selon les prescriptions du cahier des charges.",
        )

    def _lots(self, title: str, cpv: str) -> tuple[FrenchLot, ...]:
        count = self._random.randint(2, 4)
        return tuple(
            FrenchLot(number, f"Lot {number} - {title.split(',')[0]}, secteur {'ABCD'[number - 1]}", cpv,
                      self._random.choice((None, self._random.randint(10, 300) * 1000)))
            for number in range(1, count + 1)
        )  # fmt: skip
