"""Load that grows until something gives way: where the model says so, and where the simulation does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.scaling.days import Result
from benchmarks.scaling.limits import FOUND_IN, MAILED_IN, MATCHED_IN
from benchmarks.scaling.measured import Measured
from benchmarks.scaling.model import BATCH, NEXT_PASS, REQUEST, Outcome, outcome, percolation
from benchmarks.scaling.simulation import simulate
from benchmarks.scaling.workloads import PLANS, REGIONAL, TODAY, Host, Installation, Workload

STEPS = 7
LEAST, MOST = 1 / 32, 512.0


class Ramp(NamedTuple):
    """Something that grows, on an installation that does not, and what must hold."""

    what: str
    grown: Callable[[float], Workload]
    plan: Installation
    given_way: Callable[[Measured, Outcome], bool]
    seen: Callable[[Result], bool]
    size: Callable[[Workload], float]


class Met(NamedTuple):
    """Where it gave way."""

    what: str
    model: float
    simulated: float


def _more_profiles(factor: float) -> Workload:
    return REGIONAL.model_copy(update={"profiles": round(REGIONAL.profiles * factor), "at_seven": 0.0})


def _more_people(factor: float) -> Workload:
    return REGIONAL.model_copy(update={"profiles": round(REGIONAL.profiles * factor), "hosts": (_all_of(REGIONAL),)})


def _all_of(workload: Workload) -> Host:
    """As many portals as the workload has, of which none is crawled: digests alone."""
    each = workload.per_day / workload.portals
    return Host(kind="none", count=workload.portals, per_day=each, crawls=(), pages=0, requests=0, delay=1)


def _more_hosts(factor: float) -> Workload:
    small = REGIONAL.hosts[-1]
    return REGIONAL.model_copy(
        update={"hosts": (small.model_copy(update={"count": 100 * factor}),), "profiles": 0, "at_seven": 0.0}
    )


def _more_notices(factor: float) -> Workload:
    hosts = tuple(host.model_copy(update={"per_day": host.per_day * factor}) for host in TODAY.hosts if host.batches)
    return TODAY.model_copy(update={"hosts": hosts, "profiles": 0, "at_seven": 0.0})


RAMPS = (
    Ramp(
        "profiles on one shard until they must be asked about in parts", _more_profiles, PLANS["regional"],
        lambda measured, found: _batch_in_peak(measured, found) >= REQUEST,
        lambda result: result.timeouts > 0,
        lambda workload: workload.profiles,
    ),
    Ramp(
        "profiles on one shard until p95 of matching passes 10 minutes", _more_profiles, PLANS["regional"],
        lambda _, found: found.matched[1] > MATCHED_IN,
        lambda result: result.matched.quantile(0.95) > MATCHED_IN or bool(result.lost),
        lambda workload: workload.profiles,
    ),
    Ramp(
        "profiles until a morning's mails take 30 minutes, 100 portals", _more_people, PLANS["regional"],
        lambda _, found: found.mail_seconds - NEXT_PASS > MAILED_IN,
        lambda result: max(result.mailed.all, default=0.0) - result.passed_at > MAILED_IN,
        lambda workload: workload.profiles,
    ),
    Ramp(
        "small platforms until twelve places for crawls are busy", _more_hosts, PLANS["regional"],
        lambda _, found: found.crawl.busy > 0.9,
        lambda result: result.busy["crawl"] > 0.9,
        lambda workload: workload.portals,
    ),
    Ramp(
        "notices of a day, in batches at 05:00, 06:00 and 09:00, until p95 of search passes 5 minutes", _more_notices,
        PLANS["today"],
        lambda _, found: found.searched[1] > FOUND_IN,
        lambda result: result.searched.quantile(0.95) > FOUND_IN,
        lambda workload: workload.per_day,
    ),
)  # fmt: skip


def _batch_in_peak(measured: Measured, found: Outcome) -> float:
    """Seconds of a percolate request that holds a whole batch."""
    return percolation(measured, found.workload, found.installation, BATCH)


def met(measured: Measured, ramp: Ramp) -> Met:
    """Where the model and the simulation give way."""
    model = _first(lambda load: ramp.given_way(measured, outcome(measured, load, ramp.plan)), ramp)
    simulated = _first(lambda load: ramp.seen(simulate(measured, load, ramp.plan)), ramp)
    return Met(ramp.what, model, simulated)


def _first(fails: Callable[[Workload], bool], ramp: Ramp) -> float:
    """The size between one that holds and one that does not, by halving; the most that was tried when all hold."""
    holds, gone = LEAST, LEAST
    while not fails(ramp.grown(gone)):
        holds, gone = gone, gone * 4
        if gone > MOST:
            return ramp.size(ramp.grown(MOST))
    for _ in range(STEPS):
        middle = (holds * gone) ** 0.5
        holds, gone = (holds, middle) if fails(ramp.grown(middle)) else (middle, gone)
    return ramp.size(ramp.grown(gone))
