"""The whole service on many machines, killed one part after the other while it works: nothing is lost or told twice.

PostgreSQL, three search nodes, two schedulers, three workers, two sites and a mail server are real processes; ten
simulated portals are crawled, and a thousand profiles wait for what they publish.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from alerts.mailbox import Mailbox
from alerts.matching import MatcherState
from scheduler.orders import Kind, Order
from search import new_matcher, open_index
from store import Store, StoreError
from store.records import OutboxState
from tests.support import cluster_checks
from tests.support.cluster import SCHEDULERS, Cluster, cluster
from tests.support.cluster_subscribers import Alerts, Subscribers
from tests.support.portal_farm import PORTALS
from tests.support.postgres import holder

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

SEED = int(os.environ.get("VIGIE_TEST_CLUSTER_SEED", "1"))
"""Another one kills at other moments."""
BUSY = 40
"""Requests of the portals' log after which the installation is at work."""


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    kills: int
    due: int
    """Alerts that subscribers should hear of."""
    twice: int
    """Mails that came once more under the same id."""
    problems: list[str]
    report: list[str]

    def __str__(self) -> str:
        return "\n".join([*self.problems[:40], f"{len(self.problems)} problems", *self.report])


def test_whatever_is_killed_every_notice_is_found_and_every_alert_accepted_once(installed: Cluster) -> None:
    chance = random.Random(SEED)
    store = installed.store
    store.migrate()
    subscribers = Subscribers(store, seed=7)
    subscribers.save()
    installed.search.wait("yellow")
    _prepare_search(installed)
    installed.start()
    installed.note("everything runs")
    installed.until(lambda: len(installed.portals.requests()) > BUSY, "crawls begin")
    _kill_a_worker(installed, chance)
    _kill_the_leader(installed)
    node = _kill_a_search_node(installed, chance)
    _kill_the_mail_server(installed, chance, subscribers)
    _kill_postgresql(installed, chance)
    installed.search.nodes[node].start()
    _settle(installed, subscribers)
    outcome = _judged(installed, subscribers)
    print(outcome)  # noqa: T201 (how it went)
    assert outcome.kills == 5
    assert not outcome.problems, f"{outcome}\n{installed.said()}"
    assert outcome.twice <= outcome.kills, outcome
    assert outcome.due > 500


def _prepare_search(installed: Cluster) -> None:
    """As an installation leaves the cluster that was there before: an index, and the profiles."""
    with closing(new_matcher(installed.settings)) as matcher:
        MatcherState(matcher).refresh(installed.store)
    with open_index(installed.settings, writable=True) as index:
        index.status()
    installed.search.wait()


def _kill_a_worker(installed: Cluster, chance: random.Random) -> None:
    """While it crawls: a portal has its request, and the answer does not come."""
    portals = installed.portals
    portal = chance.choice(sorted(PORTALS))
    installed.dispatch.ask(Order.crawl(portal))
    portals.hold_one(portal)
    crawl = installed.until(lambda: portals.serving(portal), f"{portal} is asked")[0]
    worker = next(service for name, service in installed.services.items() if service.pid == _parent(crawl))
    worker.kill()
    portals.let_go(portal)
    installed.note(f"killed {worker.name}, which crawled {portal}")
    _publish(installed, chance)
    installed.until(lambda: worker.deaths, "it is started again")


def _kill_the_leader(installed: Cluster) -> None:
    database = installed.store.database
    before = installed.until(lambda: holder(database, "leader"), "a scheduler leads")
    leader = next(installed.services[name] for name in SCHEDULERS if _leads(installed.services[name].said()))
    leader.kill()
    began = time.monotonic()
    installed.until(lambda: holder(database, "leader") not in (None, before), "the next one leads", seconds=30)
    installed.note(f"killed {leader.name}, which led; another one leads after {time.monotonic() - began:.1f} s")


def _kill_a_search_node(installed: Cluster, chance: random.Random) -> int:
    """While there is something to index and to match; it stays away for some time."""
    installed.search.wait()
    node = installed.search.manager() if chance.random() < 0.5 else chance.randrange(3)
    store = installed.store
    before = store.notices.count()
    _publish(installed, chance)
    installed.until(lambda: store.index_queue.depth() or store.notices.count() > before, "something is to be indexed")
    installed.search.nodes[node].kill()
    installed.note(f"killed search node {node}")
    installed.until(lambda: all(_searches(site) for site in installed.sites), "the sites find without it")
    return node


