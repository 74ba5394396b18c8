"""Today's parser over archived payloads: what differs is reported before it is written.

A replay makes a revision of the version that a payload was read into, never a new version, and tells nobody.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from core.settings import Settings
from crawlers.contract import Parsing
from crawlers.portals import load, parser
from crawlers.portals.loading import parser_version
from notices.formats.reading import Reading
from notices.model import Frozen
from notices.versions import FieldChange, difference
from pipelines.enrich import enriched
from pipelines.reading import Refusal, read
from store import ArchiveError
from store.records import ArchiveRecord, Origin, SaveStatus, Saving, VersionRecord

if TYPE_CHECKING:
    from store import Store
    from store.archive import Archive

logger = logging.getLogger(__name__)

BATCH = 50
SHOWN = 1_000
"""Differences and refusals that a report lists; all are counted."""


class ReplayDifference(Frozen):
    """A version that today's parser reads otherwise."""

    notice_id: str
    version: int
    changes: tuple[FieldChange, ...]


class ReplayRefusal(Frozen):
    """A version whose payload today's parser refuses, or that is not in the archive any more. It stays as it is."""

    notice_id: str
    version: int
    reason: str
    path: str | None = None


class ReplayReport(Frozen):
    """What a replay found, and what it wrote."""

    dry_run: bool
    read: int = 0
    same: int = 0
    different: int = 0
    refused: int = 0
    unused: int = 0
    """Payloads that no version was read from: repeated answers, and what is in quarantine."""
    revised: int = 0
    paths: dict[str, int] = Field(default_factory=dict)
    """How often each field differs; lots and languages are not told apart."""
    differences: tuple[ReplayDifference, ...] = ()
    refusals: tuple[ReplayRefusal, ...] = ()


class _Findings:
    """Counts of a replay under way."""

    def __init__(self) -> None:
        self.read = self.same = self.different = self.refused = self.unused = self.revised = 0
        self.paths: Counter[str] = Counter()
        self.differences: list[ReplayDifference] = []
        self.refusals: list[ReplayRefusal] = []

    def differs(self, found: ReplayDifference) -> None:
        self.different += 1
        self.paths.update({change.path.split(".")[0].split("[")[0] for change in found.changes})
        if len(self.differences) < SHOWN:
            self.differences.append(found)

    def refuses(self, found: ReplayRefusal) -> None:
        self.refused += 1
        if len(self.refusals) < SHOWN:
            self.refusals.append(found)

    def report(self, dry_run: bool) -> ReplayReport:
        return ReplayReport(
            dry_run=dry_run,
            read=self.read,
            same=self.same,
            different=self.different,
            refused=self.refused,
            unused=self.unused,
            revised=self.revised,
            paths=dict(self.paths.most_common()),
            differences=tuple(self.differences),
            refusals=tuple(self.refusals),
        )


def run(
    settings: Settings,
    store: Store,
    archive: Archive,
    *,
    portal: str | None = None,
    notice_id: str | None = None,
    run_id: str | None = None,
    dry_run: bool = True,
    progress: Callable[[ReplayReport], None] = lambda report: None,
) -> ReplayReport:
    """Read archived payloads again: of a portal, a notice, a run, or all. Writes only with `dry_run=False`.

    `progress` is told after every batch.
    """
    findings, waiting = _Findings(), list[Saving]()
    for record, version in _versions(store, findings, portal, notice_id, run_id):
        saving = _read_again(settings, archive, record, version, findings)
        if saving is not None:
            waiting.append(saving)
        if len(waiting) >= BATCH or (findings.read and findings.read % BATCH == 0):
            _write(store, waiting, findings, dry_run)
            progress(findings.report(dry_run))
    _write(store, waiting, findings, dry_run)
    return findings.report(dry_run)


def _versions(
    store: Store, findings: _Findings, portal: str | None, notice_id: str | None, run_id: str | None
) -> Iterator[tuple[ArchiveRecord, VersionRecord]]:
    """Archived payloads with the version that each was read into."""
    for record in _records(store, portal, notice_id, run_id):
        if notice_id not in (None, record.notice_id) or (portal and not record.notice_id.startswith(f"{portal}:")):
            continue
        found = next(
            (item for item in store.notices.versions(record.notice_id) if item.notice.raw == record.address), None
        )
        if found is None:
            findings.unused += 1
        else:
            yield record, found


def _records(store: Store, portal: str | None, notice_id: str | None, run_id: str | None) -> Iterator[ArchiveRecord]:
    if run_id is not None:
        return iter(store.payloads.of_run(run_id))
    if notice_id is not None:
        return iter(store.payloads.of_notice(notice_id))
    return store.payloads.iterate(portal)


def _read_again(
    settings: Settings, archive: Archive, record: ArchiveRecord, version: VersionRecord, findings: _Findings
) -> Saving | None:
    findings.read += 1
    try:
        reading = read_archived(settings, archive, record)
    except (Refusal, ArchiveError) as error:
        path = error.path if isinstance(error, Refusal) else None
        refusal = ReplayRefusal(notice_id=record.notice_id, version=version.version, reason=str(error), path=path)
        findings.refuses(refusal)
        return None
    changes = difference(version.notice, reading.notice)
    if not changes:
        findings.same += 1
        return None
    findings.differs(ReplayDifference(notice_id=record.notice_id, version=version.version, changes=changes))
    portal = reading.notice.portal
    return Saving(
        notice=reading.notice, run_id=record.run_id, origin=Origin.REPLAY, parser_version=parser_version(portal)
    )


def read_archived(settings: Settings, archive: Archive, record: ArchiveRecord) -> Reading:
    """Run the portal's parser over an archived payload. Raises `Refusal`, or `ArchiveError` when it is not there."""
    portal, _, native_id = record.notice_id.partition(":")
    context = Parsing(
        portal=portal,
        base_url=load(portal).base_url,
        native_id=native_id,
        max_payload_bytes=settings.crawl.max_payload_bytes,
    )
    return enriched(read(parser(portal), archive.read(record.address), context), record.address)


def _write(store: Store, waiting: list[Saving], findings: _Findings, dry_run: bool) -> None:
    if waiting and not dry_run:
        outcomes = store.notices.save_many(waiting)
        findings.revised += sum(outcome.status is SaveStatus.REVISION for outcome in outcomes)
    waiting.clear()
