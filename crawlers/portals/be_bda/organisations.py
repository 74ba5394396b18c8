"""The organisation table of the federal platform: the only direct map from its organisation id to the KBO number.

It is large and changes slowly, so it is fetched once a week and kept between runs.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

from core.clock import now
from crawlers.contract import CrawlError, Notebook, PortalDown
from crawlers.engines.json_api import JsonService

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)

Organisation = dict[str, Any]


class Organisations:
    """Looks organisations up; asks the portal at most once a run, and only when the kept table is old."""

    def __init__(self, service: JsonService, notebook: Notebook, url: str | None) -> None:
        self._service = service
        self._notebook = notebook
        self._url = url
        # Beside the address, so that a simulated portal's table is never taken for the real one's.
        self._page = f"be_bda.organisations {url}"
        self._table: dict[str, Organisation] | None = None
        self.problem: str | None = None

    async def find(self, organisation_id: object) -> Organisation | None:
        """The row of an organisation, cut down to what the parser reads; None when it is not in the table."""
        if self._table is None:
            self._table = await self._load()
        return self._table.get(str(organisation_id))

    async def _load(self) -> dict[str, Organisation]:
        kept = self._notebook.read(self._page)
        if kept and now() - kept[1] < KEPT_FOR:
            return dict(json.loads(kept[0]))
        if self._url is None:
            return {}
        try:
            answer, _ = await self._service.get(self._url)
        except PortalDown:
            raise
        except CrawlError as error:
            # The table adds KBO numbers; a crawl without it is worth having, and says so.
            self.problem = f"The organisation table could not be read, so KBO numbers come from the notices. {error}"
            logger.warning("%s", self.problem)
            return dict(json.loads(kept[0])) if kept else {}
        table = by_id(answer)
        self._notebook.write(self._page, json.dumps(table, ensure_ascii=False).encode())
        return table


def by_id(answer: Any) -> dict[str, Organisation]:
    """Organisations by id; rows of another shape are left out. The table may be nested (`children`)."""
    found: dict[str, Organisation] = {}
    waiting = list(answer) if isinstance(answer, list) else []
    while waiting:
        row = waiting.pop()
        if not isinstance(row, dict) or "id" not in row:
            continue
        found[str(row["id"])] = {key: row[key] for key in ("id", "cbeNumber") if key in row}
        children = row.get("children")
        waiting.extend(children if isinstance(children, list) else [])
    return found
