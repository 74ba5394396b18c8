"""What the platforms call procedures and announcements, as eForms codes and kinds.

Labels are free text of each platform's administrators; the beginnings below cover what was met. The rules behind them:
code de la commande publique, articles L2123-1 (procédure adaptée), L2124-1 and following (appel d'offres, procédure
avec négociation, dialogue compétitif), L2125-1 4° (a dynamic purchasing system follows the rules of the restricted
procedure), L2122-1 (marché sans publicité ni mise en concurrence), L2172-3 (partenariat d'innovation).
"""

from __future__ import annotations

import re

from notices.model import DeadlineKind, NoticeKind
from notices.values.text import fold

_PROCEDURES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"(systeme d'acquisition dynamique|sad(\b|-a))", "restricted"),
        (r"appel d'offres? ouvert|aoo\b|procedure ouverte", "open"),
        (r"appel d'offres? restreint|aor\b|procedure restreinte", "restricted"),
        (r"(marche a )?procedure adaptee.*restreint|mapa.*restreint|mapa-?r\b", "oth-mult"),
        (r"(marche a )?procedure adaptee|mapa\b|mapa-?o\b", "oth-single"),
        (r"dialogue competitif|dc\b", "comp-dial"),
        (r".*sans publicite ni mise en concurrence|.*sans publicite|mnsp\b|.*sans mise en concurrence", "neg-wo-call"),
        (r"partenariat d'innovation", "innovation"),
        (r"procedure (concurrentielle )?avec negociation|procedure negociee|marche negocie|pn\b|pcn\b", "neg-w-call"),
        (r"concours ouvert", "open"),
        (r"concours restreint", "restricted"),
    )
)
"""First match wins. A contest, a concession, a call-off or `Autre` says nothing of its procedure and stays without."""

_TWO_STAGES = frozenset({"restricted", "neg-w-call", "comp-dial", "innovation", "oth-mult"})

_ANNOUNCEMENTS: tuple[tuple[str, NoticeKind], ...] = (
    ("annonce de consultation", NoticeKind.COMPETITION),
    ("avis d'appel public a la concurrence", NoticeKind.COMPETITION),
    ("avis de marche", NoticeKind.COMPETITION),
    ("avis d'appel a candidature", NoticeKind.COMPETITION),
    ("avis de pre-information", NoticeKind.PLANNING),
    ("avis de preinformation", NoticeKind.PLANNING),
    ("annonce d'information", NoticeKind.PLANNING),
    ("annonce d'attribution", NoticeKind.RESULT),
    ("avis d'attribution", NoticeKind.RESULT),
    ("avis d'intention de conclure", NoticeKind.DIRECT_AWARD),
)


_EXERCISE = re.compile(r"entrainement a la reponse|consultation (de |d')?(test|entrainement|formation)\b|test de depot")
"""Consultations at which suppliers try the platform out; they close in 2030 and nobody buys."""


def is_exercise(title: str) -> bool:
    """Whether a consultation is there for practice."""
    return _EXERCISE.search(_key(title)) is not None


def _key(printed: str) -> str:
    return " ".join(fold(printed.replace("’", "'")).split())


def procedure_code(*printed: str) -> str | None:
    """The eForms code of the first printed procedure that is known; None when none is."""
    for text in printed:
        key = _key(text)
        for pattern, code in _PROCEDURES:
            if key and pattern.match(key):
                return code
    return None


def deadline_kind(code: str | None) -> DeadlineKind:
    """What is due first: requests to take part where the procedure has two stages, else tenders."""
    return DeadlineKind.REQUESTS if code in _TWO_STAGES else DeadlineKind.TENDERS


def kind_of(announcement: str) -> NoticeKind | None:
    """The kind of a printed `Type d'annonce`; None when it is not known."""
    key = _key(announcement)
    return next((kind for start, kind in _ANNOUNCEMENTS if key.startswith(start)), None)
