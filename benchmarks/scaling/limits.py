"""Where an installation ends: every limit with what presses on it, and which one is met first as the load grows."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.scaling.measured import Measured
from benchmarks.scaling.model import BATCH, LEASE, REQUEST, Outcome, outcome, percolation
from benchmarks.scaling.workloads import GB, Installation, Workload
from notices.model import Frozen

FOUND_IN, MATCHED_IN, MAILED_IN = 300.0, 600.0, 1800.0
"""Seconds: what is read is found within five minutes and matched within ten; a morning's mails leave within thirty."""
BUSY = 0.8
"""Share of a busy hour beyond which waits grow without measure."""
NIGHT = 4 * 3600.0
"""What the nightly check may take, assumed: from 04:10 until people come."""
SEARCH = 0.005
"""Seconds of one search in the index of a nightly check (assumed)."""
SHARD = 50 * GB
"""Largest shard that Elasticsearch's own guide recommends."""
DISK = 0.85
"""Share of a disk from which Elasticsearch gives a node no more shards (its low watermark)."""
DAYS = 250
"""Working days of a year."""
ONE_QUEUE = 1 + 1 + 4 + 5
"""Connections of a worker of one queue at most, by the parts in docs/operating.md: its queue, wake-ups, its jobs, what
is busy of its pool. Each further queue adds one, so one of all seven holds the 17 that were measured."""
CRAWL_ALONE, PER_CRAWL = 7, 3
"""Those of a worker of the queue `crawl` alone, and of each crawl that runs: together the 160 that docs/operating.md
names for ten such workers with three crawls each. Crawls are processes of their own, so little of its pool is busy."""
LEADER, WAITING, SITE = 5, 1, 20
"""Those of a scheduler that leads, of one that waits, and of a site: the whole pool as `core.settings` has it."""
RESERVED = 20
"""Those left for people (assumed)."""
LOADED = 100_000
"""Bytes of a notice in a process's memory (assumed)."""


class Pressure(Frozen):
    """What presses on a limit; at 1 it is met."""

    name: str
    asked: float
    limit: float
    unit: str

    @property
    def share(self) -> float:
        """Of the limit."""
        return self.asked / self.limit


def pressures(measured: Measured, workload: Workload, installation: Installation) -> list[Pressure]:
    """All limits of an installation."""
    found = outcome(measured, workload, installation)
    return [
        *_of_work(found),
        *_of_matching(measured, found),
        *_of_mails(found),
        *_of_postgresql(measured, workload, installation),
        *_of_nodes(measured, workload, installation),
        *_of_the_night(measured, workload, installation),
    ]


def breaking_point(
    measured: Measured, workload: Workload, installation: Installation, of: Callable[[float], Workload] | None = None
) -> list[tuple[float, Pressure]]:
    """By how much the load may grow until each limit is met, the nearest first; `of` says what grows.

    From a hundredth part to a thousandfold; what is not met by then is left out.
    """
    grown = of or workload.times
    names = [one.name for one in pressures(measured, workload, installation)]
    met: dict[str, tuple[float, Pressure]] = {}
    factors = [2.0 ** (step / 2) for step in range(-14, 21)]
    before: dict[str, float] = {}
    for factor in factors:
        for one in pressures(measured, grown(factor), installation):
            if one.name not in met and one.share >= 1:
                met[one.name] = (_between(factor, one.share, before.get(one.name)), one)
            before[one.name] = one.share
    return sorted((met[name] for name in names if name in met), key=lambda item: item[0])


def _between(factor: float, share: float, before: float | None) -> float:
    """Where a share reached 1 on the way from half a doubling below."""
    if before is None or share <= before:
        return factor
    return factor / 2 ** (0.5 * (share - 1) / (share - before))


def _of_work(found: Outcome) -> list[Pressure]:
    return [
        Pressure(name="places for crawls", asked=found.crawl.peak, limit=BUSY, unit="share of the busiest hour"),
        Pressure(
            name="one host's crawl until its next one", asked=found.busiest_host, limit=1, unit="share of the pause"
        ),
        Pressure(
            name="the lock of savers and matchers", asked=found.lock, limit=BUSY, unit="share of the busiest hour"
        ),
        Pressure(name="found within 5 minutes", asked=found.searched[1], limit=FOUND_IN, unit="s, p95"),
        Pressure(name="matched within 10 minutes", asked=found.matched[1], limit=MATCHED_IN, unit="s, p95"),
    ]


