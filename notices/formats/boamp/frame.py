"""What the bulletin says around a notice: the flat record of the interface and `gestion`, its management block.

Both say much the same; the record of version 2.1 of the interface has lists and nulls, that of version 1 texts joined
by commas and no key for a null; the dumps have only `GESTION`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Final

from notices.formats.boamp import printed
from notices.formats.boamp.identity import parse_idweb
from notices.formats.boamp.kinds import CANCELLED, CORRECTED, kind_of, nature_kind, plain_code
from notices.formats.boamp.node import Node, plain
from notices.model import Deadline, DeadlineKind, Link, Nature, NoticeKind, Place

PAGE: Final = "https://www.boamp.fr/pages/avis/?q=idweb:{idweb}"
WORK: Final = "département d'exécution"
PUBLICATION: Final = "département de publication"

_TED_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")
_TED_NUMBER: Final = re.compile(r"0*([1-9][0-9]{0,7})")

_REPEATS: Final = (
    "famille_libelle", "nature_libelle", "sousnature_libelle", "nature_categorise", "nature_categorise_libelle",
    "procedure_categorise", "type_marche_facette", "marche_public_simplifie_label", "filename", "dc", "id",
)  # fmt: skip
"""Labels and facets of codes that are read, and the name of a file."""
_NEVER_READ: Final = ("url_avis", "annonces_anterieures", "annonces_anterieures_schema_v110", "marche_public_simplifie")
"""The address of the page, which follows from the key; blobs from which no link may be taken (dossier 1.9: their
dates look like keys); and a procedure that was closed in 2019."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A notice that this one names as an earlier one."""

    idweb: str
    nature: str | None = None
    ted_number: str | None = None


@dataclass(slots=True)
class Frame:
    """Facts of the bulletin about one notice."""

    idweb: str | None = None
    nature: str | None = None
    subnature: str | None = None
    state: str | None = None
    types: tuple[str, ...] = ()
    family: str | None = None
    perimeter: str | None = None
    schema: str | None = None
    published: date | None = None
    shown_until: date | None = None
    deadline: Deadline | None = None
    procedure_id: str | None = None
    title: str | None = None
    buyer: str | None = None
    winners: tuple[str, ...] = ()
    natures: tuple[Nature, ...] = ()
    procedures: tuple[str, ...] = ()
    publication_departements: tuple[str, ...] = ()
    work_departements: tuple[str, ...] = ()
    descriptors: tuple[str, ...] = ()
    social: bool | None = None
    green: bool | None = None
    earlier: dict[str, Earlier] = field(default_factory=dict)
    ted_numbers: list[str] = field(default_factory=list)

    @property
    def kind(self) -> NoticeKind | None:
        """What the codes of the bulletin say of the kind."""
        return kind_of(self.nature, self.state, self.types)

    @property
    def cancels(self) -> bool:
        """Whether the notice gives up the one it names."""
        return plain_code(self.state or "") == CANCELLED or nature_kind(self.nature) is NoticeKind.CANCELLATION

    @property
    def subtype(self) -> str | None:
        """The portal's own type, such as `APPEL_OFFRE/CONCESSION`."""
        return "/".join(filter(None, (self.nature, self.subnature))) or None

    def places(self) -> tuple[Place, ...]:
        """Where the work is done, else where the notice is announced."""
        codes, said = (self.work_departements, WORK) if self.work_departements else (
            self.publication_departements, PUBLICATION
        )  # fmt: skip
        return tuple(printed.place_of_departement(code, said) for code in codes)

    def name(self, idweb: str | None, nature: str | None = None, ted_number: str | None = None) -> None:
        """An earlier notice is named, perhaps again with more facts."""
        if idweb is None or idweb == self.idweb:
            return
        known = self.earlier.get(idweb, Earlier(idweb))
        self.earlier[idweb] = Earlier(idweb, nature or known.nature, ted_number or known.ted_number)

    def links(self, kind: NoticeKind) -> tuple[Link, ...]:
        """References to earlier notices, here and in the Official Journal of the Union."""
        found: list[Link] = []
        for earlier in self.earlier.values():
            relation = self._relation(kind, earlier)
            found.append(Link(relation=relation, scheme="portal-reference", value=earlier.idweb))
            if earlier.ted_number:
                found.append(Link(relation=relation, scheme="ted-publication-number", value=earlier.ted_number))
        found += [Link(relation="previous", scheme="ted-publication-number", value=no) for no in self.ted_numbers]
        by_target = {(link.scheme, link.value): link for link in reversed(found)}
        return tuple(link for link in found if by_target[link.scheme, link.value] is link)

    def _relation(self, kind: NoticeKind, earlier: Earlier) -> str:
        corrected = plain_code(self.state or "") in CORRECTED
        if corrected or kind in (NoticeKind.CHANGE, NoticeKind.CANCELLATION):
            return "changed"
        if kind is NoticeKind.MODIFICATION:
            return "modified"
        return "planning" if nature_kind(earlier.nature) is NoticeKind.PLANNING else "previous"


