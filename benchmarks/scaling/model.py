"""The model: how busy each part of an installation is, and how long a notice and a mail take through it.

Pure arithmetic on measured seconds and bytes. A working day goes through the stations one after the other: crawls
find notices, savers share one lock, index and match workers take batches, digest workers share a morning, mails leave.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from benchmarks.scaling.measured import Measured, Percolate
from benchmarks.scaling.stations import BINS, Flow, Passed, Station, busiest, onwards, passed, quantile, spread
from benchmarks.scaling.workloads import Host, Installation, Workload
from notices.model import Frozen

BATCH = 200
"""Rows that an index or match worker takes: `scheduler.steps.BATCH`."""
SAVED = 100
"""Notices of one transaction of a crawl: `pipelines.store.BATCH`."""
LONGEST = 30.0
"""Seconds after which a batch that is not full is written at the next notice: `pipelines.store.LONGEST`."""
MAILS = 20
"""Mails of one batch: `alerts.outbox.BATCH`."""
CONNECTIONS_PER_BATCH = 4
"""`alerts.outbox.WORKERS`."""
REFRESH = 1.0
"""Seconds until what was indexed is found: `VIGIE_SEARCH__REFRESH`."""
SEVEN = 7 * 3600.0
REQUEST, LEASE = 120.0, 120.0
"""Seconds of a percolate request (`VIGIE_SEARCH__TIMEOUT` times four) and of a taken batch (`store.queues.LEASE`).

After a request that lasts longer, profiles are asked about in parts (`search/elasticsearch/percolation.py`). Here that
is the end of matching: a goal to keep, not where the program stops.
"""
NOTHING = 1e-9
"""Items a second of a station that gets none through."""
PASS = 60.0
"""Seconds after which another worker joins in a pass over digests: `scheduler.jobs.CHORES`."""
NEXT_PASS = PASS / 2
"""Mean seconds until the pass of the next minute."""


class Demand(Frozen):
    """One crawl of a host, or of hosts that are alike: its moment and length in seconds, and what it finds."""

    host: Host
    at: float
    seconds: float
    spacing: float
    """Seconds from one notice to the next."""
    waited: float
    """Mean seconds between publication and crawl."""
    notices: float
    """Of one host."""


class Batch(NamedTuple):
    """What crawls save together."""

    at: float
    notices: float
    oldest: float
    """Seconds that the first notice has waited for the last."""
    saves: float
    """In how many transactions."""


class Outcome(Frozen):
    """What the model says of a day."""

    workload: Workload
    installation: Installation
    crawl: Passed
    save: Passed
    index: Passed
    match: Passed
    lock: float
    """Share of the busiest hour in which the lock of savers and matchers is held."""
    calendar: tuple[float, float]
    """Mean and p95 of seconds from publication until the crawl that finds it begins."""
    searched: tuple[float, float]
    """Mean and p95 of seconds from reading a notice until it is found."""
    matched: tuple[float, float]
    """The same until its hits are written."""
    digests: float
    """Digests of the morning."""
    digest_seconds: float
    """Until the last of them is built."""
    mail_seconds: float
    """Until the last of them has left."""
    busiest_host: float
    """Longest crawl of a host as a share of the time to its next one."""


def outcome(measured: Measured, workload: Workload, installation: Installation) -> Outcome:
    """A working day."""
    demands = list(crawls(measured, workload))
    crawl = _crawled(demands, installation)
    batches = [batch for demand in demands for batch in _batches(demand, crawl)]
    read, groups = _flows(batches)
    save = passed(saving(measured), read, groups)
    saved, together = onwards(read, save.delays), onwards(groups, save.delays)
    index = passed(indexing(measured, installation), saved, together)
    match = passed(matching(measured, workload, installation), saved, together)
    hour = busiest(read)
    digests, built, sent = morning(measured, workload, installation)
    return Outcome(
        workload=workload, installation=installation, crawl=crawl, save=save, index=index, match=match,
        lock=hour / 3600 * (measured.save.value + workload.hits_per_notice * measured.hit_locked.value),
        calendar=_calendar(demands), searched=_through(batches, save, index),
        matched=_through(batches, save, match),
        digests=digests, digest_seconds=built, mail_seconds=sent, busiest_host=_busiest_host(demands),
    )  # fmt: skip


# --- crawls ----------------------------------------------------------------------------------------------------------


def gap(measured: Measured, workload: Workload, host: Host) -> float:
    """Seconds from one request of a crawl to the next: one connection, the portal's delay, a turn of the budget."""
    return max(host.delay, workload.answer + measured.turn.value)