def _kill_the_mail_server(installed: Cluster, chance: random.Random, subscribers: Subscribers) -> None:
    """While mails are handed to it, of which there are more to come."""
    enough, early = chance.randrange(3, 25), subscribers.early
    installed.until(lambda: len(subscribers.waiting(early)) >= len(early) / 2, "half of them are to be told something")
    subscribers.let_their_hour_come(early)
    installed.dispatch.ask(Order(kind=Kind.DIGESTS))
    installed.until(lambda: _accepted(installed) >= enough, "mails are delivered")
    sink = installed.services["sink"]
    sink.kill()
    installed.note(f"killed the mail server after {_accepted(installed)} mails")
    installed.until(lambda: sink.deaths, "it is started again")


def _kill_postgresql(installed: Cluster, chance: random.Random) -> None:
    """While portals are crawled."""
    _publish(installed, chance)
    before = len(installed.portals.requests())
    enough = chance.randrange(5, 30)
    installed.until(lambda: len(installed.portals.requests()) >= before + enough, "portals are crawled")
    installed.postgres.kill()
    installed.note("killed PostgreSQL")
    answers = installed.visitors.answers
    away = answers["/", 503]
    installed.until(lambda: answers["/", 503] > away, "the sites say so")
    installed.postgres.start()
    installed.note("PostgreSQL is there again")
    installed.until(lambda: _leader_of(installed.store), "a scheduler leads again")


def _settle(installed: Cluster, subscribers: Subscribers) -> None:
    """Until nothing is left to do: first what was published, then what is to be told."""
    store, dispatch = installed.store, installed.dispatch
    for portal in PORTALS:
        dispatch.ask(Order.crawl(portal))
    _until_none(lambda: cluster_checks.missing(store, installed.portals), "every notice is stored", installed)
    _until_none(lambda: cluster_checks.open_windows(store, installed.portals), "every window is complete", installed)
    installed.note("everything is stored")
    installed.until(lambda: not (store.index_queue.depth() or store.match_queue.depth()), "nothing waits")
    installed.note("everything is indexed and matched")
    subscribers.let_their_hour_come(subscribers.late)
    dispatch.ask(Order(kind=Kind.DIGESTS))
    installed.until(lambda: not subscribers.waiting(subscribers.late), "every digest is built")
    installed.until(lambda: not store.outbox.counts()[OutboxState.PENDING], "mails are sent")
    installed.note("everything is told")
    installed.search.wait()
    _until_none(lambda: cluster_checks.not_found(store, installed.sites), "every notice is found", installed)
    installed.note("everything is found")


def _judged(installed: Cluster, subscribers: Subscribers) -> Outcome:
    """Stop it all, and compare what was published with what was crawled, found and told."""
    installed.visitors.stop()
    installed.supervisor.stop()
    requests, addresses = installed.portals.requests(), installed.portals.addresses
    alerts = Alerts(installed.store, installed.mails, subscribers)
    problems = [
        *cluster_checks.missing(installed.store, installed.portals),
        *cluster_checks.crawled_twice(requests),
        *cluster_checks.over_budget(requests, addresses),
        *alerts.problems(),
        *installed.visitors.wrong,
    ]
    report = [
        *installed.kills,
        f"{installed.store.notices.count()} notices, {len(requests)} requests, {len(alerts.due)} alerts due,"
        f" {len(alerts.mails)} mails, {alerts.duplicates()} of them twice",
        f"by portal: {dict(Counter(one['portal'] for one in requests))}",
        f"most in {cluster_checks.WINDOW:.0f} s: {cluster_checks.peaks(requests, addresses)},"
        f" budget {cluster_checks.budget()}",
        f"sites: {dict(installed.visitors.answers)}",
    ]
    kills = sum("killed" in line for line in installed.kills)
    return Outcome(kills, len(alerts.due), alerts.duplicates(), problems, report)


def _publish(installed: Cluster, chance: random.Random) -> None:
    """A few portals publish something, and their hour of the next crawl comes."""
    for portal in chance.sample(sorted(PORTALS), 4):
        installed.portals.publish(portal, 2)
        installed.dispatch.ask(Order.crawl(portal))


def _until_none(found: Callable[[], Iterator[str]], what: str, installed: Cluster) -> None:
    last: list[str] = []

    def none() -> bool:
        last[:] = found()
        return not last

    try:
        installed.until(none, what)
    except AssertionError as error:
        raise AssertionError("\n".join([*last[:20], str(error)])) from None


def _parent(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return int(stat.rpartition(")")[2].split()[1])


def _leads(said: str) -> bool:
    return said.rfind("This scheduler leads\n") > max(said.rfind("leads no more"), said.rfind("waits for its turn"))


def _leader_of(store: Store) -> int | None:
    try:
        return holder(store.database, "leader")
    except StoreError:
        return None


def _accepted(installed: Cluster) -> int:
    return len(Mailbox(installed.mails).list(limit=10_000))


def _searches(site: str) -> bool:
    try:
        return httpx.get(f"{site}/api/notices?countries=FR", timeout=60).status_code == 200
    except httpx.HTTPError:
        return False
