"""What clients did: the numbers that tests of politeness and of economy read from `GET /_stats`."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable

MOST_PATHS = 50_000
"""Paths beyond this many are counted together, so that a long benchmark does not fill the memory."""


def no_connections() -> int:
    """The number of open connections where nobody counts them."""
    return 0


class RequestStatistics:
    """Counts requests; safe to read from another thread while the server runs."""

    def __init__(self) -> None:
        self.open_connections: Callable[[], int] = no_connections
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything counted so far."""
        with self._lock:
            self._by_path: Counter[str] = Counter()
            self._by_kind: Counter[str] = Counter()
            self._by_status: Counter[str] = Counter()
            self._events: Counter[str] = Counter()
            self._user_agents: Counter[str] = Counter()
            self._last_second: deque[float] = deque()
            self._peak_per_second = 0
            self._peak_connections = 0
            self._in_flight = 0
            self._peak_in_flight = 0
            self._smallest_gap: float | None = None
            self._bytes_sent = 0

    def request_begins(self, method: str, path: str, kind: str, user_agent: str) -> None:
        """Count a request that has just been read."""
        instant = time.monotonic()
        with self._lock:
            self._by_path[self._name_of(f"{method} {path}")] += 1
            self._by_kind[kind] += 1
            self._user_agents[user_agent] += 1
            self._in_flight += 1
            self._peak_in_flight = max(self._peak_in_flight, self._in_flight)
            self._peak_connections = max(self._peak_connections, self.open_connections())
            self._note_rhythm(instant)

    def _name_of(self, path: str) -> str:
        return path if path in self._by_path or len(self._by_path) < MOST_PATHS else "(other paths)"

    def _note_rhythm(self, instant: float) -> None:
        recent = self._last_second
        if recent:
            gap = instant - recent[-1]
            self._smallest_gap = gap if self._smallest_gap is None else min(self._smallest_gap, gap)
        recent.append(instant)
        while recent[0] <= instant - 1:
            recent.popleft()
        self._peak_per_second = max(self._peak_per_second, len(recent))

    def request_ends(self, status: int, sent: int) -> None:
        """Count the answer to a request: its status and the bytes of its body."""
        with self._lock:
            self._in_flight -= 1
            self._by_status[str(status)] += 1
            self._bytes_sent += sent

    def note(self, event: str) -> None:
        """Count an event of the portal's own, for example `missing_trace_id`."""
        with self._lock:
            self._events[event] += 1

    def requests(self, kind: str | None = None) -> int:
        """How many requests came, of one kind or of all."""
        with self._lock:
            return self._by_kind[kind] if kind else self._by_kind.total()

    def requests_to(self, path: str, method: str = "GET") -> int:
        """How many requests came for exactly this path."""
        with self._lock:
            return self._by_path[f"{method} {path}"]

    def events(self, event: str) -> int:
        """How often an event of the portal's own was noted."""
        with self._lock:
            return self._events[event]

    def as_json(self) -> dict[str, object]:
        """Everything, as `GET /_stats` answers it. Gaps are in seconds."""
        with self._lock:
            return {
                "requests": self._by_kind.total(),
                "by_kind": dict(self._by_kind),
                "by_status": dict(self._by_status),
                "by_path": dict(self._by_path),
                "events": dict(self._events),
                "user_agents": dict(self._user_agents),
                "peak_requests_per_second": self._peak_per_second,
                "peak_concurrent_connections": self._peak_connections,
                "peak_concurrent_requests": self._peak_in_flight,
                "smallest_gap_seconds": self._smallest_gap,
                "bytes_sent": self._bytes_sent,
            }
