"""Announcements of which a part could not be had: they are asked for again, long after their day was crawled.

The portal shows about two years, and a day is looked at again for a few days only. A page that the firewall refused, or
whose document had not come, would stay as it is; so such announcements are noted, and the crawl of today asks for them
once a day.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final

from crawlers.contract import Notebook
from crawlers.engines.window_spider import ListedNotice

logger = logging.getLogger(__name__)

DAYS: Final = 45
"""So long an announcement is asked for again."""
AT_MOST: Final = 60
"""Announcements that one run asks for again; the others wait for the next."""
PAUSE: Final = timedelta(hours=20)
_PAGE: Final = "ma_pmmp_results-waiting"


class Waiting:
    """Announcements that are to be asked for again, by native id."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._items: dict[str, dict[str, Any]] = {}
        self._changed = False
        written = notebook.read(_PAGE)
        try:
            self._items = {key: dict(item) for key, item in (json.loads(written[0]) if written else {}).items()}
        except (ValueError, TypeError, AttributeError):
            logger.warning("What was noted of announcements that lack a part cannot be read; it begins anew")

    def due(self, instant: datetime, listed: Collection[str]) -> list[ListedNotice]:
        """Those to ask for now, the longest waiting first, without those that are asked for anyway."""
        oldest = (instant - timedelta(days=DAYS)).isoformat()
        past = [key for key, item in self._items.items() if item["since"] < oldest]
        for key in past:
            self._drop(key)
        tried = (instant - PAUSE).isoformat()
        keys = [key for key, item in self._items.items() if item["tried"] <= tried and key not in listed]
        chosen = sorted(keys, key=lambda key: str(self._items[key]["tried"]))[:AT_MOST]
        return [_listed(key, self._items[key]) for key in chosen]

    def settle(self, listed: ListedNotice, instant: datetime, *, again: bool) -> None:
        """Note what became of an announcement."""
        if not again:
            self._drop(listed.native_id)
            return
        since = self._items.get(listed.native_id, {}).get("since", instant.isoformat())
        deadline = listed.row["deadline"]
        row = {**listed.row, "deadline": deadline.isoformat() if isinstance(deadline, date) else None}
        kept = {"fingerprint": listed.fingerprint, "row": row, "since": since, "tried": instant.isoformat()}
        self._items[listed.native_id] = kept
        self._changed = True

    def save(self) -> None:
        """Write what changed."""
        if self._changed:
            content = json.dumps(self._items, ensure_ascii=False, separators=(",", ":"))
            self._notebook.write(_PAGE, content.encode("utf-8", "surrogatepass"))
            self._changed = False

    def _drop(self, key: str) -> None:
        self._changed |= self._items.pop(key, None) is not None


def _listed(key: str, item: dict[str, Any]) -> ListedNotice:
    deadline = item["row"].get("deadline")
    row = {**item["row"], "deadline": date.fromisoformat(deadline) if deadline else None}
    return ListedNotice(key, item["fingerprint"], row)
