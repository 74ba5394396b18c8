"""The smallest installation that keeps the goals: what each part of it must be, with room for a busy hour."""

from __future__ import annotations

import math
from collections.abc import Callable

from benchmarks.scaling.limits import (
    FOUND_IN,
    MAILED_IN,
    MATCHED_IN,
    RESERVED,
    SHARD,
    checking_bytes,
    connections,
    filling_bytes,
    search_bytes,
)  # fmt: skip
from benchmarks.scaling.measured import Measured
from benchmarks.scaling.model import (
    BATCH,
    CONNECTIONS_PER_BATCH,
    REQUEST,
    Outcome,
    outcome,
    percolation,
)  # fmt: skip
from benchmarks.scaling.workloads import GB, Installation, Workload
from notices.model import Frozen

ROOM = 0.5
"""Share of the busiest hour that may be used."""
QUICK = REQUEST / 4
"""Seconds of a percolate request, so that a slow moment does not make it too long."""
PROCESSORS = 16
"""Of one search node, at most."""
NODE_DISK = 1_000 * GB
PROCESS, CRAWL, MACHINE = 0.19 * GB, 0.16 * GB, 12 * GB
"""Memory of a process, of a crawl, and what a machine of 16 GB has for them."""
AT_ONCE = 3
"""Crawls of one worker: `VIGIE_CRAWL__AT_ONCE`."""
BUILDERS = 8
"""Digest workers that keep the processors of such a machine busy; the other workers mostly wait."""
MOST = 4_096


class Needed(Frozen):
    """What a size needs."""

    crawl_places: int
    index_workers: int
    match_workers: int
    digest_workers: int
    deliver_workers: int
    shards: int
    processors: int
    """Of all search nodes together."""
    search_nodes: int
    worker_machines: int
    connections: int
    smtp_connections: int
    """That the mail server takes at once."""


def needed(measured: Measured, workload: Workload) -> Needed:
    """Each part by itself, the others being large enough."""
    shards = max(
        _least(lambda count: _request(measured, workload, count) <= QUICK),
        math.ceil(workload.stored * measured.index_bytes.value / SHARD),
    )
    ample = _ample(shards)
    accepted = workload.model_copy(update={"smtp_connections": CONNECTIONS_PER_BATCH * MOST})

    def keeps(fits: Callable[[Outcome], bool], part: str) -> int:
        return _least(lambda count: fits(outcome(measured, accepted, ample.model_copy(update={part: count}))))

    places = keeps(lambda found: found.crawl.busy <= ROOM, "crawl_workers")
    index = keeps(lambda found: found.searched[1] <= FOUND_IN and found.index.busy <= ROOM, "index_workers")
    match = keeps(lambda found: found.matched[1] <= MATCHED_IN and found.match.busy <= ROOM, "match_workers")
    digests = keeps(lambda found: found.digest_seconds <= MAILED_IN, "digest_workers")
    processors = max(2, shards * match)
    deliver = keeps(lambda found: found.mail_seconds <= MAILED_IN, "deliver_workers")
    plan = ample.model_copy(
        update={
            "crawl_workers": math.ceil(places / AT_ONCE), "at_once": AT_ONCE, "index_workers": index,
            "match_workers": match, "digest_workers": digests, "deliver_workers": deliver,
        }
    )  # fmt: skip
    disk = 2 * search_bytes(measured, workload, ample) / NODE_DISK
    memory = (plan.workers + plan.schedulers + plan.sites) * PROCESS + places * CRAWL
    memory += match * filling_bytes(measured, workload) + checking_bytes(measured, workload)
    return Needed(
        crawl_places=places, index_workers=index, match_workers=match,
        digest_workers=digests, deliver_workers=deliver,
        shards=shards, processors=processors,
        search_nodes=max(1 if workload.stored < 1_000_000 else 3, math.ceil(processors / PROCESSORS), math.ceil(disk)),
        worker_machines=math.ceil(max(memory / MACHINE, digests / BUILDERS)) + (workload.stored >= 1_000_000),
        connections=math.ceil(connections(plan, places) + RESERVED),
        smtp_connections=CONNECTIONS_PER_BATCH * deliver,
    )  # fmt: skip


def _request(measured: Measured, workload: Workload, shards: int) -> float:
    return percolation(measured, workload, _ample(shards), BATCH)


def _ample(shards: int) -> Installation:
    """More than enough of everything but shards."""
    return Installation(
        crawl_workers=MOST, at_once=1, index_workers=64, match_workers=64, digest_workers=MOST,
        deliver_workers=MOST,
        search_nodes=64, cores=max(16, shards), shards=shards, node_disk=NODE_DISK,
    )  # fmt: skip


def _least(fits: Callable[[int], bool]) -> int:
    """The smallest number that fits, of which a larger one does not fit worse."""
    below, fitting = 0, 1
    while not fits(fitting) and fitting < MOST:
        below, fitting = fitting, 2 * fitting
    while fitting - below > 1:
        middle = (below + fitting) // 2
        below, fitting = (below, middle) if fits(middle) else (middle, fitting)
    return fitting
