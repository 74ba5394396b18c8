"""The one place that reads the clock.

Everything that needs the time calls `now()`, so that a test can hold it still with `frozen_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _source()


@contextmanager
def frozen_at(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` (aware) inside the block. For tests; holds for all threads of the process."""
    global _source
    if instant.tzinfo is None:
        raise ValueError("the clock only knows aware instants")
    before, _source = _source, lambda: instant.astimezone(UTC)
    try:
        yield
    finally:
        _source = before
