"""The verdict on a crawled window: one pure function.

*Complete* is earned. The portal's count (asked twice), the distinct notices on its list, and what was stored plus what
waits in quarantine must all be the same number. Nothing announced, or less than a normal day announces, is *suspect*,
because a portal in trouble answers with an empty list. Notices that were stored in part because the portal keeps a page
or a document back are told; where they are many, the window is *incomplete* and is crawled again.
"""

from __future__ import annotations

from dataclasses import dataclass

from crawlers.contract import WindowReport
from store.records import Verdict

PARTIAL_AT_MOST = 2
PARTIAL_SHARE = 0.1
"""So many notices, or this share of the listed ones, may be stored in part in a window that is complete."""


@dataclass(frozen=True)
class Judgement:
    """A verdict with the number of notices that are missing and a sentence for people."""

    verdict: Verdict
    missing: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class Kept:
    """What became of the listed notices: stored (changed or not) and in quarantine."""

    stored: int
    quarantined: int


def judge(report: WindowReport, kept: Kept, floor: int | None = None, *, may_be_empty: bool = False) -> Judgement:
    """The verdict on one window.

    `floor` is what such a window announces at least; None where there is none. `may_be_empty` says of a small portal
    that an empty list is nothing unusual; its spider has then seen the portal say so.
    """
    if report.failure or report.announced is None:
        return Judgement(Verdict.FAILED, reason=report.failure or "The portal did not say how many notices there are.")
    expected = max(report.announced, report.second_count or 0)
    if expected == 0 and not report.listed and not may_be_empty:
        return Judgement(Verdict.SUSPECT, reason="The portal announced nothing.")
    unsettled = max(0, len(report.listed) - kept.stored - kept.quarantined)
    missing = max(0, expected - report.distinct) + unsettled
    if missing:
        return Judgement(Verdict.INCOMPLETE, missing, _why_missing(report, unsettled, expected, missing))
    if report.distinct != report.announced or report.second_count not in (None, report.announced):
        return Judgement(Verdict.INCOMPLETE, reason=_counts_differ(report))
    if report.partial > max(PARTIAL_AT_MOST, PARTIAL_SHARE * len(report.listed)):
        told = f"{report.partial} of {len(report.listed)} are known in part only."
        return Judgement(Verdict.INCOMPLETE, reason=" ".join([told, *report.problems]))
    if floor is not None and expected < floor:
        told = f"The portal announced {expected}; such a day has at least {floor}."
        return Judgement(Verdict.SUSPECT, reason=" ".join([told, *report.problems]))
    return Judgement(Verdict.COMPLETE, reason=" ".join(report.problems) or None)


def _why_missing(report: WindowReport, unsettled: int, expected: int, missing: int) -> str:
    parts = [f"{missing} of {expected} missing."]
    if expected > report.distinct:
        parts.append(f"The portal announced {expected} and listed {report.distinct}.")
    if report.missed:
        native_id, why = next(iter(report.missed.items()))
        parts.append(f"{len(report.missed)} could not be fetched, such as {native_id}: {why}")
    elif unsettled:
        parts.append(f"{unsettled} listed but not stored.")
    return " ".join([*parts, *report.problems])


def _counts_differ(report: WindowReport) -> str:
    again = "" if report.second_count in (None, report.announced) else f", then {report.second_count},"
    sentence = f"The portal announced {report.announced}{again} and listed {report.distinct}."
    return " ".join([sentence, *report.problems])
