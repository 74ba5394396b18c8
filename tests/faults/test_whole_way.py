"""Killed anywhere between the portal and the mailbox: nothing is lost, nothing is told twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest

from alerts.mailbox import Mailbox, MailSink
from core import clock
from core.settings import Settings
from search.query import NoticeQuery
from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.be_bda.publications import Publication
from simulated_portals.be_bda.server import make_portal
from simulated_portals.running import running_portal
from store import Store
from store.records import HitKind, OutboxState, ProfileState, VersionRecord

KILLS = 50
ROOT = Path(__file__).parents[2]
SEED = 20261122


class Installation:
    """Processes of one installation that crawls a simulated portal and mails to a local sink."""

    def __init__(self, folder: Path, portal_url: str, smtp_port: int) -> None:
        self.settings = Settings(data_dir=folder / "data", demo=True)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")},
            "VIGIE_DATA_DIR": str(folder / "data"),
            "VIGIE_DEMO": "true",
            "VIGIE_LOG_LEVEL": "ERROR",
            "VIGIE_SMTP__PORT": str(smtp_port),
            "VIGIE_PORTALS__BE_BDA__BASE_URL": portal_url,
            "PYTHONPATH": str(ROOT),
        }

    def start(self, day: date) -> subprocess.Popen[str]:
        """Start one pass and wait until it begins to work."""
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.support.whole_way", day.isoformat()],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def finish(self, day: date) -> float:
        """One pass to its end; returns its seconds."""
        begun = time.monotonic()
        process = self.start(day)
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert out == "done\n"
        return time.monotonic() - begun


def _subscriber(store: Store) -> str:
    """A confirmed owner, told every day at noon, whose profile takes every notice."""
    owner = store.profiles.ensure_owner("guetteur@example.org", "fr", "UTC", 7, tuple(range(7)))
    store.profiles.confirm_owner(owner.id, clock.now())
    store.profiles.create(owner.id, "Tout", NoticeQuery(countries=("BE",)).to_dict())
    return owner.id


def _make_news(portal: BeBdaPortal, chance: random.Random, published: list[str]) -> None:
    published.append(portal.publish())
    if chance.random() < 0.3:
        portal.rectify(chance.choice(published))


@pytest.mark.slow
def test_killed_at_fifty_random_points_nothing_is_lost_and_nothing_told_twice(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    portal = make_portal(invented=60, seed=3)
    published: list[str] = []
    with ExitStack() as stack:
        running = stack.enter_context(running_portal(portal))
        sink = stack.enter_context(MailSink(tmp_path / "mails"))
        installed = Installation(tmp_path, running.base_url, sink.port)
        with Store.open(installed.settings) as store:
            owner_id = _subscriber(store)
        day = date(2027, 1, 1)
        longest = 0.0
        for kill in range(KILLS):
            _make_news(portal, chance, published)
            day += timedelta(days=1)
            if kill % 10 == 0:  # how long a pass takes now
                longest = installed.finish(day)
                _make_news(portal, chance, published)
                day += timedelta(days=1)
            process = installed.start(day)
            time.sleep(chance.uniform(0, longest))
            process.kill()
            process.communicate()
        for _ in range(2):
            day += timedelta(days=1)
            installed.finish(day)
        with Store.open(installed.settings) as store:
            _nothing_lost(store, portal)
            _nothing_told_twice(store, owner_id, sink_of=lambda: Mailbox(tmp_path / "mails"))


def _nothing_lost(store: Store, portal: BeBdaPortal) -> None:
    at_portal = {f"be_bda:{item.workspace_id}": item for item in portal.catalogue.publications()}
    in_store = {item.notice.id for item in store.notices.iterate("be_bda")}
    assert in_store <= set(at_portal)
    assert _open_or_recent(portal) <= in_store
    for notice_id in in_store:
        _every_version_once(store.notices.versions(notice_id), at_portal[notice_id])
    assert store.quarantine.counts() == {}
    assert store.index_queue.depth() == 0
    assert store.match_queue.depth() == 0


def _open_or_recent(portal: BeBdaPortal) -> set[str]:
    """The notices that every pass crawls: calls whose deadline is to come, and what was published in the last days."""
    now = portal.clock.local_now()
    recent = portal.clock.today() - timedelta(days=3)
    return {
        f"be_bda:{item.workspace_id}"
        for item in portal.catalogue.publications()
        if item.publication_date >= recent or (item.deadline is not None and item.deadline > now)
    }


def _every_version_once(stored: list[VersionRecord], published: Publication) -> None:
    """A version replaced before any pass saw it may be absent; the one in force is there, and none twice."""
    stored_ids = [version.notice.notice_uuid for version in stored]
    assert len(set(stored_ids)) == len(stored_ids) <= len(published.versions)
    assert set(stored_ids) <= {version.notice_id for version in published.versions}
    assert stored_ids[0] == published.latest.notice_id


def _nothing_told_twice(store: Store, owner_id: str, sink_of: Callable[[], Mailbox]) -> None:
    (profile,) = store.profiles.of_owner(owner_id)
    assert profile.state is ProfileState.ACTIVE
    hits = store.hits.of_profile(profile.id, limit=10_000)
    news = Counter(hit.procedure_key for hit in hits if hit.kind is HitKind.NEW)
    assert set(news) == {item.procedure_key for item in store.notices.iterate("be_bda")}
    assert set(news.values()) == {1}
    told = Counter((hit.notice_id, hit.version) for hit in hits)
    assert set(told.values()) == {1}
    assert all(hit.digest_id for hit in hits), "a match was not told"
    assert store.outbox.counts().get(OutboxState.PENDING, 0) == 0
    mails = Counter(mail.message_id for mail in sink_of().list(limit=10_000))
    digests = {hit.digest_id for hit in hits}
    assert len(mails) == len(digests)
    assert sum(mails.values()) - len(mails) <= KILLS
    assert max(mails.values()) <= 2
