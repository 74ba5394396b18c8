"""Finds the call that an announcement is about.

An announcement is a record of its own: its refConsultation is not that of the call (in a sample of 189 extraits de PV
the numbers follow the day on which the extrait was published). What both print is the reference, which is no key: the
portal is searched for it, and the call counts as found when one row alone has the reference, the organisation and,
where several have, the buyer. A call that Vigie has listed itself is known by these three, and not searched for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crawlers.contract import LayoutError
from crawlers.engines.atexo_ma.call_memory import bare
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.listing import HOLDS
from crawlers.engines.atexo_ma.rows import read_row, read_rows, row_elements
from crawlers.engines.pages import PageService, Session, selector
from crawlers.portals.ma_pmmp_results.forms import has_search, read_form

_DATES = ("dateMiseEnLigneStart", "dateMiseEnLigneEnd", "dateMiseEnLigneCalculeStart", "dateMiseEnLigneCalculeEnd")
ROWS_AT_MOST = 20
"""Rows of an answer that are kept: a search that finds more has not found one call."""


def same_reference(one: str | None, other: str | None) -> bool:
    """Whether two printed references are the same, whatever their case, blanks and dashes."""
    first, second = bare(one), bare(other)
    return bool(first) and first == second


def choose_call(rows: Sequence[Consultation], printed: Consultation) -> tuple[Consultation | None, int]:
    """The call that `printed` is about, of the rows that a search answered, and how many it may be."""
    found = [
        row
        for row in rows
        if row.native_id
        and row.native_id != printed.native_id
        and row.organisation == printed.organisation
        and same_reference(row.reference, printed.reference)
    ]
    if len(found) > 1 and printed.buyer:
        found = [row for row in found if bare(row.buyer) == bare(printed.buyer)] or found
    return (found[0], 1) if len(found) == 1 else (None, len(found))


def rows_of(fragment: str | None) -> list[Consultation]:
    """The rows kept of a search's answer."""
    if not fragment:
        return []
    return [read_row(row) for row in row_elements(selector(f'<table class="table-results">{fragment}</table>'))]


def candidates(unit: Mapping[str, Any]) -> list[Consultation]:
    """The calls that a raw unit names: the one that Vigie held, or the rows of a search."""
    held = unit.get("call")
    if isinstance(held, dict):
        organisation, number, reference, buyer = (
            str(held[name]) if held.get(name) else None for name in ("organisation", "number", "reference", "buyer")
        )
        return [Consultation(organisation=organisation, number=number, reference=reference, buyer=buyer)]
    rows = unit.get("calls")
    return rows_of(rows if isinstance(rows, str) else None)


class CallFinder:
    """Searches the portal for calls, each search in a session of its own."""

    def __init__(self, service: PageService, url: str, prefix: str) -> None:
        """`url`: the form of the search among all calls; `prefix`: beginning of its fields' names."""
        self._service = service
        self._url = url
        self._prefix = prefix
        self._answers: dict[tuple[str, str], str] = {}

    async def search(self, organisation: str, reference: str) -> str:
        """The markup of the rows found for a reference, at most `ROWS_AT_MOST`; empty when there is none."""
        asked = (organisation, reference)
        if asked not in self._answers:
            self._answers[asked] = await self._search(organisation, reference)
        return self._answers[asked]

    async def _search(self, organisation: str, reference: str) -> str:
        session = Session()
        page = await self._service.get(self._url, session=session)
        if not has_search(page, self._prefix):
            raise LayoutError(f"{page.asked} answers a page without the search form: calls cannot be looked for.")
        form = read_form(page, self._prefix)
        criteria = {
            "organismesNames": organisation,
            "reference": reference,
            "rechercheFloue": f"{self._prefix}exact",
            **dict.fromkeys(_DATES, ""),  # left as they are, they would only let open calls through
        }
        answer = await self._service.post(form.action, form.filled(**criteria), session=session, holds=HOLDS)
        rows, _ = read_rows(answer.selector)
        return "".join(row.html for row in rows[:ROWS_AT_MOST])