def read_record(record: Node, frame: Frame, zone: tzinfo) -> None:
    """The flat record, without `donnees` and `gestion`."""
    frame.idweb = parse_idweb(record.line("idweb")) or parse_idweb((record.line("id") or "").replace("_", "-"))
    frame.nature, frame.subnature = record.line("nature"), record.line("sousnature")
    frame.state, frame.family = record.line("etat"), record.line("famille")
    frame.types = several(record, "type_avis")
    frame.perimeter, frame.schema = record.line("perimetre"), record.line("source_schema")
    frame.published = printed.day(record.line("dateparution"), zone, record)
    frame.shown_until = printed.day(record.line("datefindiffusion"), zone, record)
    frame.deadline = printed.deadline(record.line("datelimitereponse"), DeadlineKind.TENDERS, zone, record)
    frame.procedure_id = record.line("contractfolderid")
    frame.title, frame.buyer = record.line("objet"), record.line("nomacheteur")
    frame.winners = _winners(record)
    frame.natures = printed.natures(several(record, "type_marche"))
    spelt = (*several(record, "type_procedure"), *several(record, "soustype_procedure"))
    frame.procedures = tuple(dict.fromkeys((*spelt, *several(record, "procedure_libelle"))))
    frame.publication_departements = several(record, "code_departement")
    frame.work_departements = several(record, "code_departement_prestation")
    frame.descriptors = _descriptors(record)
    _criteria(several(record, "criteres"), record, frame)
    for text in several(record, "annonce_lie"):
        if parse_idweb(text) is None:
            record.note("This is not the key of a notice.", text, "annonce_lie")
        frame.name(parse_idweb(text))
    record.ignore(*_REPEATS, *_NEVER_READ)


def several(record: Node, key: str) -> tuple[str, ...]:
    """The values of a key that is a list in version 2.1 and a text joined by commas in version 1."""
    lines = [line for node in record.each(key) if (line := " ".join(plain(node.printed).split()))]
    parts = lines if len(lines) > 1 else [part for line in lines for part in line.split(",")]
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _winners(record: Node) -> tuple[str, ...]:
    """Version 1 joins names by commas, which names contain: its text is then one name, with a note."""
    names = tuple(dict.fromkeys(line for node in record.each("titulaire") if (line := node.line())))
    if len(names) == 1 and "," in names[0]:
        record.note("A name with a comma, or several names.", names[0], "titulaire")
    return names


def _descriptors(record: Node) -> tuple[str, ...]:
    """Labels of the bulletin's own index; a label may hold a comma, its code may not."""
    codes = several(record, "descripteur_code")
    labels = tuple(line for node in record.each("descripteur_libelle") if (line := node.line()))
    if len(labels) == 1 and len(codes) > 1:
        parts = tuple(part.strip() for part in labels[0].split(","))
        labels = parts if len(parts) == len(codes) else labels
    return labels


def _criteria(words: tuple[str, ...], node: Node, frame: Frame) -> None:
    for word in words:
        if word.lower().startswith("socia"):
            frame.social = True
        elif word.lower().startswith("environnement"):
            frame.green = True
        else:
            node.note("This kind of criterion is unknown.", word)


def read_gestion(gestion: Node, frame: Frame, zone: tzinfo) -> None:
    """The management block; what the flat record said stays."""
    reference, index = gestion.at("REFERENCE"), gestion.at("INDEXATION")
    _read_reference(reference, frame)
    market = gestion.at("MARCHE")
    for earlier in (*reference.each("ANNONCE_ANTERIEUR"), *market.each("ANNONCE_ANTERIEUR")):
        _read_earlier(earlier, frame)
    frame.procedure_id = frame.procedure_id or market.line("ID_CONSULTATION")
    market.ignore("URL_CONSULTATION")
    _read_index(index, frame, zone)
    _read_subjects(index, frame)
    gestion.ignore("NOM_HTML")


def _read_reference(reference: Node, frame: Frame) -> None:
    named = parse_idweb(reference.line("IDWEB"))
    if frame.idweb and named and named != frame.idweb:
        reference.note("The management block is that of another notice; the record is believed.", named, "IDWEB")
    frame.idweb = frame.idweb or named
    sort = reference.at("TYPE_AVIS")
    family, perimeter, state = sort.word("FAMILLE"), sort.word("PERIMETRE"), sort.word("STATUT")
    nature = sort.at("NATURE")
    subnature = nature.word(nature.names[0]) if nature.names else None
    frame.nature = frame.nature or (nature.names[0] if nature.names else nature.line())
    frame.subnature = frame.subnature or subnature
    frame.family, frame.perimeter = frame.family or family, frame.perimeter or perimeter
    frame.state = frame.state or state
    reference.ignore("DATE_ENVOI")


