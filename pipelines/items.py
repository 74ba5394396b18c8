"""What travels through the item pipelines."""

from __future__ import annotations

from dataclasses import dataclass

from crawlers.contract import RawNotice
from notices.formats.reading import Reading
from notices.model import RawAddress


@dataclass(frozen=True)
class ArchivedNotice:
    """A raw notice that lies in the archive's spool."""

    raw: RawNotice
    address: RawAddress


@dataclass(frozen=True)
class ReadNotice:
    """A raw notice that became a notice."""

    archived: ArchivedNotice
    reading: Reading
    digest: str
    """What the reading says, as `notices.versions.payload_digest` sums it up."""


@dataclass(frozen=True)
class RefusedNotice:
    """A raw notice that could not be read, with the reason and where it lies."""

    archived: ArchivedNotice
    reason: str
    path: str | None = None
