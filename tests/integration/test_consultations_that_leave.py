"""Moroccan consultations that leave the list of what is open, and pages that the firewall always refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from notices.model import Notice
from simulated_portals.atexo_ma.invented import TEST_ORGANISATION
from simulated_portals.atexo_ma.portal import AtexoMaPortal
from simulated_portals.atexo_ma.server import make_portal
from store.records import Verdict
from tests.support.crawls import PortalInstallation, portal_installation

Installation = PortalInstallation[AtexoMaPortal]


@pytest.fixture(params=["ma_pmmp", "ma_cdg"])
def crawled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    with portal_installation(tmp_path, request.param, make_portal(request.param, invented=24, seed=5)) as made:
        assert made.crawl_open().complete
        yield made


def real_calls(made: Installation, *, allotted: bool | None = None) -> list[str]:
    return [
        item.key
        for item in made.control.open_now()
        if item.organisation != TEST_ORGANISATION and allotted in (None, bool(item.lots))
    ]


def stored(made: Installation, key: str) -> tuple[int, Notice]:
    found = made.store.notices.get(f"{made.key}:{key}")
    assert found is not None
    return found.version, found.notice


def test_a_call_that_is_cancelled_before_its_deadline_becomes_a_cancelled_version_with_all_it_said(
    crawled: Installation,
) -> None:
    key = real_calls(crawled, allotted=True)[0]
    _, before = stored(crawled, key)
    crawled.control.cancel(key)
    assert crawled.crawl_open().complete
    version, after = stored(crawled, key)
    assert (version, after.cancelled) == (2, True)
    # What only the list had said, and the lots of the popup, are still there.
    assert (after.published_at, after.flags.green, after.lots) == (before.published_at, before.flags.green, before.lots)


def test_a_cancelled_call_is_asked_for_once(crawled: Installation) -> None:
    crawled.control.cancel(real_calls(crawled)[0])
    crawled.crawl_open()
    details = crawled.requests("detail")
    assert crawled.crawl_open().complete
    assert crawled.requests("detail") == details


def test_a_deadline_that_moves_into_the_past_closes_the_call(crawled: Installation) -> None:
    key = real_calls(crawled)[0]
    past = crawled.control.clock.local_now().replace(second=0, microsecond=0) - timedelta(hours=3)
    crawled.control.move_deadline(key, past)
    assert crawled.crawl_open().complete
    version, notice = stored(crawled, key)
    assert notice.deadline is not None
    assert (version, notice.deadline.at.replace(tzinfo=None)) == (2, past)


def test_a_call_that_comes_back_is_open_again(crawled: Installation) -> None:
    key = real_calls(crawled)[0]
    crawled.control.cancel(key)
    crawled.crawl_open()
    crawled.control.change(key, cancelled=False)
    assert crawled.crawl_open().complete
    version, notice = stored(crawled, key)
    assert (version, notice.cancelled) == (3, False)


def test_a_call_that_left_and_whose_page_is_refused_is_told_and_looked_at_again(crawled: Installation) -> None:
    key = real_calls(crawled)[0]
    crawled.control.cancel(key)
    crawled.control.reject(key)
    (window,) = crawled.crawl_open().windows
    assert f"{key} left the open list before its deadline" in (window.reason or "")
    crawled.control.rejected.clear()
    crawled.crawl_open()
    assert stored(crawled, key)[1].cancelled


def test_pages_that_are_always_refused_leave_the_second_crawl_complete_and_are_told(tmp_path: Path) -> None:
    """On a second crawl they are the only pages that are asked for, one after the other."""
    with portal_installation(tmp_path, "ma_pmmp", make_portal(invented=50, seed=5)) as made:
        refused = real_calls(made)[5:8]
        for key in refused:
            made.control.reject(key)
        for _ in range(2):
            report = made.crawl_open()
            assert report.complete, report.run.message
            assert "3 notices are stored in part and asked for again" in (report.windows[0].reason or "")
        assert all(stored(made, key)[1].partial for key in refused)
        made.control.rejected.clear()
        assert made.crawl_open().complete
        assert not any(stored(made, key)[1].partial for key in refused)


def test_a_crawl_of_which_many_pages_are_refused_is_not_complete(crawled: Installation) -> None:
    refused = real_calls(crawled)[:7]
    for key in refused:
        crawled.control.reject(key)
        crawled.control.move_deadline(key)
    (window,) = crawled.crawl_open().windows
    assert window.verdict is Verdict.INCOMPLETE
    assert "7 of " in (window.reason or "")
    assert "are known in part only" in (window.reason or "")
    crawled.control.rejected.clear()
    assert crawled.crawl_open().complete


def test_a_list_without_anything_new_for_two_working_days_is_an_old_copy(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "ma_pmmp", make_portal(invented=24, seed=5)) as made:
        assert made.crawl_open().complete
        long_ago = made.control.clock.today() - timedelta(days=14)
        made.store.notebook.write("ma_pmmp-last-news", long_ago.isoformat().encode())
        (window,) = made.crawl_open().windows
        assert window.verdict is Verdict.FAILED
        assert f"no new consultation since {long_ago}" in (window.reason or "")
        made.control.publish()
        assert made.crawl_open().complete
