"""The page of a consultation (dossier, section 4): every datum has an id of its own under one prefix.

An allotted consultation leaves estimate, deposit, reserved flag and variants empty here: they are in the popup of lots.
What is printed under an id, or beside a label, that nobody reads is reported as unread.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from lxml import etree

from crawlers.engines.atexo_ma import markup
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.rows import answer_of
from notices.model import Document
from notices.values.text import clean_line, fold, known_text

PREFIX = "ctl0_CONTENU_PAGE_idEntrepriseConsultationSummary_"
RECAP = "recap-consultation"
"""Id of the block that every page of a consultation has."""

LOTS = re.compile(PREFIX + r"nbrLots\"[^>]*>\s*[1-9]")
"""How a page says that the consultation has lots."""

_KEY = re.compile(r"refConsultation=([0-9A-Za-z_]{1,30})(?:&amp;|[^0-9A-Za-z]){1,8}orgAcronyme=([0-9A-Za-z_]{1,20})")
_REPEATED = re.compile(r"^(?P<list>\w+?)_(?P<repeater>Repeater\w+?)_ctl(?P<item>\d+)_(?P<part>\w+)$")
_VISIT = re.compile(r"^repeaterVisitesLieux_ctl(\d+)_(dateVisites|adresseVisites)$")
_AVIS = re.compile(r"idAvis=[0-9]+")

_PLAIN = {
    "reference": "reference", "entiteAchat": "entity", "annonce": "announcement", "typeProcedure": "procedure",
    "categoriePrincipale": "category", "dateHeureLimiteRemisePlis": "deadline", "nbrLots": "lot_count",
    "cautionProvisoire": "deposit", "varianteValeur": "variant", "email": "email", "telephone": "phone",
}  # fmt: skip
"""Tail of the id to the field of `Consultation`, for what is one line of text."""

_REMARKS = {
    "adresseRetraitDossiers": "Adresse de retrait des dossiers",
    "adresseDepotOffres": "Adresse de dépôt des offres",
    "lieuOuverturePlis": "Lieu d'ouverture des plis",
    "prixAcquisitionPlan": "Prix d'acquisition des plans",
    "qualification": "Qualifications",
    "agrements": "Agréments",
    "dateEchantillons": "Échantillons",
    "adresseEchantillons": "Adresse de dépôt des échantillons",
    "dateReunion": "Réunion",
    "adresseReunion": "Adresse de la réunion",
}
_READ_ELSEWHERE = frozenset(
    {
        "objet", "modePassation", "lieuxExecutions", "lieuxExecutionSuite", "domainesActivite", "linkDetailLots",
        "pictCertificat", "pictConsultationAnnulee", "panelPasVisitelieu", "libelleHeureLocalisation",
    }
)  # fmt: skip
_PERSONAL = frozenset({"contactAdministratif", "telecopieur"})
"""A person's name and fax: left out on purpose (law 09-08)."""
_DOCUMENTS = ("linkDownloadDce", "linkDownloadReglement", "linkDownloadComplement", "linkDownloadAvis")


def read_detail(page: etree._Element, printed: Consultation, *, address: str) -> None:
    """Fill `printed` from a page. What a list row said already stays only where the page is silent."""
    block = _block(page)
    found = _by_tail(block)
    printed.seen.append("detail")
    said_before = printed.deadline
    for tail, name in _PLAIN.items():
        if (words := markup.line(found.get(tail))) is not None:
            setattr(printed, name, words)
    printed.object = markup.text(found.get("objet")) or printed.object
    mode = markup.line(found.get("modePassation"))
    printed.mode = mode.lstrip("| ") if mode else None
    printed.places = markup.line(found.get("lieuxExecutions")) or printed.places
    printed.domains = markup.list_items(found.get("domainesActivite"))
    printed.cancelled = "pictConsultationAnnulee" in found and not _switched_off(found["pictConsultationAnnulee"])
    if said_before is not None and printed.deadline != said_before:
        printed.note(
            "detail.dateHeureLimiteRemisePlis", "The list says another deadline; the page is believed.", said_before
        )
    _read_answer(found, printed)
    _read_repeated(found, printed)
    _read_visits(found, printed)
    for tail, label in _REMARKS.items():
        if (words := "; ".join(markup.list_items(found.get(tail)))) != "":
            printed.remarks[label] = words
    printed.documents = _documents(page, address)
    _report_unread(block, found, printed)


def _block(page: etree._Element) -> etree._Element:
    """The block of the consultation, and the whole page where it is cut out of one."""
    return next((item for item in markup.elements(page) if item.get("id") == RECAP), page)


def _by_tail(block: etree._Element) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for item in markup.elements(block):
        name = item.get("id") or ""
        if name.startswith(PREFIX):
            found.setdefault(name.removeprefix(PREFIX), item)
    return found


