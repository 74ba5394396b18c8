"""One record of French award data, read: what a buyer says of one contract, before records of the same one are folded.

The same reader serves the formats of 2019 and 2022, JSON and XML, and rows of tables (`table.py` gives them the shape
of 2022): the keys are the same, and what differs is the shape of their lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from notices.formats.decp import codes
from notices.formats.decp.fields import Fields, Log
from notices.formats.decp.leaves import key_of, text_of
from notices.formats.decp.parties import buyer, french_number, place_of_performance, winner
from notices.model import Organisation, Place

Kind = Literal["marche", "contrat-concession"]
Format = Literal["decp-2019", "decp-2022", "decp-table"]

_OF_2019: Final = re.compile(r"(?:19|20)[0-9]{2}.+[0-9]{2}")
"""Year, the buyer's own number, two digits that count the modifications (arrêté of 22 March 2019)."""

_EXTRAS: Final = (
    ("formePrix", "Forme du prix"),
    ("ccag", "CCAG"),
    ("typeGroupementOperateurs", "Groupement d'opérateurs"),
    ("tauxAvance", "Taux de l'avance"),
    ("origineUE", "Part d'origine européenne"),
    ("origineFrance", "Part d'origine française"),
    ("source", "Source des données"),
)
"""What the model has no field for, kept as lines of text, with the label that a reader understands."""


@dataclass(frozen=True, slots=True)
class Modification:
    """One modification of a contract; what it does not say stays as it was."""

    number: int | None
    notified: date | None
    published: date | None
    amount: Decimal | None
    months: int | None
    winners: tuple[Organisation, ...]
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Subcontract:
    """An act of subcontracting, or a modification of one."""

    number: int | None
    organisation: Organisation | None
    amount: Decimal | None
    months: int | None
    notified: date | None
    published: date | None
    modified: bool
    variation: str | None


@dataclass(frozen=True, slots=True)
class Contract:
    """What one record says of a contract."""

    kind: Kind
    format: Format
    buyer: Organisation
    buyer_id: str
    number: str
    printed_number: str
    title: str
    nature: str | None
    category: str | None
    cpv: str | None
    procedure: str | None
    techniques: tuple[str, ...]
    modalities: tuple[str, ...]
    price_types: tuple[str, ...]
    social: tuple[str, ...]
    green: tuple[str, ...]
    innovative: bool | None
    place: Place | None
    months: int | None
    started: date | None
    notified: date | None
    published: date | None
    amount: Decimal | None
    subsidy: Decimal | None
    winners: tuple[Organisation, ...]
    grouping: str | None
    subcontracting: bool | None
    offers: int | None
    framework_id: str | None
    modifications: tuple[Modification, ...]
    subcontracts: tuple[Subcontract, ...]
    extras: tuple[tuple[str, str], ...]

    @property
    def last_published(self) -> date | None:
        """The last day on which anything of the contract was published."""
        days = (self.published, *(modification.published for modification in self.modifications))
        return max((day for day in days if day is not None), default=None)


def key_of_record(record: dict[str, Any], form: Format) -> str | None:
    """The contract that a record is of: the buyer's SIRET and the contract's number, without what modifications added.

    None when the record lacks one of the two. This is the uid of the consolidated data (dossier France 3.4).
    """
    authority = record.get("acheteur") or record.get("autoriteConcedante") or {}
    printed = text_of(authority.get("id")) if isinstance(authority, dict) else None
    number = text_of(record.get("id"))
    if printed is None or number is None:
        return None
    return buyer_number(printed) + root_number(number, record, form)


def buyer_number(printed: str) -> str:
    """The digits of a buyer's SIRET with the zeros that were lost; what is none, without blanks."""
    found, _padded = french_number(printed)
    return re.sub(r"\s", "", printed) if found is None else found.siret or found.siren


def root_number(number: str, record: dict[str, Any], form: Format) -> str:
    """The contract's number; in the format of 2019 without the two digits that count the modifications so far."""
    if form == "decp-2022" or not _OF_2019.fullmatch(number):
        return number
    counted = record.get("_modificationCount")
    if counted is None:
        if form == "decp-table":
            return number
        counted = len(Log().open(record, "").objects("modifications", "modification"))
    return number[:-2] if int(number[-2:]) == counted else number


def read_contract(record: dict[str, Any], kind: Kind, form: Format, log: Log) -> Contract | None:
    """Read one record. None when it names no buyer, no number or no object: see `missing`."""
    fields = log.open(record, kind)
    _ignore_wrappers(fields)
    authority = fields.child("acheteur") or fields.child("autoriteConcedante")
    fields.raw("autoriteConcedante")
    found, number, title = buyer(authority), fields.text("id"), fields.text("objet")
    key = text_of(authority.raw("id"))
    if found is None or key is None or number is None or title is None:
        return None
    nature = fields.text("nature")
    concession = kind == "contrat-concession" or codes.is_concession(nature) or bool(fields.raw("autoriteConcedante"))
    return Contract(
        kind="contrat-concession" if concession else "marche",
        format=form,
        buyer=found,
        buyer_id=buyer_number(key),
        number=root_number(number, record, form),
        printed_number=number,
        title=title,
        nature=None if nature is None else codes.nature_of(nature),
        category=fields.text("categorieAchat"),
        cpv=fields.text("codeCPV"),
        procedure=fields.text("procedure"),
        framework_id=fields.text("idAccordCadre"),
        innovative=fields.flag("marcheInnovant"),
        place=place_of_performance(fields.child("lieuExecution")),
        offers=fields.count("offresRecues"),
        **_lists(fields),
        **_dates_and_amounts(fields),
        **_parties(fields),
        modifications=_modifications(fields),
        subcontracts=_subcontracts(fields),
        extras=_extras(fields),
    )


