"""Corrections of national notices (`infosRectif`): which heading, what stood there and what is to be read instead."""

from __future__ import annotations

import re
from typing import Final

from notices.formats.boamp import printed
from notices.formats.boamp.draft import Draft
from notices.formats.boamp.node import Node
from notices.model import Change

_LIMIT: Final = "ReceptionOffres"
_HEADINGS: Final = ("rubrique", "rubDelais", "rub", "rubTexte")
_WHEN: Final = r"(?:le\s+)?([0-9]{1,2}/[0-9]{1,2}/[0-9]{4})\s*(?:à|a|-)?\s*([0-9]{1,2})\s?[h:]\s?([0-9]{2})?"
_NEW_DATE: Final = re.compile(rf"au lieu d[eu]\s*:?\s*{_WHEN}[\s,;.]*(?:il faut )?lire\s*:?\s*{_WHEN}", re.IGNORECASE)
_SUBJECT: Final = re.compile(r"limite|r[ée]ception des (?:offres|plis|candidatures)|remise des", re.IGNORECASE)
_OTHER: Final = re.compile(r"visite|question|renseignement|ouverture|heures? locales?", re.IGNORECASE)
_LABELS: Final = {
    "supprimer": "Supprimer",
    "ajouter": "Ajouter",
    "auLieuDe": "Au lieu de",
    "auLieuDeDate": "Au lieu de",
    "lire": "Lire",
    "lireDate": "Lire",
    "apres": "Après",
    "texte": "",
}


def read_corrections(node: Node, draft: Draft) -> None:
    """One change per group of corrections. A new date for the reception of tenders is the deadline."""
    if text := node.text():
        draft.changes.append(Change(description=printed.in_french(text)))
        draft.more.append(text)
        _read_words(text, node, draft)
    groups = [item for name in ("rectif", "rectification", "infoRectif") for item in node.each(name)]
    for group in groups or [node]:
        _read_group(group, draft)


def _read_group(node: Node, draft: Draft) -> None:
    heading = next((line for name in _HEADINGS if (line := node.line(name))), None) or _flag(node)
    lines: list[str] = []
    for name in node.names:
        if name in _LABELS:
            lines.extend(_line(_LABELS[name], item) for item in node.each(name) if item.text())
    # A date that replaces the one of a deadline; other dates (visits, opening) are only told.
    if heading and _LIMIT.casefold() in heading.replace(" ", "").casefold():
        draft.limits.extend((text, item) for item in node.each("lireDate") if (text := item.line()))
    if lines or heading:
        sections = (heading,) if heading else ()
        text = "\n".join(lines) or None
        if not draft.limits:
            _read_words(" ".join(filter(None, (heading, *lines))), node, draft)
        draft.changes.append(Change(sections=sections, description=printed.in_french(text)))
        draft.more.append("\n".join(filter(None, (heading, text))))


def _read_words(text: str, node: Node, draft: Draft) -> None:
    """A deadline told in words, in the one regular form: `Au lieu de 06/11/2026 à 12h00, lire 13/11/2026 à 12h00`.

    All other sentences about it are left to people: a wrong deadline is worse than none.
    """
    if not _SUBJECT.search(text):
        return
    found = _NEW_DATE.findall(" ".join(text.split()).replace("Lire :", "lire"))
    if len(found) == 1 and not _OTHER.search(text):
        day, hour, minute = found[0][3:]
        draft.limits.append((f"{day} {hour}:{minute or '00'}", node))
    else:
        node.note("The correction speaks of a deadline in words that are not read.", text)


def _line(label: str, item: Node) -> str:
    return f"{label} : {item.text()}" if label else item.text() or ""


def _flag(node: Node) -> str | None:
    """`rubDelais` may hold the heading as an empty element."""
    for name in _HEADINGS:
        if (inner := node.at(name)).names:
            inner.ignore(*inner.names)
            return inner.names[0]
    return None