def is_detail(page: etree._Element) -> bool:
    """Whether a page is that of a consultation."""
    return any(item.get("id") == RECAP or (item.get("id") or "").startswith(PREFIX) for item in markup.elements(page))


def key_of(text: str) -> tuple[str, str] | None:
    """Organisation and number that a page names in its links, where it names only one consultation."""
    keys = {(match[2], match[1]) for match in _KEY.finditer(text)}
    return keys.pop() if len(keys) == 1 else None


def numbers_of(text: str) -> frozenset[str]:
    """The numbers of all consultations that a page's links name."""
    return frozenset(match[1] for match in _KEY.finditer(text))


def _read_answer(found: dict[str, etree._Element], printed: Consultation) -> None:
    picture = found.get("pictCertificat")
    if picture is not None and not _switched_off(picture):
        printed.answer = answer_of(picture)


def _switched_off(picture: etree._Element) -> bool:
    # The larger part of the page is folded away by style: only the picture's own style counts.
    return re.search(r"display\s*:\s*none", picture.get("style") or "") is not None


def _read_repeated(found: dict[str, etree._Element], printed: Consultation) -> None:
    """Fields that the portal's administrators defined: each has a title, by which it is known."""
    for tail, element in found.items():
        match = _REPEATED.match(tail)
        if match is None or not match["part"].startswith("labelReferentiel"):
            continue
        title = markup.line(found.get(tail[: -len(match["part"])] + "titre"))
        words = markup.line(element)
        name = referential_field(title)
        if name is not None:
            setattr(printed, name, words)
        elif words is not None:
            printed.left_unread(f"detail.{title or tail}", words)


def referential_field(title: str | None) -> str | None:
    """The field that an administrator's field is, by its title: `Estimation (en Dhs TTC)`, `Réservé à la TPE …`."""
    start = fold(title or "")
    if "estimation" in start:
        return "estimate"
    return "reserved" if start.startswith("reserve") else None


def _read_visits(found: dict[str, etree._Element], printed: Consultation) -> None:
    visits: dict[int, list[str]] = {}
    for tail, element in found.items():
        match = _VISIT.match(tail)
        words = markup.line(element) if match else None
        if match and words:
            visits.setdefault(int(match[1]), []).append(words)
    if visits:
        printed.remarks["Visites des lieux"] = "; ".join(", ".join(parts) for _, parts in sorted(visits.items()))


def _documents(page: etree._Element, address: str) -> tuple[Document, ...]:
    """Links to the tender documents and to published notices. A template's link ends in an empty `idAvis=`."""
    found: dict[str, Document] = {}
    for link in page.iter("a"):
        href, name = link.get("href") or "", link.get("id") or ""
        if not name.endswith(_DOCUMENTS) and not ("EntrepriseDownloadAvisJAL" in href and _AVIS.search(href)):
            continue
        if href and not href.startswith("javascript"):
            url = urljoin(address, href.strip())
            found.setdefault(url, Document(url=url, title=markup.line(link)))
    return tuple(found.values())


def _report_unread(block: etree._Element, found: dict[str, etree._Element], printed: Consultation) -> None:
    for tail, element in found.items():
        if _is_read(tail) or any((item.get("id") or "").startswith(PREFIX) for item in element.iterdescendants()):
            continue
        if words := _words_beside_labels(element):
            printed.left_unread(f"detail.{tail}", words)
    for line in block.iter("div"):
        label = markup.first(line, "div", css="intitule-240")
        if label is None or not markup.has_class(line, "line") or _has_own_ids(line):
            continue
        rest = (markup.line(item) for item in line.iter("div") if markup.has_class(item, "content-bloc"))
        if words := next(filter(None, rest), None):
            printed.left_unread(f"detail.{clean_line(markup.line(label) or '').rstrip(' :')}", words)


def _words_beside_labels(element: etree._Element) -> str | None:
    words = markup.line(element)
    for label in element.iter("div"):
        if markup.has_class(label, "intitule-240"):
            words = (words or "").replace(markup.line(label) or "", "", 1)
    return known_text(words)


def _is_read(tail: str) -> bool:
    repeated = _REPEATED.match(tail)
    if repeated:
        return repeated["part"].startswith(("titre", "etoile", "deuxPoint", "labelReferentiel", "oldValue"))
    known = tail in _PLAIN or tail in _REMARKS or tail in _READ_ELSEWHERE or tail in _PERSONAL
    return known or _VISIT.match(tail) is not None


def _has_own_ids(line: etree._Element) -> bool:
    return any((item.get("id") or "").startswith(PREFIX) for item in markup.elements(line))
