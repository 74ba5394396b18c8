"""What AWS's lists cannot show is said: notices filed under no département, and calls that closed since their day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from simulated_portals.aws.server import make_portal
from tests.support.crawls import change_portal, portal_installation

LIST_NOT_READ = "have closed since are on the list of expired ones, which is not read"


def test_a_search_that_was_split_says_what_its_parts_may_lack(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "fr_aws", make_portal("fr_aws", invented=60, seed=5, cap=10)) as vigie:
        report = vigie.crawl_open()
        assert report.complete
        assert "split by département: a notice that the portal files under none of those" in (
            report.windows[0].reason or ""
        )


def test_a_search_that_was_not_split_says_nothing(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "fr_aws", make_portal("fr_aws", invented=20, seed=5, cap=100)) as vigie:
        assert vigie.crawl_open().windows[0].reason is None


@pytest.mark.parametrize("lists", [["EC", "AAA"], ["EC", "A", "AAA"]])
def test_a_past_day_without_its_closed_calls_says_so_and_has_them_where_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lists: list[str]
) -> None:
    change_portal(monkeypatch, "fr_aws", options={"lists_of_a_day": lists})
    portal = make_portal("fr_aws", invented=200, seed=2, cap=200)
    now, today = portal.clock.local_now(), portal.clock.today()
    short = next(
        number
        for number, item in enumerate(portal.tenders)
        if not item.award and today - timedelta(days=20) < item.published < today - timedelta(days=3)
    )
    closed = portal.tenders[short] = replace(portal.tenders[short], deadline=now - timedelta(days=1))
    with portal_installation(tmp_path, "fr_aws", portal) as vigie:
        report = vigie.crawl(closed.published)
        assert report.complete, report.run.message
        told = LIST_NOT_READ in (report.windows[0].reason or "")
        kept = {item.notice.id.partition(":")[2] for item in vigie.store.notices.iterate()}
    assert (told, portal.native_id(closed) in kept) == (("A" not in lists), ("A" in lists))
