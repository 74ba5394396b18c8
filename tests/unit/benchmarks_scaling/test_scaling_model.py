"""The model of docs/scaling.md and the simulation that checks it: laws that hold for both, and the tables."""

from __future__ import annotations

from functools import partial

import pytest
import simpy

from benchmarks.scaling.days import Death, Result
from benchmarks.scaling.limits import (
    FOUND_IN,
    MAILED_IN,
    MATCHED_IN,
    breaking_point,
    checking_bytes,
    connections,
    filling_bytes,
    pressures,
)  # fmt: skip
from benchmarks.scaling.measured import FILE, Measured, Percolate, PercolateRequest, Trial
from benchmarks.scaling.model import BATCH, Outcome, morning, outcome, percolation
from benchmarks.scaling.report import DOCUMENT, Report, filled
from benchmarks.scaling.simulation import simulate
from benchmarks.scaling.sizing import MACHINE, QUICK, needed
from benchmarks.scaling.tables import Budget, Row, Table
from benchmarks.scaling.trials import predicted
from benchmarks.scaling.workloads import PLANS, REGIONAL, TARGET, TODAY, Installation, Workload
from core.settings import PostgresqlSettings
from scheduler.orders import Queue

MEASURED = Measured.read(FILE)
TOLERANCE = 0.15
"""How far the model may be from the simulation, where chance is averaged over a day."""


def _outcome(workload: Workload = TODAY, **plan: int) -> Outcome:
    return outcome(MEASURED, workload, PLANS["today"].model_copy(update=plan))


def _quiet(workload: Workload) -> Workload:
    """Without the digests of the morning, which take most events."""
    return workload.model_copy(update={"at_seven": 0.0})


@pytest.fixture(scope="module")
def regional() -> Result:
    """A simulated day of the middle size."""
    return simulate(MEASURED, _quiet(REGIONAL), PLANS["regional"])


# --- laws ------------------------------------------------------------------------------------------------------------


def test_rows_that_wait_are_as_many_as_come_times_how_long_they_stay(regional: Result) -> None:
    for queue in (regional.index_queue, regional.match_queue):
        assert len(queue.stays.all) == regional.read
        assert queue.area == pytest.approx(sum(queue.stays.all), rel=1e-6)  # Little: L T = lambda T W


def test_nothing_that_was_read_is_lost_and_queues_are_empty_in_the_end(regional: Result) -> None:
    assert regional.read > 4_000
    assert regional.lost == 0
    assert (len(regional.index_queue), len(regional.match_queue)) == (0, 0)
    assert max(regional.busy.values()) < 1


def test_a_queue_below_its_rate_stays_short_and_one_above_grows_all_day() -> None:
    below, above = _outcome(), _outcome(TODAY.model_copy(update={"profiles": 5_000_000}))
    assert below.match.backlog == 0
    assert above.match.backlog > 1_000
    assert below.match.p95 < 60 < above.match.p95


def test_the_model_agrees_with_the_simulation(regional: Result) -> None:
    model = outcome(MEASURED, _quiet(REGIONAL), PLANS["regional"])
    pairs = {
        "notices": (REGIONAL.per_day, regional.read),
        "crawls": (model.crawl.busy, regional.busy["crawl"]),
        "lock": (model.lock, regional.busy["lock"]),
        "index": (model.index.busy, regional.busy["index"]),
        "match": (model.match.busy, regional.busy["match"]),
        "found": (model.searched[0], regional.searched.mean),
        "found p95": (model.searched[1], regional.searched.quantile(0.95)),
        "matched": (model.matched[0], regional.matched.mean),
        "matched p95": (model.matched[1], regional.matched.quantile(0.95)),
    }
    assert {name: round(ours / theirs, 3) for name, (ours, theirs) in pairs.items()} == {
        name: pytest.approx(1, abs=TOLERANCE) for name in pairs
    }


def test_more_workers_never_make_anything_slower() -> None:
    heavy = REGIONAL.model_copy(update={"profiles": 200_000})
    few = PLANS["regional"].model_copy(update={"index_workers": 1, "match_workers": 1, "deliver_workers": 1})
    many = few.model_copy(update={"index_workers": 4, "match_workers": 4, "deliver_workers": 4, "crawl_workers": 8})
    less, more = outcome(MEASURED, heavy, few), outcome(MEASURED, heavy, many)
    assert more.searched[1] <= less.searched[1]
    assert more.matched[1] <= less.matched[1]
    assert more.mail_seconds <= less.mail_seconds
    assert _matched(heavy, many) <= 1.05 * _matched(heavy, few)


def _matched(workload: Workload, plan: Installation) -> float:
    return simulate(MEASURED, _quiet(workload), plan).matched.mean


