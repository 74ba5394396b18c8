"""Queues in general: work that arrives unevenly over a day at servers that take it in batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from notices.model import Frozen

BIN = 60.0
"""Seconds of one step of the day."""
BINS = 48 * 60
"""Two days: what one leaves undone waits in the next."""
PEAK = 60
"""Bins of the peak hour."""

Flow = list[float]
"""Items in each bin."""


class Station(Frozen):
    """Servers of one kind. A batch takes `fixed + each * items` seconds; `most` items are one batch."""

    name: str
    servers: float
    each: float
    fixed: float = 0.0
    most: int = 1
    last: float = 0.0
    """Seconds more for a batch that is not full."""
    ceiling: float = math.inf
    """Items a second that something shared behind the servers lets through."""

    @property
    def rate(self) -> float:
        """Items a second that go through at most."""
        whole = self.fixed + self.most * self.each
        return min(self.servers * self.most / whole if whole else math.inf, self.ceiling)

    def time(self, items: float) -> float:
        """Seconds of one batch."""
        return self.fixed + min(items, self.most) * self.each


class Passed(Frozen):
    """What a day of work does at a station."""

    station: Station
    peak: float
    """Share of the rate that is used in the busiest hour."""
    busy: float
    """Share of the busiest hour in which a server works: more than `peak` where batches are not full."""
    mean: float
    """Seconds that an item stays, waiting and work."""
    p95: float
    backlog: float
    """Most items that wait."""
    delays: tuple[float, ...]
    """By bin of arrival."""


def passed(station: Station, arrivals: Flow, groups: Flow) -> Passed:
    """A day's arrivals, which come in groups: notices that were saved together are there at one moment.

    In each bin what is left over waits as in a pipe (a fluid); to that comes what chance makes: a group that finds all
    servers at work waits for the first of them, with whoever comes meanwhile, and then takes a batch's own time.
    """
    rate, left, most_left = station.rate, 0.0, 0.0
    hours = _hours(station, arrivals, groups)
    delays: list[float] = []
    for number, count in enumerate(arrivals):
        piled = max(0.0, left + count / 2 - rate * BIN / 2) / rate if count else 0.0
        left = max(0.0, left + count - rate * BIN)
        most_left = max(most_left, left)
        delays.append(piled + hours[number // PEAK].stay if count else 0.0)
    total = sum(arrivals)
    weighted = sorted(item for item in zip(delays, arrivals, strict=True) if item[1])
    return Passed(
        station=station,
        peak=busiest(arrivals) / (PEAK * BIN) / rate,
        busy=max(hour.busy for hour in hours),
        mean=sum(delay * count for delay, count in weighted) / total if total else 0.0,
        p95=quantile(weighted, 0.95),
        backlog=most_left,
        delays=tuple(delays),
    )


class _Hour(NamedTuple):
    busy: float
    stay: float


def _hours(station: Station, arrivals: Flow, groups: Flow) -> list[_Hour]:
    return [
        _hour(station, sum(arrivals[start : start + PEAK]), sum(groups[start : start + PEAK]))
        for start in range(0, BINS, PEAK)
    ]


def _hour(station: Station, count: float, groups: float) -> _Hour:
    """A queue that is emptied into each batch: a server that ends goes on if any group came meanwhile.

    Of groups that arrive at random, `a` in the time of a batch, it then works `exp(a)` batches on end, and is idle for
    the `1/a`th part of one. Beyond that a group of more than one batch takes several.
    """
    if not groups:
        return _Hour(0.0, 0.0)
    size = count / groups
    alone = math.ceil(size / station.most) * station.fixed + size * station.each
    alone += station.last if size % station.most else 0.0
    servers = max(1.0, station.servers)
    offered = min(20.0, groups / (PEAK * BIN) * alone / servers)
    merged = offered * math.exp(offered) / (1 + offered * math.exp(offered))
    least = min(1.0, count / (PEAK * BIN) / station.rate)
    busy = max(merged, least)
    return _Hour(busy, alone + busy**servers * alone / (servers + 1))


def onwards(arrivals: Flow, delays: Sequence[float]) -> Flow:
    """When what arrived leaves."""
    leaving = [0.0] * BINS
    for number, (count, delay) in enumerate(zip(arrivals, delays, strict=True)):
        if count:
            leaving[min(BINS - 1, number + int(delay // BIN))] += count
    return leaving


def busiest(arrivals: Sequence[float]) -> float:
    """Items of the busiest hour."""
    window = most = sum(arrivals[:PEAK])
    for start in range(1, len(arrivals) - PEAK + 1):
        window += arrivals[start + PEAK - 1] - arrivals[start - 1]
        most = max(most, window)
    return most


def quantile(weighted: Sequence[tuple[float, float]], share: float) -> float:
    """Of sorted values with weights."""
    total = sum(weight for _, weight in weighted)
    reached, last = 0.0, 0.0
    for value, weight in weighted:
        if weight:
            reached, last = reached + weight, value
        if reached >= share * total - 1e-9 and weight:
            return value
    return last


def spread(start: float, length: float, count: float, into: Flow) -> None:
    """Items that arrive evenly over `length` seconds from second `start` on."""
    if count <= 0:
        return
    first, last = start / BIN, (start + max(length, 1e-6)) / BIN
    for number in range(int(first), min(int(last), BINS - 1) + 1):
        share = (min(last, number + 1) - max(first, number)) / (last - first)
        into[number] += count * max(0.0, share)