def missing(record: dict[str, Any]) -> str:
    """Which of the three things without which a record is no contract it lacks."""
    authority = record.get("acheteur") or record.get("autoriteConcedante")
    if not isinstance(authority, dict) or text_of(authority.get("id")) is None:
        return "acheteur.id"
    return "id" if text_of(record.get("id")) is None else "objet"


def _ignore_wrappers(fields: Fields) -> None:
    fields.ignore("_type", "uid", "uuid", "_modificationCount", "acheteur", "autoriteConcedante", "$schema")


def _lists(fields: Fields) -> dict[str, Any]:
    return {
        "techniques": fields.texts("techniques", "technique"),
        "modalities": fields.texts("modalitesExecution", "modaliteExecution"),
        "price_types": fields.texts("typesPrix", "typePrix") or fields.texts("typePrix", "typePrix"),
        "social": fields.texts("considerationsSociales", "considerationSociale"),
        "green": fields.texts("considerationsEnvironnementales", "considerationEnvironnementale"),
    }


def _dates_and_amounts(fields: Fields) -> dict[str, Any]:
    signed, notified = fields.day("dateSignature"), fields.day("dateNotification")
    amount, total = fields.amount("montant"), fields.amount("valeurGlobale")
    return {
        "months": fields.count("dureeMois"),
        "started": fields.day("dateDebutExecution"),
        "notified": notified or signed,
        "published": fields.day("datePublicationDonnees"),
        "amount": total if amount is None else amount,
        "subsidy": fields.amount("montantSubventionPublique"),
    }


def _parties(fields: Fields) -> dict[str, Any]:
    parties = (*fields.objects("titulaires", "titulaire"), *fields.objects("concessionnaires", "concessionnaire"))
    return {
        "winners": distinct(tuple(found for item in parties if (found := winner(item)) is not None)),
        "grouping": fields.text("typeGroupementOperateurs"),
        "subcontracting": fields.flag("sousTraitanceDeclaree"),
    }


def identity_of(party: Organisation) -> str:
    """What makes two mentions of an organisation one: its identifier, else its name."""
    if party.identifiers:
        return f"{party.identifiers[0].scheme}:{party.identifiers[0].value}"
    return key_of(next(iter(party.name.values()), ""))


def distinct(parties: tuple[Organisation, ...]) -> tuple[Organisation, ...]:
    """Each organisation once, with the first name that was given for it."""
    found: dict[str, Organisation] = {}
    for party in parties:
        known = found.setdefault(identity_of(party), party)
        if not known.name and party.name:
            found[identity_of(party)] = party
    return tuple(found.values())


def _modifications(fields: Fields) -> tuple[Modification, ...]:
    return tuple(_modification(item) for item in fields.objects("modifications", "modification"))


def _modification(fields: Fields) -> Modification:
    parties = (*fields.objects("titulaires", "titulaire"), *fields.objects("concessionnaires", "concessionnaire"))
    amount, total = fields.amount("montant"), fields.amount("valeurGlobale")
    notified, signed = fields.day("dateNotificationModification"), fields.day("dateSignatureModification")
    return Modification(
        number=fields.count("id"),
        notified=notified or signed,
        published=fields.day("datePublicationDonneesModification"),
        amount=total if amount is None else amount,
        months=fields.count("dureeMois"),
        winners=distinct(tuple(found for item in parties if (found := winner(item)) is not None)),
        purpose=fields.text("objetModification"),
    )


def _subcontracts(fields: Fields) -> tuple[Subcontract, ...]:
    acts = fields.objects("actesSousTraitance", "acteSousTraitance")
    changed = fields.objects(
        "modificationsActesSousTraitance", "modificationActeSousTraitance", "modificationActesSousTraitance"
    )
    return (*(_subcontract(item, modified=False) for item in acts), *(_subcontract(i, modified=True) for i in changed))


def _subcontract(fields: Fields, *, modified: bool) -> Subcontract:
    party = fields.child("sousTraitant")
    first, later = fields.day("dateNotification"), fields.day("dateNotificationModificationSousTraitance")
    return Subcontract(
        number=fields.count("id"),
        organisation=winner(party) if party else None,
        amount=fields.amount("montant"),
        months=fields.count("dureeMois"),
        notified=later or first,
        published=fields.day("datePublicationDonnees"),
        modified=modified,
        variation=fields.text("variationPrix"),
    )


def _extras(fields: Fields) -> tuple[tuple[str, str], ...]:
    lines = [(label, text) for key, label in _EXTRAS if (text := fields.text(key)) is not None]
    advance = fields.flag("attributionAvance")
    if advance is not None:
        lines.append(("Avance", "oui" if advance else "non"))
    years = fields.objects("donneesExecution", "donneesAnnuelles")
    return (*lines, *(("Données d'exécution", _year_of_execution(year)) for year in years))


def _year_of_execution(fields: Fields) -> str:
    """One year of a concession: what was invested, and the tariffs that users pay."""
    published, spent = fields.day("datePublicationDonneesExecution"), fields.amount("depensesInvestissement")
    parts = [f"publiées le {published}"] if published else []
    if spent is not None:
        parts.append(f"investissements {spent} EUR")
    tariffs = fields.objects("tarifs", "tarif")
    parts.extend(f"{item.text('intituleTarif') or 'tarif'} : {item.amount('tarif')} EUR" for item in tariffs)
    return ", ".join(parts)
