"""Which queries are refused as profiles: those that would match nearly everything that is published.

A profile must have at least one clause that a notice has to satisfy by what it says: words, a CPV branch, a buyer, a
place below the country, a nature, a procedure, or a value or flag whose unknowns are excluded. Countries, portals,
kinds of notice, languages, dates, exclusions, and filters that keep what is not said restrict too little: in Belgium
one call in sixty states an estimate, so a value range that keeps unknowns keeps nearly all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.i18n import translator
from notices.model import Nature
from search.errors import ROOM
from search.text import Everything, Node, Not, parse, restricts

if TYPE_CHECKING:
    from search.query import NoticeQuery


def reason(query: NoticeQuery, language: str) -> str | None:
    """Why the query cannot be a profile, as a sentence; None when it can."""
    if _restricting(query):
        return None
    _ = translator(ROOM, language)
    tree = parse(query.text) if query.text else None
    advice = _("Ajoutez un mot, un code CPV, un acheteur ou une région.")
    return f"{_(_cause(query, tree))} {advice}"


def _cause(query: NoticeQuery, tree: Node | None) -> str:
    if isinstance(tree, Everything):
        return "Ce profil correspondrait à tous les avis : « * » seul ne choisit rien."
    if isinstance(tree, Not) or (tree is None and query.cpv_not):
        return "Ce profil correspondrait à presque tous les avis : il ne fait qu’exclure."
    if tree is not None:
        return "Ce profil correspondrait à presque tous les avis : son texte n’exige aucun mot."
    if query.value or query.flags.items():
        return (
            "Ce profil correspondrait à presque tous les avis : ses filtres gardent les avis qui ne précisent rien, et "
            "c’est le cas de la plupart."
        )
    if not query.to_url().removeprefix("version=1"):
        return "Ce profil correspondrait à tous les avis : il ne dit rien."
    return (
        "Ce profil correspondrait à presque tous les avis : pays, portail, type d’avis, langue et dates ne suffisent "
        "pas."
    )


def _restricting(query: NoticeQuery) -> bool:
    return (
        bool(query.cpv or query.buyers or query.procedures)
        or bool(query.text and restricts(parse(query.text)))
        or any(len(place) > 2 for place in query.places)
        or 0 < len(query.natures) < len(Nature)
        or bool(query.value and query.value.unknown == "exclude")
        or any(clause.unknown == "exclude" for _, clause in query.flags.items())
    )