def crawls(measured: Measured, workload: Workload) -> Iterator[Demand]:
    """All crawls of a day."""
    for host in workload.hosts:
        each = gap(measured, workload, host)
        spacing = host.requests * each + measured.parse.value
        for hour, since, notices in host.found():
            yield Demand(
                host=host, at=hour * 3600, seconds=measured.crawl_start.value + host.pages * each + notices * spacing,
                spacing=spacing, waited=_age(host, since, hour), notices=notices,
            )  # fmt: skip


def _age(host: Host, since: float, until: float) -> float:
    """Mean seconds that what a crawl finds has been published."""
    return _aged(host.model_copy(update={"count": 1.0, "per_day": 1.0}), since, until)


@cache
def _aged(host: Host, since: float, until: float) -> float:
    steps = 96
    moments = [since + (until - since) * (step + 0.5) / steps for step in range(steps)]
    width = (until - since) / steps / 2
    weights = [host.published(moment - width, moment + width) for moment in moments]
    total = sum(weights)
    aged = sum(weight * (until - moment) for moment, weight in zip(moments, weights, strict=True))
    return 3600 * aged / total if total else 0.0


def _crawled(demands: list[Demand], installation: Installation) -> Passed:
    """Crawls at the places that the workers have for them, in seconds of work."""
    flow: Flow = [0.0] * BINS
    for demand in demands:
        spread(demand.at, _spread_over(demand), demand.host.count * demand.seconds, flow)
    total = sum(demand.host.count for demand in demands)
    mean = sum(demand.host.count * demand.seconds for demand in demands) / total if total else 1.0
    places = installation.crawl_workers * installation.at_once
    groups = [seconds / mean for seconds in flow]
    return passed(Station(name="crawl", servers=places, each=1, most=10**9), flow, groups)


def _spread_over(demand: Demand) -> float:
    """Seconds in which crawls of hosts that are alike begin."""
    return 3600.0 if demand.host.count > 1 else 1.0


