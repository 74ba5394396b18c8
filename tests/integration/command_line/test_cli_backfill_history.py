"""A backfill of a portal that shows its last days only says what is lost, and does not try it for ever."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from core import clock
from core.settings import Settings
from crawlers import portals
from pipelines.crawl import CrawlRequest
from scheduler.local import missing_days
from simulated_portals.be_bda.server import make_portal as belgian
from simulated_portals.registry import factory
from simulated_portals.running import running_portal
from store import Store
from store.records import RunPurpose
from tests.support.command import Vigie
from tests.support.crawls import change_portal, installation

AWS = portals.load("fr_aws")


def reach() -> date:
    found = AWS.reaches_back_to(AWS.today(clock.now()))
    assert found is not None
    return found


def test_a_backfill_of_days_that_are_gone_is_refused_with_that_sentence(empty: Vigie) -> None:
    first, last = reach() - timedelta(days=20), reach() - timedelta(days=10)
    told = empty("backfill", "fr_aws", "--from", str(first), "--to", str(last), code=1).stderr
    assert f"shows its last 30 days only: what it published from {first} to {last} cannot be read any more." in told
    with empty.store() as store:
        assert store.runs.latest("fr_aws") is None


def test_a_backfill_reads_what_is_still_shown_and_counts_the_rest_as_missing(empty: Vigie) -> None:
    first, last = reach() - timedelta(days=3), reach() + timedelta(days=2)
    with running_portal(factory("fr_aws")("fr_aws", invented=8, seed=1)) as portal:
        span = ("--from", str(first), "--to", str(last), "--base-url", portal.base_url)
        told = empty("backfill", "fr_aws", *span, code=1).stderr
    assert "cannot be read any more" in told
    assert f"3 of 6 days from {first} to {last} are complete" in told
    with empty.store() as store:
        assert store.windows.incomplete("fr_aws") == []


def test_the_scheduler_goes_back_no_further_than_the_portal_shows(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "crawl": {"backfill_days": 90}})
    with Store.open(settings) as store:
        for key in ("fr_aws", "fr_boamp"):
            run = store.runs.start(key, RunPurpose.OPEN)
            assert run.portal == key
        assert min(missing_days(settings, store, "fr_aws")) == reach()
        assert len(missing_days(settings, store, "fr_aws")) == 29
        assert len(missing_days(settings, store, "fr_boamp")) == 90


def test_the_run_report_says_what_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_portal(monkeypatch, "be_bda", calendar={"history_days": 3})
    with installation(tmp_path, belgian(invented=30, seed=2)) as vigie:
        report = vigie.run(CrawlRequest.backfill("be_bda", 5))
    assert report.planned == 2
    assert "be_bda shows its last 3 days only" in (report.run.message or "")
