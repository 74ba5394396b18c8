"""The kinds of announcement that the portal knows beside calls (dossier, 2.1 and 2.7), and what each is in eForms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from notices.model import NoticeKind
from notices.values.text import fold


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `slug` ends the native ids of its notices and must never change."""

    slug: str
    label: str
    """As the portal prints it."""
    notice: NoticeKind
    code: str | None = None
    """annonceType of the search form; None for what has a list of its own."""
    about_a_call: bool = True
    """Whether it follows a call, which is then looked for."""
    opens_tenders: bool = False
    """Whether the buyer may have recorded the opening of tenders on line."""


# A décision de résiliation ends a concluded contract before its time. eForms has no form for that: `cancellation` ends
# a procedure, `completion` says that the contract was carried out; the modification of a contract is what is nearest.
KINDS: Final = (
    Kind("extrait-pv", "Annonce d'extrait de PV", NoticeKind.RESULT, "5", opens_tenders=True),
    Kind("resultat-definitif", "Annonce de résultat définitif", NoticeKind.RESULT, "4", opens_tenders=True),
    Kind("information", "Annonce d'information", NoticeKind.INFORMATION, "2", about_a_call=False),
    Kind("achevement", "Annonce de rapport d'achèvement", NoticeKind.COMPLETION, "6"),
    Kind("presentation", "Annonce de rapport de présentation", NoticeKind.INFORMATION, "9"),
    Kind("resiliation", "Annonce de décision de résiliation", NoticeKind.MODIFICATION, "8"),
)
CANCELLED: Final = Kind("annulation", "Consultation annulée", NoticeKind.CANCELLATION, about_a_call=False)
PROGRAMME: Final = Kind("programme", "Programme prévisionnel", NoticeKind.PLANNING, about_a_call=False)
TRACKING: Final = Kind("suivi", "Suivi de la consultation", NoticeKind.RESULT, about_a_call=False, opens_tenders=True)
UNKNOWN: Final = Kind("annonce", "Annonce", NoticeKind.INFORMATION, about_a_call=False)
"""What a list alone shows of an announcement: it does not print the kind."""

BY_SLUG: Final = {kind.slug: kind for kind in (*KINDS, CANCELLED, PROGRAMME, TRACKING, UNKNOWN)}
_BY_CODE: Final = {kind.code: kind for kind in KINDS}
_WORDS: Final = (
    ("extrait", "extrait-pv"),
    ("resultat", "resultat-definitif"),
    ("achevement", "achevement"),
    ("presentation", "presentation"),
    ("resiliation", "resiliation"),
    ("information", "information"),
)


def of_code(code: str | None) -> Kind | None:
    """The kind of an annonceType."""
    return _BY_CODE.get(code) if code else None


def of_label(printed: str | None) -> Kind | None:
    """The kind of a printed label; None for a call's and for an unknown one."""
    words = fold(printed or "")
    return next((BY_SLUG[slug] for part, slug in _WORDS if part in words), None)
