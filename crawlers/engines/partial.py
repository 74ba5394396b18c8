"""Notices that are handed out without all of their parts, because the portal does not give a part.

Such a notice is stored as partial and asked for again. A few leave their window complete, and its report says how many
there are; where there are many, the verdict is *incomplete* (`crawlers.completeness`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crawlers.engines.window_spider import Listing


@dataclass
class PartialNotices:
    """Counts the partial notices of a window and keeps one sentence about them in its listing."""

    listing: Listing
    ids: set[str] = field(default_factory=set)
    told: str | None = None
    first: str | None = None

    def add(self, native_id: str, why: str, *, minor: bool = False) -> None:
        """One notice more; the first is named with its reason. `minor`: what is missing does not make it partial."""
        self.ids.add(native_id)
        if not minor:
            self.listing.partial.add(native_id)
        self.first = self.first or f"{native_id}: {why}"
        if self.told in self.listing.problems:
            self.listing.problems.remove(self.told)
        what = "1 notice is" if len(self.ids) == 1 else f"{len(self.ids)} notices are"
        self.told = f"{what} stored in part and asked for again, such as {self.first}"
        self.listing.note(self.told)
