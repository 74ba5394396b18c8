"""What both dispatchers promise to whoever fires."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scheduler.orders import Order
from store.records import RunCounts, RunPurpose, RunState
from tests.support.crawl_children import PATIENCE

if TYPE_CHECKING:
    from tests.contracts.dispatch.conftest import Installation

DUE = datetime(2026, 11, 20, 5, 30, tzinfo=UTC)


def test_a_crawl_that_is_asked_for_is_done(installation: Installation) -> None:
    assert installation.dispatch.ask(Order.crawl("be_bda"))
    crawl = installation.children.next()
    assert (crawl.portal, crawl.kind) == ("be_bda", "regular")
    assert {"--scheduled", "--tied"} <= set(crawl.arguments)
    crawl.end()


def test_what_is_asked_for_again_while_it_waits_is_done_once(installation: Installation) -> None:
    installation.dispatch.ask(Order.crawl("be_bda"))
    first = installation.children.next()
    assert installation.dispatch.ask(Order.crawl("be_bda"))
    assert not installation.dispatch.ask(Order.crawl("be_bda"))
    first.end()
    installation.children.next().end()
    installation.dispatch.ask(Order.crawl("eu_ted"))
    assert installation.children.next().portal == "eu_ted"


def test_one_portal_has_one_crawl_at_a_time_and_others_go_on_beside_it(installation: Installation) -> None:
    installation.dispatch.ask(Order.crawl("be_bda"))
    first = installation.children.next()
    installation.dispatch.ask(Order.crawl("be_bda"))
    installation.dispatch.ask(Order.crawl("eu_ted"))
    beside = installation.children.next()
    assert beside.portal == "eu_ted"
    beside.end()
    installation.dispatch.ask(Order.crawl("fr_boamp"))
    third = installation.children.next()
    assert third.portal == "fr_boamp"  # the second one of be_bda waits for the first
    third.end()
    first.end()
    assert installation.children.next().portal == "be_bda"


def test_a_regular_crawl_goes_before_the_background_of_its_portal(installation: Installation) -> None:
    run = installation.store.runs.start("be_bda", RunPurpose.OPEN)
    installation.store.runs.finish(run.id, RunState.FINISHED, RunCounts())
    installation.dispatch.ask(Order.backfill("be_bda"))
    background = installation.children.next()
    assert (background.portal, background.kind) == ("be_bda", "backfill")
    assert {"--from", "--to", "--purpose"} <= set(background.arguments)
    installation.dispatch.ask(Order.crawl("be_bda"))
    background.end()
    regular = installation.children.next()
    assert (regular.portal, regular.kind) == ("be_bda", "regular")
    regular.end()
    again = installation.children.next()
    assert (again.portal, again.kind) == ("be_bda", "backfill")


def test_a_cancelled_crawl_ends_and_the_one_that_waits_is_dropped(installation: Installation) -> None:
    installation.dispatch.ask(Order.crawl("be_bda"))
    running = installation.children.next()
    installation.dispatch.ask(Order.crawl("be_bda"))
    assert installation.dispatch.cancel("be_bda") == 2
    running.gone()
    installation.dispatch.ask(Order.crawl("eu_ted"))
    other = installation.children.next()
    assert other.portal == "eu_ted"
    installation.dispatch.ask(Order.crawl("be_bda"))
    assert installation.children.next().portal == "be_bda"
    assert installation.dispatch.cancel("fr_boamp") == 0
    other.end()


def test_a_due_moment_is_fired_once_whoever_fires(installation: Installation) -> None:
    order, fired = Order.crawl("be_bda"), []
    both = threading.Barrier(2)

    def fire() -> None:
        both.wait(PATIENCE)
        fired.append(installation.dispatch.fire("crawl:be_bda", DUE, order))

    threads = [threading.Thread(target=fire) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(fired) == [False, True]
    installation.children.next().end()
    installation.dispatch.ask(Order.crawl("eu_ted"))
    assert installation.children.next().portal == "eu_ted"


def test_a_crawl_that_fails_does_not_keep_the_next_one_from_its_portal(installation: Installation) -> None:
    installation.dispatch.ask(Order.crawl("be_bda"))
    installation.children.next().end(1)
    installation.dispatch.cancel("be_bda")  # a worker tries it again after a while
    installation.dispatch.ask(Order.crawl("be_bda"))
    assert installation.children.next().portal == "be_bda"
