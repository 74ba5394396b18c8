"""Troubles that the Moroccan national portal has with every list: calls and announcements name them alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers.contract import Window
from simulated_portals import misbehaviour
from simulated_portals.atexo_ma.results.server import make_portal as make_announcements
from simulated_portals.atexo_ma.server import make_portal as make_calls
from store.records import Verdict
from tests.support.atexo_ma_spider import crawl_alone
from tests.support.bad_days import CutAnswer, assert_failed, cut_answers
from tests.support.pmmp import Announcements, Calls, announcements, calls, is_repaired, listed, window


@pytest.fixture(params=[calls, announcements], ids=["calls", "announcements"])
def vigie(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Calls | Announcements]:
    with request.param(tmp_path) as made:
        yield made


def test_a_firewall_that_refuses_our_name_is_named(vigie: Calls | Announcements) -> None:
    vigie.control.refuse_everything = True
    assert_failed(window(vigie), "firewall refuses")
    vigie.control.refuse_everything = False
    assert is_repaired(vigie)


def test_a_login_page_in_place_of_the_list_is_named(vigie: Calls | Announcements) -> None:
    vigie.control.asks_for_login = True
    assert_failed(window(vigie), "asks for a password")
    vigie.control.asks_for_login = False
    assert is_repaired(vigie)


def test_maintenance_is_named(vigie: Calls | Announcements) -> None:
    vigie.control.faults.start(misbehaviour.Maintenance())
    assert_failed(window(vigie), "maintenance")
    assert is_repaired(vigie)


@cut_answers
def test_an_answer_that_breaks_off_is_asked_for_again(vigie: Calls | Announcements, how: CutAnswer) -> None:
    vigie.control.faults.start(misbehaviour.CutBody(times=2, how=how))
    assert window(vigie).verdict is Verdict.COMPLETE
    assert vigie.store.notices.count() == len(listed(vigie))


def test_503_is_asked_again(vigie: Calls | Announcements) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=503, times=2))
    assert window(vigie).verdict is Verdict.COMPLETE


def test_a_429_with_a_short_wait_is_honoured_and_a_long_one_ends_the_crawl(vigie: Calls | Announcements) -> None:
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=429, retry_after=0, times=1))
    assert window(vigie).verdict is Verdict.COMPLETE
    vigie.control.faults.start(misbehaviour.AnswerStatus(status=429, retry_after=7200))
    assert_failed(window(vigie), "asks to wait 7200 seconds")


@pytest.mark.parametrize("which", ["calls", "announcements"])
def test_a_portal_that_hangs_is_named(which: str) -> None:
    portal = make_calls(invented=5, seed=3) if which == "calls" else make_announcements(invented=2, seed=3)
    asked = Window.open_now() if which == "calls" else Window.day(portal.clock.today())
    portal.faults.start(misbehaviour.Hang(seconds=60))
    raw, report = crawl_alone(portal, window=asked, politeness={"timeout": 0.3, "tries": 1})
    assert raw == []
    assert "does not answer in time" in (report.failure or "")
