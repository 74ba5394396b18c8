"""Signs of life: of processes on any machine in the store, of this machine's in files, and none of a hanging one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.settings import Settings
from monitoring import health, heartbeats
from monitoring.health import Asking, State
from monitoring.heartbeats import Heart
from store import Store

MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with clock.frozen_at(MONDAY), Store.open(settings) as opened:
        yield opened


def test_a_process_is_known_while_it_lives_and_not_missed_when_it_ended(settings: Settings, store: Store) -> None:
    with Heart(settings, store, "worker", "index,match") as heart:
        (beat,) = heartbeats.beats(store)
        assert (beat.role, beat.pid, beat.doing) == ("worker", os.getpid(), "index,match")
        assert heartbeats.of_this_machine(settings.data_dir, "worker") == [beat]
        heart.pulse("deliver")
        heart.beat()
        assert heartbeats.beats(store)[0].doing == "deliver"
    assert heartbeats.beats(store) == []
    assert heartbeats.of_this_machine(settings.data_dir) == []


def test_a_process_whose_main_loop_hangs_stops_beating(settings: Settings, store: Store) -> None:
    heart = Heart(settings, store, "worker", patience=-1.0)
    assert not heart.beat()
    assert heartbeats.beats(store) == []


def test_a_process_that_died_is_stale_after_a_minute_and_forgotten_after_a_day(
    settings: Settings, store: Store
) -> None:
    Heart(settings, store, "worker").beat()
    asked = health.questions(settings, lambda: store, lambda: pytest.fail("not asked"))
    assert asked["workers"](MONDAY + timedelta(seconds=50))[0] is State.OK
    state, sentence = asked["workers"](MONDAY + timedelta(seconds=90))
    assert state is State.DOWN
    assert "since 2026-11-23 11:00:00 UTC" in sentence
    assert heartbeats.beats(store, MONDAY + timedelta(days=2)) == []
    assert store.meta.under("heartbeat:") == {}


def test_the_file_of_a_process_that_is_gone_is_taken_away(settings: Settings) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    heart = Heart(settings, None, "worker")
    heart._beat = heart._beat.model_copy(update={"pid": int(ended.stdout)})
    heart.beat()
    assert heartbeats.of_this_machine(settings.data_dir) == []
    assert list((settings.data_dir / "heartbeats").iterdir()) == []


def test_a_store_that_is_away_does_not_end_the_process_nor_its_health(settings: Settings) -> None:
    away = Store("postgresql://nobody@127.0.0.1:1/none")
    heart = Heart(settings, away, "worker")
    assert heart.beat()
    assert len(heartbeats.of_this_machine(settings.data_dir, "worker")) == 1
    heart.stop()


def test_a_beat_that_could_not_be_written_is_written_as_soon_as_it_can_be(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "PERIOD_SECONDS", 3_600.0)
    monkeypatch.setattr(heartbeats, "AGAIN_SECONDS", 0.01)
    beaten = threading.Event()

    class Told(Heart):
        def beat(self) -> bool:
            written = super().beat()
            if written:
                beaten.set()
            return written

    in_the_way = settings.data_dir / "heartbeats"
    in_the_way.touch()
    with Told(settings, None, "worker"):
        assert not beaten.is_set()
        in_the_way.unlink()
        assert beaten.wait(30)
        assert len(heartbeats.of_this_machine(settings.data_dir, "worker")) == 1


def test_a_part_that_hangs_is_down_and_asked_once(settings: Settings) -> None:
    released, questions = threading.Event(), []

    def hang(_at: datetime) -> tuple[State, str]:
        questions.append(1)
        released.wait(30)
        return State.OK, "It answers."

    asking = Asking({"archive": hang}, seconds=0.01)
    for _ in range(3):
        (check,) = asking.health().checks
        assert (check.name, check.state) == ("archive", State.DOWN)
    assert len(questions) == 1
    released.set()
    asking._running["archive"].join(30)
    assert Asking({"archive": hang}, seconds=30).health().ready


def test_what_waits_too_long_is_late(settings: Settings, store: Store) -> None:
    from store.records import Saving
    from tests.support.store_examples import notice

    store.notices.save_many([Saving(notice=notice())])
    asked = health.questions(settings, lambda: store, lambda: pytest.fail("not asked"))
    assert asked["queues"](MONDAY + timedelta(minutes=10))[0] is State.OK
    state, sentence = asked["queues"](MONDAY + timedelta(minutes=20))
    assert state is State.LATE
    assert "index: 1 wait" in sentence
    assert "match: 1 wait" in sentence
