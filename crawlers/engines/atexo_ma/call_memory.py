"""Which call has which printed reference: noted from the list of calls, so that announcements need not search for it.

Kept by organisation in the notebook that the portals of one installation share. It is a shortcut and never the only
way: what it does not know, or knows twice, is searched for on the portal.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from crawlers.contract import Notebook
from crawlers.engines.atexo_ma.consultation import Consultation
from notices.values.text import fold

logger = logging.getLogger(__name__)

KEPT: timedelta = timedelta(days=800)
"""The portal shows about two years of announcements; what was not listed for longer is forgotten."""

Entry = tuple[str, str, str]
"""Printed reference, printed buyer, and the last day on which a row that was new or had changed said so."""


def bare(text: str | None) -> str:
    """A printed reference or name as it is compared: whatever its case, blanks, dashes and apostrophes."""
    return re.sub(r"[\s\u2010-\u2015_'`\u00b4\u02bc\u2018\u2019-]+", "", fold(text or ""))


@dataclass
class CallMemory:
    """The calls of one portal by organisation and number."""

    portal: str
    notebook: Notebook
    _read: dict[str, dict[str, Entry]] = field(default_factory=dict)

    def note(self, rows: Mapping[str, Consultation], today: date) -> None:
        """Note calls, by key; one page an organisation, and only where there is something new."""
        by_organisation: dict[str, dict[str, Entry]] = {}
        for row in rows.values():
            if row.organisation and row.number and row.reference and row.buyer:
                entry = (row.reference, row.buyer, today.isoformat())
                by_organisation.setdefault(row.organisation, {})[row.number] = entry
        for organisation, fresh in by_organisation.items():
            oldest = (today - KEPT).isoformat()
            kept = {number: entry for number, entry in self._of(organisation).items() if entry[2] >= oldest}
            self._read[organisation] = {**kept, **fresh}
            content = json.dumps(self._read[organisation], ensure_ascii=False, separators=(",", ":"))
            self.notebook.write(self._page(organisation), content.encode("utf-8", "surrogatepass"))

    def find(self, announcement: Consultation) -> Consultation | None:
        """The one call of that organisation, reference and buyer; None where there is none, or more than one."""
        organisation = announcement.organisation
        reference, buyer = bare(announcement.reference), bare(announcement.buyer)
        if not organisation or not reference or not buyer:
            return None
        found = [
            Consultation(organisation=organisation, number=number, reference=entry[0], buyer=entry[1])
            for number, entry in self._of(organisation).items()
            if number != announcement.number and bare(entry[0]) == reference and bare(entry[1]) == buyer
        ]
        return found[0] if len(found) == 1 else None

    def _of(self, organisation: str) -> dict[str, Entry]:
        if organisation not in self._read:
            self._read[organisation] = self._load(organisation)
        return self._read[organisation]

    def _load(self, organisation: str) -> dict[str, Entry]:
        written = self.notebook.read(self._page(organisation))
        try:
            found = json.loads(written[0]) if written else {}
            return {number: (str(entry[0]), str(entry[1]), str(entry[2])) for number, entry in found.items()}
        except (ValueError, TypeError, LookupError, AttributeError):
            logger.warning("What was noted of the calls of %s (%s) cannot be read", organisation, self.portal)
            return {}

    def _page(self, organisation: str) -> str:
        return f"{self.portal}-calls-{organisation}"
