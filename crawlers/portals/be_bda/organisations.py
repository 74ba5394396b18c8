"""The organisation table of the federal platform: the only direct map from its organisation id to the KBO number.

It is large and changes slowly, so it is fetched once a week and kept between runs.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
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
        kept, written_at = self._kept()
        if kept is not None and written_at is not None and now() - written_at < KEPT_FOR:
            return kept
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
            return kept or {}
        table = by_id(answer)
        self._notebook.write(self._page, json.dumps(table, ensure_ascii=False).encode())
        return table

    def _kept(self) -> tuple[dict[str, Organisation] | None, datetime | None]:
        """The table of an earlier run and when it was fetched."""
        written = self._notebook.read(self._page)
        if written is None:
            return None, None
        try:
            return dict(json.loads(written[0])), written[1]
        except (ValueError, TypeError):
            logger.warning("What was noted of the organisations of be_bda cannot be read; they are asked for anew")
            return None, None


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