def test_without_profiles_matching_costs_what_a_notice_costs_and_without_hosts_nothing_happens() -> None:
    nobody = _outcome(TODAY.model_copy(update={"profiles": 0}))
    read = Percolate.fitted(MEASURED.percolation).per_notice
    assert nobody.match.station.each == pytest.approx(MEASURED.match_store.value + read)
    assert nobody.digests == 0
    still = _outcome(TODAY.model_copy(update={"hosts": ()}))
    assert (still.crawl.busy, still.lock, still.searched) == (0, 0, (0, 0))


def test_a_percolate_request_grows_with_profiles_and_is_shared_by_shards() -> None:
    exact = Percolate(per_notice=1e-3, per_profile=3e-4, per_pair=2e-7)
    points = tuple(
        PercolateRequest(profiles=p, notices=n, seconds=exact.seconds(n, p, 1), command="", conditions="")
        for p, n in ((1_000, 200), (10_000, 50), (10_000, 1_000), (100_000, 200))
    )
    fitted = Percolate.fitted(points)
    assert (fitted.per_notice, fitted.per_profile, fitted.per_pair) == pytest.approx((1e-3, 3e-4, 2e-7))
    assert fitted.seconds(200, 1_000_000, 10) == pytest.approx(fitted.seconds(200, 100_000, 1))


def test_no_part_of_a_percolate_request_is_below_zero_and_points_that_say_too_little_are_no_error() -> None:
    def fitted(*points: tuple[int, int, float]) -> Percolate:
        made = (PercolateRequest(profiles=p, notices=n, seconds=s, command="", conditions="") for p, n, s in points)
        return Percolate.fitted(tuple(made))

    falling = fitted((1_000, 100, 1.0), (1_000, 200, 0.5), (10_000, 100, 2.0))
    assert min(falling.per_notice, falling.per_profile, falling.per_pair) == 0
    same = fitted((1_000, 100, 1.0), (1_000, 100, 1.0))
    assert same.seconds(100, 1_000, 1) == pytest.approx(1)


def test_the_measured_percolate_requests_are_met_within_an_eighth() -> None:
    fitted = Percolate.fitted(MEASURED.percolation)
    for one in MEASURED.percolation:
        assert fitted.seconds(one.notices, one.profiles, 1) == pytest.approx(one.seconds, rel=1 / 8)


def test_digest_workers_who_would_join_after_the_end_change_nothing() -> None:
    ten, fifteen, many = (_morning(digest_workers=number) for number in (10, 15, 48))
    assert ten > fifteen == many


def _morning(**plan: int) -> float:
    return morning(MEASURED, TARGET, PLANS["target"].model_copy(update=plan))[1]


# --- mechanisms ------------------------------------------------------------------------------------------------------


def test_a_day_with_killed_workers_loses_nothing_and_crawls_no_portal_twice_at_once() -> None:
    deaths = [
        Death(hour * 3600 + 40.0, queue, 0) for hour in (6.2, 6.33, 9.7, 12.3) for queue in ("crawl", "index", "match")
    ]
    calm = simulate(MEASURED, _quiet(TODAY), PLANS["today"])
    killed = simulate(MEASURED, _quiet(TODAY), PLANS["today"], deaths=deaths)
    assert killed.lost == 0
    assert killed.read == calm.read
    assert killed.twice_at_once == 0
    assert len(killed.crawl_wait.all) > len(calm.crawl_wait.all)  # some were begun again


def test_no_host_is_asked_faster_than_its_delay(regional: Result) -> None:
    for name, budget in regional.budgets.items():
        gaps = [later - sooner for sooner, later in zip(budget.moments, budget.moments[1:], strict=False)]
        assert min(gaps) >= 0.5 - 1e-6, name
        assert budget.most == 1


def test_rows_of_a_dead_worker_are_taken_when_its_lease_ends_and_done_once() -> None:
    env = simpy.Environment()
    table = Table(env)
    table.put([Row(0.0, 0.0) for _ in range(3)])
    dead = table.take("dead", 2)
    assert len(table.take("alive", 5)) == 1
    env.run(until=130)
    late = table.take("alive", 5)
    assert len(late) == 3  # its own again, and those of the dead
    assert len(table.acknowledge("alive", late)) == 3
    assert table.acknowledge("dead", dead) == []
    assert (len(table), table.done_twice) == (0, 2)


def test_a_reservation_that_nobody_gives_back_ends_by_itself() -> None:
    env = simpy.Environment()
    budget = Budget(env, interval=1.0, connections=1, lease=90.0)
    assert budget.reserve() == (0.0, 1)
    assert budget.reserve()[1] is None
    env.run(until=91)
    assert budget.reserve()[1] == 2


