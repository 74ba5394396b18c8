"""Politeness and tokens, as the portal's own statistics see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import frozen_at
from pipelines.crawl import CrawlRequest, run
from pipelines.opening import PortalClosed
from simulated_portals.be_bda.server import make_portal
from simulated_portals.messages import Answer, Request
from simulated_portals.misbehaviour import AnswerStatus, Latency
from store.records import RunState, Verdict
from tests.support.crawls import Installation, installation

NIGHT = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(invented=100, seed=7, largest_page=5)) as made:
        yield made


def test_the_portal_never_sees_more_than_one_request_at_a_time(vigie: Installation) -> None:
    vigie.control.faults.start(Latency(milliseconds=2))
    vigie.crawl_open()
    statistics = vigie.control.statistics.as_json()
    assert statistics["peak_concurrent_connections"] == 1
    assert statistics["peak_concurrent_requests"] == 1


def test_every_request_says_who_asks_and_where_to_complain(tmp_path: Path) -> None:
    contact = "mailto:vigie@example.org"
    with installation(tmp_path, make_portal(invented=20, seed=7), crawl={"contact": contact}) as vigie:
        vigie.crawl_open()
        agents = vigie.control.statistics.as_json()["user_agents"]
        assert isinstance(agents, dict)
        assert len(agents) == 1
        assert re.fullmatch(r"Vigie/[0-9.]+ \(\+mailto:vigie@example.org\)", next(iter(agents)))


def test_every_request_has_a_trace_id_of_its_own_even_when_it_is_repeated(vigie: Installation) -> None:
    vigie.control.faults.start(AnswerStatus(status=503, times=3, path="/api/dos/"))
    assert vigie.crawl_open().complete
    assert vigie.control.statistics.events("missing_trace_id") == 0
    assert vigie.control.statistics.events("repeated_trace_id") == 0


def test_a_robots_page_that_is_no_policy_forbids_nothing(vigie: Installation) -> None:
    assert vigie.crawl_open().complete
    assert vigie.control.statistics.requests_to("/robots.txt") == 1


def test_a_real_robots_policy_is_obeyed(vigie: Installation) -> None:
    real = vigie.control.answer

    def answer(request: Request) -> Answer:
        if request.path == "/robots.txt":
            return Answer(200, b"User-agent: *\nDisallow: /api/\n", "text/plain")
        return real(request)

    vigie.control.answer = answer  # type: ignore[method-assign]
    report = vigie.crawl_open()
    assert report.run.state is RunState.FAILED
    assert "robots.txt" in (report.run.message or "")
    assert vigie.requests("search") == 0


def test_retry_after_is_obeyed(vigie: Installation) -> None:
    """The pause is the portal's: a longer one than is accepted ends the run and says so."""
    vigie.control.faults.start(AnswerStatus(status=429, times=1, retry_after=1, path="/api/sea/"))
    started = vigie.crawl_open().run
    assert started.ended_at is not None
    assert (started.ended_at - started.started_at).total_seconds() >= 1


def test_a_portal_that_asks_to_wait_for_an_hour_is_left_alone(vigie: Installation) -> None:
    vigie.control.faults.start(AnswerStatus(status=429, retry_after=3600, path="/api/sea/"))
    report = vigie.crawl_open()
    assert report.windows[0].verdict is Verdict.FAILED
    assert "asks to wait 3600 seconds" in (report.run.message or "")
    assert vigie.requests("search") == 1


def test_a_token_that_is_revoked_is_renewed_once_and_nothing_is_lost(vigie: Installation) -> None:
    real, count = vigie.control.answer, 0

    def answer(request: Request) -> Answer:
        nonlocal count
        count += 1
        if count == 12:
            vigie.control.tokens.revoke_all()
        return real(request)

    vigie.control.answer = answer  # type: ignore[method-assign]
    assert vigie.crawl_open().complete
    assert vigie.control.statistics.events("unauthorised") == 1
    assert vigie.requests("token") == 2
    assert vigie.requests("config") == 2


def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    portal = make_portal(invented=60, seed=7, token_lifetime_seconds=1)
    with installation(tmp_path, portal) as vigie:
        portal.faults.start(Latency(milliseconds=40))
        assert vigie.crawl_open().complete
        assert vigie.requests("token") > 1
        assert portal.statistics.events("unauthorised") == 0


def test_a_portal_that_refuses_every_token_is_asked_twice_and_left_alone(vigie: Installation) -> None:
    vigie.control.tokens.is_good = lambda authorization: False  # type: ignore[method-assign]
    report = vigie.crawl_open()
    assert report.run.state is RunState.FAILED
    assert "refuses" in (report.run.message or "")
    assert vigie.requests("search") == 2


def test_closed_hours_keep_a_crawl_from_the_real_portal(vigie: Installation) -> None:
    real = vigie.settings.model_copy(update={"demo": False})
    with frozen_at(NIGHT), pytest.raises(PortalClosed, match=r"opens at 2026-11-19 05:00"):
        run(CrawlRequest.open_calls("be_bda"), real, vigie.store, vigie.archive)
    assert vigie.store.runs.latest("be_bda") is None


def test_a_simulated_portal_has_no_closed_hours(vigie: Installation) -> None:
    with frozen_at(NIGHT):
        assert vigie.crawl_open().run.state is RunState.FINISHED