def _of_matching(measured: Measured, found: Outcome) -> list[Pressure]:
    request = percolation(measured, found.workload, found.installation, BATCH)
    return [
        Pressure(name="time of a percolate request", asked=request, limit=REQUEST, unit="s for 200 notices"),
        Pressure(
            name="lease of a batch to match",
            asked=found.match.station.time(BATCH),
            limit=LEASE,
            unit="s for 200 notices",
        ),
    ]


def _of_mails(found: Outcome) -> list[Pressure]:
    return [
        Pressure(name="digests built in 30 minutes", asked=found.digest_seconds, limit=MAILED_IN, unit="s"),
        Pressure(name="mails out in 30 minutes", asked=found.mail_seconds, limit=MAILED_IN, unit="s"),
    ]


def _of_postgresql(measured: Measured, workload: Workload, plan: Installation) -> list[Pressure]:
    crawls = min(plan.crawl_workers * plan.at_once, workload.portals)
    return [
        Pressure(
            name="connections to PostgreSQL",
            asked=connections(plan, crawls),
            limit=plan.connections - RESERVED,
            unit="connections",
        ),
        Pressure(
            name="disk of PostgreSQL after a year",
            asked=database_bytes(measured, workload),
            limit=plan.database_disk,
            unit="bytes",
        ),
    ]


def connections(plan: Installation, crawls: float) -> float:
    """That PostgreSQL is asked for at most, while so many crawls run."""
    others = plan.workers - plan.crawl_workers
    workers = CRAWL_ALONE * plan.crawl_workers + ONE_QUEUE * others + 1  # one of them serves two queues
    schedulers = LEADER + WAITING * (plan.schedulers - 1)
    return workers + schedulers + SITE * plan.sites + PER_CRAWL * crawls


def database_bytes(measured: Measured, workload: Workload) -> float:
    """Notices with their versions, and a year of hits and mails, none of which is ever deleted."""
    notices = workload.stored * workload.versions * measured.notice_bytes.value
    hits = DAYS * workload.hits * workload.profiles * measured.hit_bytes.value
    return notices + hits + DAYS * workload.owners * measured.mail_bytes.value


def search_bytes(measured: Measured, workload: Workload, plan: Installation) -> float:
    """Of all search nodes together, copies among them."""
    one = workload.stored * measured.index_bytes.value + workload.profiles * measured.profile_bytes.value
    return one * (1 + plan.replicas)


def filling_bytes(measured: Measured, workload: Workload) -> float:
    """Memory of a match worker beyond that of any process, while it brings all profiles into an empty matcher."""
    return workload.profiles * measured.profile_loaded.value


def checking_bytes(measured: Measured, workload: Workload) -> float:
    """The same of the worker that runs the nightly check: all profiles, and what two days have saved."""
    return workload.profiles * measured.profile_loaded.value + 2 * workload.per_day * LOADED


def _of_nodes(measured: Measured, workload: Workload, plan: Installation) -> list[Pressure]:
    each = search_bytes(measured, workload, plan) / plan.search_nodes
    shard = workload.stored * measured.index_bytes.value / plan.shards
    return [
        Pressure(name="size of a shard", asked=shard, limit=SHARD, unit="bytes"),
        # While an index is made anew there are two.
        Pressure(name="disk of a search node", asked=2 * each, limit=DISK * plan.node_disk, unit="bytes, two indices"),
    ]


def _of_the_night(measured: Measured, workload: Workload, plan: Installation) -> list[Pressure]:
    return [
        Pressure(
            name="memory while the matcher is filled",
            asked=filling_bytes(measured, workload),
            limit=plan.worker_memory,
            unit="bytes",
        ),
        Pressure(name="nightly check of matching", asked=workload.profiles * SEARCH, limit=NIGHT, unit="s"),
        Pressure(
            name="memory of the nightly check",
            asked=checking_bytes(measured, workload),
            limit=plan.worker_memory,
            unit="bytes",
        ),
    ]
