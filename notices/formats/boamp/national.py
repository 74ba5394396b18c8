"""National notices of schema 3.2.5: `FNSimple`, `MAPA`, `DSP` and `DIVERS`.

The four shapes hold `organisme` and one section named after what is announced (`initial`, `attribution`, ...). Their
blocks differ in name and place, never in meaning, so one table says what reads each block wherever it stands.
(Paths: dossier 1.7; MAPA from a notice of 2024, the others from templates and clients of the interface.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from notices.formats.boamp import ignored, printed, seats
from notices.formats.boamp.draft import Draft
from notices.formats.boamp.frame import Frame
from notices.formats.boamp.identity import parse_idweb
from notices.formats.boamp.national_awards import read_award, read_prose
from notices.formats.boamp.national_lots import estimate, goods, length, place, read_lots
from notices.formats.boamp.node import Node
from notices.formats.boamp.rectifications import read_corrections
from notices.model import AwardCriterion, Document, Organisation

SHAPES: Final = frozenset({"FNSimple", "MAPA", "DSP", "DIVERS"})

_RESERVED: Final = re.compile(r"march[ée]s? réservés?\s*:\s*(oui|non)\b", re.IGNORECASE)
_NUTS: Final = re.compile(r"codes? NUTS\s*:\s*(FR[0-9A-Z]{0,3})\b(?!\s*[,;/]\s*FR)", re.IGNORECASE)

Handler = Callable[[Node, Draft, Frame], None]


def read_national(shape: Node, draft: Draft, frame: Frame) -> None:
    """Read the object under the name of a shape."""
    buyer = shape.at("organisme")
    if buyer.present:
        _read_buyer(buyer, draft)
    for section in shape.names:
        if section == "organisme" or section.startswith("@"):
            continue
        for node in shape.each(section):
            _read_section(node, draft, frame)


def _read_section(section: Node, draft: Draft, frame: Frame) -> None:
    """A section, or the sentence that stands in its place."""
    if text := section.text():
        draft.more.append(text)
    for name in section.names:
        handler = BLOCKS.get(name)
        if handler is not None:
            for node in section.each(name):
                handler(node, draft, frame)
    section.ignore(*ignored.of_national("initial"))


def _read_buyer(node: Node, draft: Draft) -> None:
    """Name, number where the shape has one, and address. The NUTS code of the buyer is that of its postal code."""
    address, contact = node.at("adr"), node.at("coord")
    street = address.line("voie", "nomvoie") or address.line("adresse") or node.line("adresse")
    postal_code = node.line("cp") or address.line("cp")
    town = node.line("ville") or address.line("ville")
    name = node.first("acheteurPublic", "nomOfficiel", "denomination").line()
    country = node.line("pays") or address.line("pays")
    code = node.line("codeNUTS")
    by_code = printed.place_of_nuts(code, node) if code else None
    seat = seats.at_home(seats.Address(country, postal_code, town, street), node, by_code)
    kind = node.line("classificationOrganisme") or node.word("categorieOrganisme")
    draft.buyers.append(
        Organisation(
            name=printed.in_french(name),
            identifiers=printed.identifiers((node.line("codeIdentificationNational"),)),
            place=seat,
            website=contact.line("url") or node.line("url"),
            email=contact.line("mel") or node.line("mel"),
            phone=contact.line("tel") or node.line("tel"),
            legal_type=_LEGAL_TYPES.get(kind or ""),
        )
    )
    contact.ignore("fax")
    draft.profile = node.line("urlProfilAcheteur")
    address.at("voie").ignore("typvoie", "numvoie")
    node.ignore(*ignored.of_national("organisme"))


_LEGAL_TYPES: Final = {"3": "la", "4": "la"}
"""eForms code by `classificationOrganisme`: 3 is a département, 4 a commune; no other number is known."""


def _communication(node: Node, draft: Draft, _frame: Frame) -> None:
    if url := node.line("urlDocConsul"):
        draft.documents.append(Document(url=url))
    draft.profile = node.line("urlProfilAch") or draft.profile
    draft.submission_url = node.line("urlParticipation") or draft.submission_url
    if reference := node.line("identifiantInterne"):
        draft.references.append(reference)
    contact, mail = node.line("nomContact"), node.line("adresseMailContact")
    # Many senders print the address where the name of the person belongs.
    email = mail or (contact if contact and "@" in contact else None)
    phone = node.line("telContact")
    if draft.buyers and (email or phone):
        buyer = draft.buyers[0]
        draft.buyers[0] = buyer.model_copy(update={"email": buyer.email or email, "phone": buyer.phone or phone})
    node.ignore(*ignored.of_national("communication"))


def _procedure(node: Node, draft: Draft, _frame: Frame) -> None:
    """The kind of procedure is a flag element; what else stands here has a name of its own."""
    for name in node.names:
        if name.startswith("procedure"):
            draft.procedures.append(name)
            node.ignore(name)
    if kind := node.word("typeProcedure"):
        draft.procedures.append(kind)
    _limit(node, draft, "dateReceptionOffres")
    _requests(node, draft, "dateReceptionCandidatures")
    for name in ("criteresAttrib", "criteresAttribution"):
        if text := node.text(name):
            draft.criteria.append(AwardCriterion(description=printed.in_french(text)))
    if (variants := node.answer("variantes")) is not None:
        draft.variants_allowed = variants
    node.ignore(*ignored.of_national("procedure"))


def _limit(node: Node, draft: Draft, name: str) -> None:
    draft.limits.extend((text, item) for item in node.each(name) if (text := item.line()))


def _requests(node: Node, draft: Draft, name: str) -> None:
    draft.requests.extend((text, item) for item in node.each(name) if (text := item.line()))


def _nature(node: Node, draft: Draft, _frame: Frame) -> None:
    """`natureMarche`: in FNSimple the whole object of the contract, in MAPA its nature as a flag."""
    words = tuple(name for name in node.names if name in ("fournitures", "services", "travaux"))
    node.ignore(*words)
    draft.natures.extend(printed.natures((*words, *node.words("typeMarche"))))
    _object(node, draft)


def _object(node: Node, draft: Draft) -> None:
    """What is bought, in any of the shapes."""
    draft.title = draft.title or node.first("intitule", "titreMarche", "objet").line()
    for name in ("description", "objetComplet"):
        if text := node.text(name):
            draft.description.append(text)
    if reference := node.line("numeroReference"):
        draft.references.append(reference)
    draft.classifications.extend(goods(node))
    where = place(node)
    draft.places.extend((where,) if where else ())
    money = estimate(node, draft.tax)
    draft.values.extend((money,) if money else ())
    draft.duration = draft.duration or length(node, draft.zone)
    draft.natures.extend(printed.natures(node.words("natureContrat")))
    read_lots(node, draft)


def _description(node: Node, draft: Draft, _frame: Frame) -> None:
    """`description` of MAPA is an object; where it is a text, it describes."""
    if text := node.text():
        draft.description.append(text)
    _object(node, draft)


def _short_description(node: Node, draft: Draft, _frame: Frame) -> None:
    _object(node, draft)


def _features(node: Node, draft: Draft, _frame: Frame) -> None:
    for name in ("principales", "quantites"):
        if text := node.text(name):
            draft.description.append(text)
    if node.has("variantes"):
        said = node.answer("variantes")
        draft.variants_allowed = said
        if said is None and (text := node.text("variantes")):
            draft.more.append(f"Variantes : {text}")


def _duration(node: Node, draft: Draft, _frame: Frame) -> None:
    draft.duration = draft.duration or length(node, draft.zone)
    if text := node.text("txtLibre"):
        draft.more.append(f"Durée : {text}")


def _criteria(node: Node, draft: Draft, _frame: Frame) -> None:
    """Weights are percentages. `critereCDC` says that the documents name them."""
    for item in node.each("criterePondere"):
        share = printed.decimal(item.line("criterePCT"), item)
        draft.criteria.append(
            AwardCriterion(
                name=printed.in_french(item.text("critere")),
                weight=share,
                weight_kind="per-exa" if share is not None else None,
            )
        )
    for name in ("critereLibre", "critereTexte"):
        if text := node.text(name):
            draft.criteria.append(AwardCriterion(description=printed.in_french(text)))
    node.ignore("critereCDC")


def _delays(node: Node, draft: Draft, _frame: Frame) -> None:
    _limit(node, draft, "receptionOffres")
    _requests(node, draft, "receptionCandidatures")
    node.ignore(*ignored.of_national("delais"))


def _information(node: Node, draft: Draft, _frame: Frame) -> None:
    if reference := node.line("idMarche"):
        draft.references.append(reference)
    for name in ("rensgComplt", "autresInformComplementaire", "autresInformations", "autresInfos"):
        if text := node.text(name):
            draft.more.append(text)
            _labelled(text, node, draft)
    if visit := node.text("oui", "visiteDetail"):
        draft.more.append(f"Visite : {visit}")
    node.ignore("non", "visiteObligatoire")


def _labelled(text: str, node: Node, draft: Draft) -> None:
    """Facts that senders of MAPA notices print in words, each with a fixed label that stands there once."""
    reserved, codes = _RESERVED.findall(text), _NUTS.findall(text)
    if len(reserved) == 1 and draft.reserved is None:
        draft.reserved = reserved[0].lower() == "oui"
    if len(codes) == 1 and not any(place.nuts for place in draft.places):
        where = printed.place_of_nuts(codes[0], node)
        draft.places.extend((where,) if where else ())


def _free(node: Node, draft: Draft, _frame: Frame) -> None:
    if text := node.text():
        draft.more.append(text)


def _reference(node: Node, draft: Draft, _frame: Frame) -> None:
    if text := node.line():
        draft.references.append(text)


def _earlier(node: Node, _draft: Draft, frame: Frame) -> None:
    """`avisInitial`: the notice that this one corrects or concludes."""
    idweb = node.line("idWeb") or node.line()
    if idweb and parse_idweb(idweb) is None:
        node.note("This is not the key of a notice.", idweb, "idWeb")
    frame.name(parse_idweb(idweb))
    node.ignore("datePublication", "numParution", "dateEnvoi", "jal", "boamp")


def _addresses(node: Node, draft: Draft, _frame: Frame) -> None:
    """Further addresses: the page of the documents, and organisations that are not the buyer."""
    url = node.line("document", "coord", "url")
    if url and url not in {document.url for document in draft.documents}:
        draft.documents.append(Document(url=url))
    for holder in (*(node.at(name) for name in node.names), *_inner(node)):
        name = holder.line("PersonneMorale")
        contact, address = holder.at("coord"), holder.at("adr")
        street = address.line("voie", "nomvoie")
        country = address.line("pays") or holder.line("pays")
        where = seats.Address(country, address.line("cp"), address.line("ville"), street)
        email, phone, website = contact.line("mel"), contact.line("tel"), contact.line("url")
        contact.ignore("fax")
        address.at("voie").ignore("typvoie", "numvoie")
        holder.ignore("PersonnePhysique")
        own = draft.buyers[0].name.get(printed.FRENCH) if draft.buyers else None
        if name and name != own:
            seat = seats.at_home(where, holder)
            draft.others.append(
                Organisation(name=printed.in_french(name), place=seat, email=email, phone=phone, website=website)
            )


def _inner(node: Node) -> tuple[Node, ...]:
    """Administrative and technical addresses stand one level deeper."""
    return tuple(node.at("admOuTech", name) for name in node.at("admOuTech").names)


def _undivided(_node: Node, _draft: Draft, _frame: Frame) -> None:
    """`marcheUnique` says that there are no lots."""


def _lots(node: Node, draft: Draft, _frame: Frame) -> None:
    read_lots(node, draft)


def _award(node: Node, draft: Draft, _frame: Frame) -> None:
    read_award(node, draft)


def _prose(node: Node, draft: Draft, frame: Frame) -> None:
    read_prose(node, draft, frame)


def _corrections(node: Node, draft: Draft, _frame: Frame) -> None:
    read_corrections(node, draft)


def _received(node: Node, draft: Draft, _frame: Frame) -> None:
    """`autresInformations` of a result: how many tenders came in, for a contract with one result."""
    received = printed.count(node.line("nbOffresRecues"), node)
    if received is not None and len(draft.results) == 1:
        draft.results[0] = draft.results[0].model_copy(
            update={"tenders_received": received, "tenders_received_basis": "tenders"}
        )
    elif received is not None:
        draft.more.append(f"Nombre d'offres reçues : {received}")
    _information(node, draft, _frame)


BLOCKS: Final[dict[str, Handler]] = {
    "communication": _communication,
    "procedure": _procedure,
    "natureMarche": _nature,
    "descriptionMarche": _description,
    "description": _description,
    "descriptionReduite": _short_description,
    "objet": _description,
    "caracteristiques": _features,
    "duree": _duration,
    "criteres": _criteria,
    "delais": _delays,
    "renseignements": _information,
    "informComplementaire": _information,
    "infosSup": _free,
    "numeroReference": _reference,
    "avisInitial": _earlier,
    "adressesComplt": _addresses,
    "marcheUnique": _undivided,
    "lots": _lots,
    "attribution": _award,
    "attributionMarche": _prose,
    "autresInformations": _received,
    "infosRectif": _corrections,
}