def _batches(demand: Demand, crawl: Passed) -> Iterator[Batch]:
    """A notice waits until its crawl has read a hundred, half a minute has passed, or the crawl has come to its end."""
    begun = demand.at + _waits(demand, crawl) + demand.seconds - demand.notices * demand.spacing
    left, at = demand.notices, begun
    steps = min(12, math.ceil(demand.host.count))
    while left > 0:
        some = min(SAVED, LONGEST // max(demand.spacing, NOTHING) + 2, left)
        left, at = left - some, at + some * demand.spacing
        for step in range(steps):
            moved = at + step / steps * _spread_over(demand)
            alike = demand.host.count / steps
            yield Batch(moved, some * alike, some * demand.spacing, alike)


def _waits(demand: Demand, crawl: Passed) -> float:
    """Seconds that a crawl waits for a place: only where work piles up."""
    backlog = crawl.delays[int(demand.at // 60)]
    return backlog if crawl.busy >= 1 else 0.0


def _flows(batches: Sequence[Batch]) -> tuple[Flow, Flow]:
    """Notices, and transactions that save them."""
    notices: Flow = [0.0] * BINS
    saves: Flow = [0.0] * BINS
    for batch in batches:
        notices[min(BINS - 1, int(batch.at // 60))] += batch.notices
        saves[min(BINS - 1, int(batch.at // 60))] += batch.saves
    return notices, saves


def _calendar(demands: list[Demand]) -> tuple[float, float]:
    weighted = sorted((demand.waited, demand.host.count * demand.notices) for demand in demands)
    total = sum(count for _, count in weighted)
    mean = sum(waited * count for waited, count in weighted) / total if total else 0.0
    return mean, quantile(weighted, 0.95)


def _busiest_host(demands: list[Demand]) -> float:
    shares = []
    for demand in demands:
        hours = sorted(demand.host.crawls)
        later = [hour for hour in hours if hour * 3600 > demand.at] or [hours[0] + 24]
        shares.append(demand.seconds / (later[0] * 3600 - demand.at))
    return max(shares, default=0.0)


# --- stations --------------------------------------------------------------------------------------------------------


def saving(measured: Measured) -> Station:
    """One at a time, as all savers share the lock `procedures`."""
    return Station(name="save", servers=1, each=measured.save.value, most=SAVED)


def indexing(measured: Measured, installation: Installation) -> Station:
    """Workers in front of the search nodes, each copy written by a node's processors."""
    copies = 1 + installation.replicas
    nodes = installation.search_nodes * installation.cores / (copies * measured.index_write.value)
    each = measured.index_read.value + measured.index_write.value
    return Station(
        name="index", servers=installation.index_workers, each=each, fixed=measured.job.value, most=BATCH,
        last=REFRESH / 2,
        ceiling=nodes,
    )  # fmt: skip


def percolation(measured: Measured, workload: Workload, installation: Installation, notices: float) -> float:
    """Seconds of one percolate request: shards side by side, as far as there are processors for them."""
    side_by_side = min(installation.shards, installation.search_nodes * installation.cores)
    return _percolating(measured, workload, installation, notices) / max(1, side_by_side)


def _percolating(measured: Measured, workload: Workload, installation: Installation, notices: float) -> float:
    """Seconds of a processor that one percolate request takes, on all shards together."""
    fit = Percolate.fitted(measured.percolation)
    return installation.shards * fit.seconds(notices, workload.profiles, installation.shards)


def matching(measured: Measured, workload: Workload, installation: Installation) -> Station:
    """Match workers in front of the percolator's processors, and of the lock under which hits are written."""
    hits = workload.hits_per_notice
    fixed = measured.job.value + percolation(measured, workload, installation, 0)
    each = (
        measured.match_store.value + hits * (measured.hit.value + measured.hit_locked.value)
        + percolation(measured, workload, installation, 1) - percolation(measured, workload, installation, 0)
    )  # fmt: skip
    processors = installation.search_nodes * installation.cores
    work = _percolating(measured, workload, installation, BATCH) / BATCH
    locked = measured.save.value + hits * measured.hit_locked.value
    ceiling = min(processors / work if work else math.inf, 1 / locked if locked else math.inf)
    if percolation(measured, workload, installation, BATCH) >= REQUEST:
        ceiling = NOTHING  # from here on profiles are asked about in parts, which the goal forbids
    again = math.ceil((fixed + BATCH * each) / LEASE)  # how many workers are given the same rows
    servers = installation.match_workers / max(1, min(again, installation.match_workers))
    return Station(name="match", servers=servers, each=each, fixed=fixed, most=BATCH, ceiling=ceiling)


def morning(measured: Measured, workload: Workload, installation: Installation) -> tuple[float, float, float]:
    """Digests that are due at seven, seconds until the last is built, and until the last has left.

    Every worker looks at all owners who wait, and those who are due are shared; mails leave meanwhile.
    """
    due = workload.owners * workload.at_seven * (1 - math.exp(-workload.hits * workload.per_owner))
    looked = workload.owners * (1 - workload.at_seven) * measured.digest_look.value
    begins = NEXT_PASS + looked
    work, each = due * measured.digest.value, mailing(measured, workload, installation)
    joined = joining(work, installation.digest_workers)
    building = work / joined + (joined - 1) / 2 * PASS
    # What is not built when a worker joins in can only leave afterwards.
    waits = (PASS * n + each * (due - PASS * n * (n + 1) / 2 / measured.digest.value) for n in range(joined))
    return due, begins + building, begins + max(building, *waits) + MAILS * each


def joining(work: float, workers: int) -> int:
    """How many workers take part in so many seconds of work, when each joins in a minute after the one before."""
    joined = 1
    while joined < workers and work > joined * (joined + 1) / 2 * PASS:
        joined += 1
    return joined


def mailing(measured: Measured, workload: Workload, installation: Installation) -> float:
    """Seconds between two mails: contents are handed over one at a time by each worker."""
    allowed = workload.smtp_connections // CONNECTIONS_PER_BATCH  # the others are refused
    return (measured.mail.value + workload.smtp) / max(1, min(installation.deliver_workers, allowed))


# --- the whole way ---------------------------------------------------------------------------------------------------


AGES = 10
"""Notices that stand for those of a batch."""


def _through(batches: Sequence[Batch], save: Passed, then: Passed) -> tuple[float, float]:
    """Mean and p95 of the seconds from reading a notice until it has gone through two stations."""
    found = []
    for batch in batches:
        arrived = min(BINS - 1, int(batch.at // 60))
        first = save.delays[arrived]
        after = first + then.delays[min(BINS - 1, arrived + int(first // 60))]
        found += [((age + 0.5) / AGES * batch.oldest + after, batch.notices / AGES) for age in range(AGES)]
    found.sort()
    total = sum(count for _, count in found)
    return (sum(delay * count for delay, count in found) / total if total else 0.0), quantile(found, 0.95)