@pytest.mark.parametrize(("workers", "locked", "rate"), [(1, 0.001, 250.0), (2, 0.001, 500.0), (8, 0.004, 250.0)])
def test_workers_that_share_a_lock_are_as_quick_as_the_lock_lets_them(workers: int, locked: float, rate: float) -> None:
    trial = Trial(
        part="match", workers=workers, items=20_000, rate=1.0, outside=0.004 - locked if workers < 8 else 0.001,
        locked=locked, command="", conditions="",
    )  # fmt: skip
    assert predicted(trial) == pytest.approx(rate, rel=0.02)


# --- limits and the document -----------------------------------------------------------------------------------------


def test_a_limit_is_met_where_the_ranking_says() -> None:
    factor, first = breaking_point(MEASURED, TODAY, PLANS["today"])[0]
    before, after = (
        {one.name: one.share for one in pressures(MEASURED, TODAY.times(load), PLANS["today"])}
        for load in (0.9 * factor, 1.2 * factor)
    )
    assert before[first.name] < 1 < after[first.name]
    assert max(before.values()) < 1


def test_the_least_that_is_named_keeps_the_goals_and_one_shard_less_does_not() -> None:
    large = REGIONAL.model_copy(update={"profiles": 300_000})
    least = needed(MEASURED, large)
    plan = PLANS["regional"].model_copy(
        update={
            "crawl_workers": least.crawl_places,
            "at_once": 1,
            "index_workers": least.index_workers,
            "match_workers": least.match_workers,
            "search_nodes": least.search_nodes,
            "cores": least.processors,
            "shards": least.shards,
            "digest_workers": least.digest_workers,
            "deliver_workers": least.deliver_workers,
        }
    )
    found = outcome(MEASURED, large, plan)
    assert found.searched[1] <= FOUND_IN
    assert found.matched[1] <= MATCHED_IN
    assert found.digest_seconds <= MAILED_IN
    fewer = plan.model_copy(update={"shards": least.shards - 1})
    assert percolation(MEASURED, large, plan, BATCH) <= QUICK < percolation(MEASURED, large, fewer, BATCH)


def test_the_least_deliver_workers_send_all_mails_in_time_where_the_mail_server_takes_their_connections() -> None:
    least = needed(MEASURED, TARGET)

    def mails(deliver_workers: int, smtp_connections: int) -> float:
        plan = PLANS["target"].model_copy(update={"deliver_workers": deliver_workers})
        return outcome(MEASURED, TARGET.model_copy(update={"smtp_connections": smtp_connections}), plan).mail_seconds

    assert mails(least.deliver_workers, least.smtp_connections) <= MAILED_IN
    assert mails(least.deliver_workers - 1, least.smtp_connections) > MAILED_IN
    assert mails(least.deliver_workers, least.smtp_connections - 1) > MAILED_IN


def test_connections_are_those_that_the_manual_names() -> None:
    manual = " ".join((DOCUMENT.parent / "operating.md").read_text(encoding="utf-8").split())
    ten = _connections(crawl_workers=11, crawls=33) - _connections(crawl_workers=1, crawls=3)
    assert f"Ten workers of the queue `crawl` alone with three crawls each are some {ten:.0f}" in manual
    of_all_queues = _connections(match_workers=2) - _connections(match_workers=1) + len(Queue) - 1
    assert f"8 to {of_all_queues:.0f}, measured for one of all seven queues" in manual
    pool = PostgresqlSettings()
    assert _connections(sites=2) - _connections(sites=1) == pool.pool_size + pool.pool_overflow


def _connections(*, crawls: float = 3, **plan: int) -> float:
    return connections(PLANS["today"].model_copy(update=plan), crawls)


def test_machines_for_workers_hold_full_match_workers_and_the_nightly_check() -> None:
    least = needed(MEASURED, TARGET)
    filled = least.match_workers * filling_bytes(MEASURED, TARGET) + checking_bytes(MEASURED, TARGET)
    assert filled < (least.worker_machines - 1) * MACHINE


def test_every_figure_says_how_it_was_measured() -> None:
    for name, figure in MEASURED.figures().items():
        assert figure.command, name
        assert figure.conditions, name
        assert figure.unit, name


def test_the_document_holds_the_tables_that_the_figures_give() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    report = Report(MEASURED)
    quick = {name: make for name, make in report.tables.items() if name not in {"simulated", "ramped"}}
    report.tables |= {name: partial(_as_it_is, document, name) for name in report.tables if name not in quick}
    assert filled(document, report) == document, "run python -m benchmarks.scaling --write"


def _as_it_is(document: str, name: str) -> str:
    """Tables that take a minute are checked by `python -m benchmarks.scaling --check`."""
    return document.partition(f"<!-- {name}: begin -->\n")[2].partition(f"\n<!-- {name}: end -->")[0]
