"""What the workers of the simulation share: queues with leases, budgets of hosts, and what is written down."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import simpy

from benchmarks.scaling.model import LEASE


class Row:
    """Something that waits."""

    __slots__ = ("done", "read", "since")

    def __init__(self, since: float, read: float) -> None:
        self.since = since
        """When it came into this queue."""
        self.read = read
        """When the portal's answer was there."""
        self.done = False


class Times:
    """Seconds that things took, and how many of them there were."""

    def __init__(self) -> None:
        self.all: list[float] = []

    def add(self, seconds: float) -> None:
        """One more."""
        self.all.append(seconds)

    @property
    def mean(self) -> float:
        """Zero where there are none."""
        return sum(self.all) / len(self.all) if self.all else 0.0

    def quantile(self, share: float) -> float:
        """Zero where there are none."""
        ordered = sorted(self.all)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Table:
    """A queue of the store: rows are taken for a while, and leave when they are acknowledged."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._free: deque[Row] = deque()
        self._held: dict[str, tuple[float, list[Row]]] = {}
        self.stays = Times()
        self.area = 0.0
        """Rows times seconds that they were here."""
        self._size = 0
        self._changed = 0.0
        self.longest = 0
        self.done_twice = 0
        """Rows whose work somebody else had done already."""
        self._bell = env.event()

    def __len__(self) -> int:
        return self._size

    def put(self, rows: Sequence[Row]) -> None:
        """New work; whoever waits is woken."""
        self._count(len(rows))
        self._free.extend(rows)
        self.ring()

    def ring(self) -> None:
        """Wake whoever waits."""
        bell, self._bell = self._bell, self._env.event()
        bell.succeed()

    def work(self) -> simpy.Event:
        """Happens when there is something new to look for."""
        return self._bell

    def take(self, holder: str, most: int, lease: float = LEASE) -> list[Row]:
        """The oldest rows that are free; what this holder did not finish comes first."""
        self._expire()
        taken = [row for row in self._held.pop(holder, (0.0, []))[1] if not row.done]
        while self._free and len(taken) < most:
            row = self._free.popleft()
            if not row.done:
                taken.append(row)
        if taken:
            self._held[holder] = self._env.now + lease, taken
            self._env.process(self._wake_after(lease))
        return taken

    def acknowledge(self, holder: str, rows: Sequence[Row]) -> list[Row]:
        """The rows are done, whoever holds them now; those that nobody had done before."""
        self._held.pop(holder, None)
        new = [row for row in rows if not row.done]
        self.done_twice += len(rows) - len(new)
        self._count(-len(new))
        for row in new:
            row.done = True
            self.stays.add(self._env.now - row.since)
        return new

    def _expire(self) -> None:
        now = self._env.now
        for holder in [holder for holder, (until, _) in self._held.items() if until <= now]:
            _, rows = self._held.pop(holder)
            self._free.extendleft(reversed(rows))

    def _wake_after(self, lease: float) -> simpy.events.ProcessGenerator:
        yield self._env.timeout(lease)
        if self._held:
            self.ring()

    def _count(self, more: int) -> None:
        self.area += self._size * (self._env.now - self._changed)
        self._size, self._changed = self._size + more, self._env.now
        self.longest = max(self.longest, self._size)


class Budget:
    """What may be asked of a host: one request per interval, so many connections at a time."""

    def __init__(self, env: simpy.Environment, interval: float, connections: int, lease: float) -> None:
        self._env = env
        self._interval = interval
        self._connections = connections
        self._lease = lease
        self._next = 0.0
        self._held: dict[int, float] = {}
        self._numbers = 0
        self.moments: list[float] = []
        """When requests were sent."""
        self.most = 0
        """Connections that were in use at a time."""

    def reserve(self) -> tuple[float, int | None]:
        """Seconds to wait, and the number of the reservation; none when no connection is free."""
        now = self._env.now
        self._held = {number: until for number, until in self._held.items() if until > now}
        if len(self._held) >= self._connections:
            return 0.25, None
        moment = max(now, self._next)
        self._next = moment + self._interval
        self._numbers += 1
        self._held[self._numbers] = moment + self._lease
        self.most = max(self.most, len(self._held))
        self.moments.append(moment)
        return moment - now, self._numbers

    def give_back(self, number: int) -> None:
        """The answer is there."""
        self._held.pop(number, None)


class Busy:
    """Seconds of work at a place."""

    def __init__(self) -> None:
        self.seconds = 0.0
