"""The incident of identifiers that too many notices print, as long as nobody has decided about them."""

from __future__ import annotations

from store import Store
from store.records import IncidentKind

NAMED = 10
"""Identifiers that the incident names; `vigie procedures decisions` lists all."""


def judge(store: Store) -> None:
    """Open it when the limit has set one aside, and close it when somebody has looked at every one."""
    kind, undecided = IncidentKind.IDENTIFIER_SET_ASIDE, store.procedures.undecided()
    if not undecided:
        store.incidents.close(None, kind)
        return
    count = len(undecided)
    message = (
        f"{count} identifiant(s) ne rapprochent plus d'avis, car trop d'avis les portent ; "
        "« vigie procedures decisions » dit lesquels."
    )
    named = [f"{one.scheme} {one.value}: {one.reason}" for one in undecided[:NAMED]]
    store.incidents.open(None, kind, message, {"count": count, "identifiers": named})
