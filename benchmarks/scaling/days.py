"""What happens to a simulated day from outside, and what it shows in the end."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.scaling.tables import Budget, Table, Times


class Death(NamedTuple):
    """A worker that is killed, and started again by its machine a little later."""

    at: float
    queue: str
    number: int
    back: float = 10.0


class Result(NamedTuple):
    """What a simulated day showed."""

    crawl_wait: Times
    searched: Times
    """Seconds from reading a notice until it is found."""
    matched: Times
    mailed: Times
    """Seconds from seven o'clock."""
    built: Times
    index_queue: Table
    match_queue: Table
    outbox: Table
    busy: dict[str, float]
    """Share of the busiest hour, by station."""
    timeouts: int
    """Percolate requests that lasted longer than they may, after which the program asks in parts."""
    lost: int
    """Notices that were read and never found or matched."""
    budgets: dict[str, Budget]
    twice_at_once: int
    """Crawls that began while another one of the same portal ran."""
    refused: int
    """Mail batches that the mail server had no connections for."""
    read: int
    passed_at: float
    """When the pass over digests began, in seconds from seven o'clock."""
