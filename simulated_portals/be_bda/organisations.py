"""The organisation tree: the only direct map from the portal's organisation ids to KBO numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulated_portals.be_bda.publications import Publication
from simulated_portals.be_bda.rendering import texts

ROOTS = {
    200002: ("Fédéral", "Federaal"),
    200003: ("Régions et communautés", "Gewesten en gemeenschappen"),
    200004: ("Local", "Lokaal"),
}


def organisation_tree(publications: Iterable[Publication]) -> list[dict[str, Any]]:
    """The answer of `GET /api/dos/organisations/tree-view/`: a flat list; some rows lack `cbeNumber`."""
    buyers = {publication.buyer.organisation_id: publication.buyer for publication in publications}
    rows = [
        {
            "id": number,
            "parentCbeNumber": "0000000000",
            "names": texts({"FR": french, "NL": dutch}),
            "status": "ACTIVE",
            "authorityKind": "NOT_AN_AUTHORITY",
        }
        for number, (french, dutch) in ROOTS.items()
    ]
    for number in sorted(buyers):
        buyer = buyers[number]
        row: dict[str, Any] = {"id": number}
        if buyer.cbe_number:
            row["cbeNumber"] = buyer.cbe_number
        row |= {
            "names": texts(buyer.names),
            "status": "ACTIVE",
            "authorityLevelId": next((level for level in reversed(buyer.tree) if level > 200_000), 200_022),
            "userOrganisation": False,
            "operationManagerOfOrganisation": False,
            "authorityKind": "NOT_AN_AUTHORITY",
        }
        rows.append(row)
    return rows
