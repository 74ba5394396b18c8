"""What a hit remembers of a notice: the facts that its mail shows, as they were when it matched.

Personal data (names, phones and mail addresses of officials) stays out, as everywhere outside the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime

from alerts.facts import ChangedFact, changed_facts
from notices.model import Deadline, Frozen, Money, MultilingualText, Notice, NoticeKind, Place
from store.records import StoredNotice, VersionRecord

_LONGEST_TEXT = 600
_MOST_PLACES = 12
_MOST_BUYERS = 5


class Progress(Frozen):
    """What happened in a procedure since the publication before this one."""

    facts: tuple[ChangedFact, ...] = ()
    previous_id: str | None = None
    previous_version: int | None = None
    earlier_publication: bool = False
    """Published before something that was already told: found late, shown without before and after."""

    @property
    def minor(self) -> bool:
        """Nothing that a supplier acts on has changed (contact details, layout)."""
        return not self.facts and not self.earlier_publication


class NoticeSnapshot(Frozen):
    """The facts of one notice version that a mail shows."""

    notice_id: str
    version: int
    portal: str
    country: str
    kind: NoticeKind
    title: MultilingualText
    buyers: tuple[MultilingualText, ...] = ()
    more_buyers: int = 0
    places: tuple[Place, ...] = ()
    more_places: int = 0
    deadline: Deadline | None = None
    value: Money | None = None
    procedure: str | None = None
    procedure_printed: tuple[str, ...] = ()
    lots: int = 0
    cancelled: bool | None = None
    published_at: AwareDatetime | None = None
    url: str | None = None
    partial: str | None = None
    progress: Progress | None = None


def snapshot(notice: Notice, version: int, progress: Progress | None = None) -> NoticeSnapshot:
    """The snapshot of a notice version; `progress` when something came before it in its procedure."""
    procedure = notice.procedure_type
    places = places_of(notice)
    return NoticeSnapshot(
        notice_id=notice.id,
        version=version,
        portal=notice.portal,
        country=notice.country,
        kind=notice.kind,
        title=_shortened(notice.title),
        buyers=tuple(_shortened(buyer.name) for buyer in notice.buyers[:_MOST_BUYERS]),
        more_buyers=max(0, len(notice.buyers) - _MOST_BUYERS),
        places=places[:_MOST_PLACES],
        more_places=max(0, len(places) - _MOST_PLACES),
        deadline=notice.deadline,
        value=main_value(notice),
        procedure=procedure.code if procedure else None,
        procedure_printed=procedure.printed if procedure else (),
        lots=len(notice.all_lots),
        cancelled=notice.cancelled,
        published_at=notice.published_at,
        url=notice.url,
        partial=notice.partial,
        progress=progress,
    )


def progress_of(stored: StoredNotice, before: VersionRecord | None, others: Sequence[StoredNotice]) -> Progress | None:
    """What this version changes in its procedure; None when it is the procedure's first publication.

    `before` is the version before it of the same notice, `others` the other notices of its procedure.
    """
    notice = stored.notice
    if before is not None:
        facts = changed_facts(before.notice, notice)
        return Progress(facts=facts, previous_id=notice.id, previous_version=before.version)
    known = [other for other in others if other.notice.id != notice.id]
    if not known:
        return None
    earlier = [other for other in known if _instant(other.notice) <= _instant(notice)]
    if not earlier:
        return Progress(earlier_publication=True)
    previous = max(earlier, key=lambda other: (_instant(other.notice), other.notice.id))
    facts = changed_facts(previous.notice, notice)
    return Progress(facts=facts, previous_id=previous.notice.id, previous_version=previous.version)


def main_value(notice: Notice) -> Money | None:
    """The amount that a mail shows: of the notice, else the only one that its lots or results give."""
    if notice.values:
        return notice.values[0]
    below = [value for lot in notice.all_lots for value in lot.values]
    below += [value for result in notice.results for value in result.values]
    return below[0] if len(below) == 1 else None


def places_of(notice: Notice) -> tuple[Place, ...]:
    """Places of performance of the notice and its lots, each once."""
    found = (*notice.places, *(place for lot in notice.lots for place in lot.places))
    return tuple(dict.fromkeys(found))


def _instant(notice: Notice) -> datetime:
    instant = notice.published_at or notice.dispatched_at
    return instant if instant is not None else datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _shortened(texts: MultilingualText) -> MultilingualText:
    return {
        code: text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…" for code, text in texts.items()
    }
