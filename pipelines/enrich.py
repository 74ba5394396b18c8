"""Third pipeline: what we know of a notice beside what it says: today, where its payload lies. Nothing is invented."""

from __future__ import annotations

from dataclasses import replace

from crawlers.contract import WindowReport
from notices.formats.reading import Reading
from notices.model import RawAddress
from pipelines.items import ReadNotice, RefusedNotice


def enriched(reading: Reading, address: RawAddress) -> Reading:
    """The reading with its notice's raw address."""
    return reading.model_copy(update={"notice": reading.notice.model_copy(update={"raw": address})})


class EnrichPipeline:
    """Completes notices that were read."""

    def process_item(
        self, item: ReadNotice | RefusedNotice | WindowReport
    ) -> ReadNotice | RefusedNotice | WindowReport:
        """Complete one notice; everything else passes."""
        if not isinstance(item, ReadNotice):
            return item
        return replace(item, reading=enriched(item.reading, item.archived.address))
