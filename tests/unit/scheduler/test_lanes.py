"""Lanes share the machine: regular crawls first, and nothing that breaks once ends a portal's crawls for good."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from datetime import date

import pytest

from scheduler import lanes
from scheduler.lanes import Lane, Room
from scheduler.supervisor import Child

DAYS = (date(2026, 11, 2), date(2026, 11, 3))
PATIENCE = 20.0


class Crawl:
    """A process that ends when the test says so."""

    def __init__(self, child: Child) -> None:
        self.arguments = child.arguments[child.arguments.index("crawl") + 1 :]
        self._over = threading.Event()

    @property
    def told(self) -> tuple[str, str]:
        """The portal, and why."""
        return self.arguments[0], "backfill" if "backfill" in self.arguments else "regular"

    def end(self) -> None:
        self._over.set()

    terminate = end

    def poll(self) -> int | None:
        return 0 if self._over.is_set() else None

    def wait(self, _timeout: float | None = None) -> int:
        assert self._over.wait(PATIENCE)
        return 0


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[Crawl]:
    """Crawls in the order in which they begin."""
    found: queue.Queue[Crawl] = queue.Queue()

    def spawn(child: Child, stdin: int | None = None) -> Crawl:
        found.put(Crawl(child))
        return found.queue[-1]

    monkeypatch.setattr(lanes, "spawn", spawn)
    return found


@pytest.fixture
def started() -> Iterator[list[Lane]]:
    """Lanes that are stopped at the end."""
    found: list[Lane] = []
    yield found
    for lane in found:
        lane.tell_to_stop()
    for lane in found:
        lane.stop()


def test_a_regular_crawl_goes_before_the_background_of_other_portals_and_its_own(
    begun: queue.Queue[Crawl], started: list[Lane]
) -> None:
    room = Room(1)
    made = [Lane(key, lambda: DAYS, room) for key in ("be_bda", "eu_ted", "fr_boamp")]
    for lane in made:
        started.append(lane)
        lane.start()
    first = begun.get(timeout=PATIENCE)
    while len(room._waiting) < 2:
        threading.Event().wait(0.01)
    last = room._waiting[-1]
    last.request()
    first.end()
    second = begun.get(timeout=PATIENCE)
    assert second.told == (last.portal, "regular")
    second.end()
    third = begun.get(timeout=PATIENCE)
    assert third.told[1] == "backfill"
    third.end()
    begun.get(timeout=PATIENCE).end()


def test_no_more_crawls_than_the_machine_carries_run_at_once(begun: queue.Queue[Crawl], started: list[Lane]) -> None:
    room = Room(2)
    for key in ("be_bda", "eu_ted", "fr_boamp"):
        lane = Lane(key, tuple, room)
        started.append(lane)
        lane.start()
        lane.request()
    running = [begun.get(timeout=PATIENCE) for _ in range(2)]
    while not room._waiting:
        threading.Event().wait(0.01)
    assert begun.empty()
    running[0].end()
    begun.get(timeout=PATIENCE).end()
    running[1].end()


@pytest.mark.parametrize("breaks", ["database", "process"])
def test_what_breaks_once_is_logged_and_the_crawl_that_was_asked_for_comes_all_the_same(
    begun: queue.Queue[Crawl],
    started: list[Lane],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    breaks: str,
) -> None:
    spawn, broken = lanes.spawn, threading.Event()
    monkeypatch.setattr(lanes, "PAUSE_SECONDS", 0.01)

    def once(*_: object) -> None:
        if not broken.is_set():
            broken.set()
            raise OSError("away for a moment")

    def missing() -> tuple[date, ...]:
        if breaks == "database":
            once()
        return ()

    def spawn_later(child: Child, stdin: int | None = None) -> Crawl:
        once()
        return spawn(child)  # type: ignore[return-value]

    if breaks == "process":
        monkeypatch.setattr(lanes, "spawn", spawn_later)
    lane = Lane("be_bda", missing, Room(1))
    started.append(lane)
    lane.start()
    if breaks == "database":
        assert broken.wait(PATIENCE)
    lane.request()
    crawl = begun.get(timeout=PATIENCE)
    assert crawl.told == ("be_bda", "regular")
    assert "cannot go on" in caplog.text
    crawl.end()