def _read_earlier(earlier: Node, frame: Frame) -> None:
    """Current notices give `IDWEB`; older ones a whole `REFERENCE` with where it was published."""
    inside = earlier.at("REFERENCE")
    idweb = earlier.line("IDWEB") or inside.line("IDWEB")
    if parse_idweb(idweb) is None and idweb:
        earlier.note("This is not the key of a notice.", idweb, "IDWEB")
    ted_number = None
    for publication in earlier.each("REFERENCE_PUBLICATION"):
        ted_number = ted_number or _ted_number(publication.at("PUBLICATION_JOUE"))
        publication.ignore("PUBLICATION_ELECTRONIQUE", "PUBLICATION_PAPIER")
    frame.name(parse_idweb(idweb), inside.at("TYPE_AVIS").word("NATURE"), ted_number)
    inside.at("TYPE_AVIS").ignore("FAMILLE", "PERIMETRE", "STATUT")
    inside.ignore("DATE_ENVOI")
    earlier.ignore("TYPE_AVIS", "DATE_ENVOI")


def read_journal(publication: Node, frame: Frame) -> None:
    """`PUBLICATION_ANTERIEURE` of the oldest schema: a notice in the Official Journal of the Union."""
    for reference in publication.each("REFERENCE_PUBLICATION"):
        number = _ted_number(reference.at("PUBLICATION_JOUE"))
        if number and number not in frame.ted_numbers:
            frame.ted_numbers.append(number)
        reference.ignore("PUBLICATION_ELECTRONIQUE", "PUBLICATION_PAPIER")


def _ted_number(journal: Node) -> str | None:
    year, number = journal.line("ANNEE") or "", _TED_NUMBER.fullmatch(journal.line("NUM_ANNONCE") or "")
    journal.ignore("NUM_PARUTION", "DATE_PUBLICATION")
    return f"{number[1]}-{year}" if number and _TED_YEAR.fullmatch(year) else None


def _read_index(index: Node, frame: Frame, zone: tzinfo) -> None:
    published = printed.day(index.line("DATE_PUBLICATION"), zone, index)
    shown_until = printed.day(index.line("DATE_FIN_DIFFUSION"), zone, index)
    limit = printed.deadline(index.line("DATE_LIMITE_REPONSE"), DeadlineKind.TENDERS, zone, index)
    frame.published, frame.shown_until = frame.published or published, frame.shown_until or shown_until
    if limit and frame.deadline and limit.at != frame.deadline.at:
        # The block prints the clock of Paris; the record an instant that was converted, perhaps wrongly, from it.
        told = frame.deadline.at.isoformat()
        index.note("The flat record has another deadline; this one is believed.", told, "DATE_LIMITE_REPONSE")
    frame.deadline = limit or frame.deadline
    schema, title, buyer = index.line("SCHEMA"), index.line("RESUME_OBJET"), index.line("NOMORGANISME")
    frame.schema, frame.title = frame.schema or schema, frame.title or title
    frame.buyer = frame.buyer or buyer
    frame.winners = frame.winners or _named(index)
    spelt = index.words("TYPE_PROCEDURE")
    frame.procedures = tuple(dict.fromkeys((*frame.procedures, *spelt)))
    natures = printed.natures(index.words("NATURE_MARCHE"))
    frame.natures = frame.natures or natures
    _criteria(index.words("CRITERES_SOCIAUX_ENV"), index, frame)
    announced, work = index.texts("DEP_PUBLICATION"), index.texts("DEP_PRESTATION")
    frame.publication_departements = frame.publication_departements or announced
    frame.work_departements = frame.work_departements or work
    index.ignore("TITRE", "DATE_OUVERTURE_OFFRES")


def _named(index: Node) -> tuple[str, ...]:
    """`TITULAIRES`, a list of names or of objects with a name."""
    holder = index.at("TITULAIRES")
    names = [node.line() or node.first("DENOMINATION", "NOM").line() for node in holder.each("TITULAIRE")]
    return tuple(dict.fromkeys(name for name in (*names, holder.line()) if name))


def _read_subjects(index: Node, frame: Frame) -> None:
    """The bulletin's own index of subjects. It is no CPV: none is made of it."""
    labels: list[str] = []
    for group, member in (("DESCRIPTEURS", "DESCRIPTEUR"), ("CLASSES", "CLASSE")):
        for node in index.at(group).each(member):
            label = node.line("LIBELLE")
            node.ignore("CODE")
            if label:
                labels.append(label)
    if labels:
        frame.descriptors = tuple(dict.fromkeys(labels))
