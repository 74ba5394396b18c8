"""The verdict on windows of which notices were stored in part, and the oddities that every verdict tells."""

from __future__ import annotations

from datetime import date

import pytest

from crawlers.completeness import Judgement, Kept, judge
from crawlers.contract import Window, WindowReport
from crawlers.engines.partial import PartialNotices
from crawlers.engines.window_spider import Listing
from store.records import Verdict

LEFT_OUT = "6 rows of m1i are left out: this organisation holds tests, not calls."


def judged(listed: int, partial: int, floor: int | None = None) -> Judgement:
    report = WindowReport(
        portal="ma_pmmp",
        window=Window.day(date(2026, 11, 18)),
        announced=listed,
        second_count=listed,
        distinct=listed,
        listed=tuple(f"n{number}" for number in range(listed)),
        partial=partial,
        problems=(LEFT_OUT,),
    )
    return judge(report, Kept(listed, 0), floor)


@pytest.mark.parametrize(
    ("listed", "partial", "verdict"),
    [
        (3_900, 12, Verdict.COMPLETE),
        (3_900, 391, Verdict.INCOMPLETE),
        (2, 2, Verdict.COMPLETE),
        (3, 3, Verdict.INCOMPLETE),
    ],
)
def test_a_window_of_which_many_notices_are_known_in_part_is_not_complete(
    listed: int, partial: int, verdict: Verdict
) -> None:
    found = judged(listed, partial)
    assert found.verdict is verdict
    assert (f"{partial} of {listed} are known in part only." in (found.reason or "")) == (verdict is Verdict.INCOMPLETE)


@pytest.mark.parametrize(
    ("partial", "floor"), [(0, None), (0, 1_000), (90, None)], ids=["complete", "suspect", "partial"]
)
def test_every_verdict_tells_what_was_left_out_on_purpose(partial: int, floor: int | None) -> None:
    assert LEFT_OUT in (judged(100, partial, floor).reason or "")


def test_one_sentence_counts_the_notices_in_part_and_names_the_first() -> None:
    listing = Listing()
    partial = PartialNotices(listing)
    partial.add("d4q-1", "the firewall answers")
    partial.add("d4q-2", "the firewall answers again")
    partial.add("d4q-2", "and its lots too")
    told = "2 notices are stored in part and asked for again, such as d4q-1: the firewall answers"
    assert listing.problems == [told]
